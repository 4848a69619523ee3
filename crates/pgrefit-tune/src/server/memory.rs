//! Divides the memory limit: what each consumer may have, so that all of them together stay below it.
//!
//! Shares of the limit: shared buffers a quarter (a sixth below 1 GiB, where the manual's quarter does not hold:
//! "Resource Consumption", `shared_buffers`), connections a fifth (a quarter below 1 GiB), maintenance and autovacuum a
//! sixteenth each, and at least three tenths, or a fifth where `work_mem` would else be below 4 MB, for the kernel's page
//! cache, through which every block is read. What is left is for sorts and hashes.

use super::budget::{Budget, BudgetLine};
use super::{Facts, Setting};

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const GIB: u64 = 1 << 30;

/// Private memory and catalog caches of one backend. A bare backend has 2 MiB ("Measuring the Memory Overhead of a
/// Postgres Connection", A. Freund 2020); caches of a schema with some hundred relations and prepared statements come on top.
const BACKEND_BYTES: u64 = 5 * MIB;
const BACKEND_BYTES_MAX: u64 = 10 * MIB;
/// A plan that sorts and hashes has about this many nodes that do so at once.
const NODES: u64 = 3;
/// Below this, sorts of ordinary queries go to disk; it is PostgreSQL's own default.
const WORK_MEM_WANTED: u64 = 4 * MIB;
/// Without a sign that sorts go to disk, it is raised no further.
const WORK_MEM_CALM: u64 = 16 * MIB;
const WORK_MEM_MAX: u64 = 256 * MIB;
const WORK_MEM_MIN: u64 = 64 * KIB;

/// What each consumer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) shared_buffers: u64,
    pub(crate) max_connections: u64,
    pub(crate) work_mem: u64,
    pub(crate) maintenance_work_mem: u64,
    pub(crate) autovacuum_work_mem: u64,
    /// Whether `work_mem` follows from temporary files that were seen.
    pub(crate) spills: bool,
    /// Whether `max_connections` is more than the share for connections, and nobody has said how many the pools have. Then it
    /// stays as it is, and so does what would have to give way to it.
    pub(crate) is_crowded: bool,
}

/// What the connections of the server cost that must be there at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Needed {
    /// What they are reckoned from.
    connections: u64,
    /// Whether somebody said so, or they were counted.
    is_given: bool,
}

/// What uses memory, as it is or as it will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) shared_buffers: u64,
    pub(crate) wal_buffers: u64,
    pub(crate) max_connections: u64,
    pub(crate) max_prepared: u64,
    pub(crate) locks: u64,
    pub(crate) active: u64,
    pub(crate) parallel: u64,
    pub(crate) work_mem: u64,
    /// `hash_mem_multiplier`, in hundredths.
    pub(crate) hash_hundredths: u64,
    pub(crate) maintenance_work_mem: u64,
    pub(crate) autovacuum_workers: u64,
    pub(crate) autovacuum_work_mem: u64,
}

impl Memory {
    /// Divides `limit` bytes.
    ///
    /// # Errors
    /// A sentence, when what the server needs at least is more than that.
    pub(crate) fn plan(facts: &Facts, limit: u64) -> Result<Self, String> {
        let shared_buffers = shared_buffers(facts, limit);
        let (max_connections, is_crowded) = max_connections(facts, limit, shared_buffers)?;
        let maintenance = rounded((limit / 16).min(maintenance_max(facts.major())));
        let each = limit / 16 / autovacuum_workers(facts);
        let autovacuum = rounded(maintenance.min(each)).max(MIB);
        let now = |name: &str| facts.setting(name).and_then(Setting::bytes);
        let plan = Self {
            shared_buffers,
            max_connections,
            work_mem: 0,
            maintenance_work_mem: spared(now("maintenance_work_mem"), maintenance, rounded(limit / 16)),
            autovacuum_work_mem: spared(now("autovacuum_work_mem"), autovacuum, rounded(each).max(MIB)),
            spills: spills(facts),
            is_crowded,
        };
        if is_crowded {
            return Ok(Self { work_mem: now("work_mem").unwrap_or(WORK_MEM_WANTED), ..plan });
        }
        let work_mem = work_mem(facts, limit, &plan)?;
        Ok(Self { work_mem, ..plan })
    }

    fn as_use(&self, facts: &Facts) -> Use {
        let now = Use::of(facts, |name| facts.setting(name).cloned());
        Use {
            shared_buffers: self.shared_buffers,
            max_connections: self.max_connections,
            maintenance_work_mem: self.maintenance_work_mem,
            autovacuum_work_mem: self.autovacuum_work_mem,
            work_mem: self.work_mem,
            autovacuum_workers: autovacuum_workers(facts),
            parallel: facts.given.cpus.map_or(now.parallel, |cpus| u64::from(cpus).max(1)),
            ..now
        }
        .with_wal_buffers(facts)
        .with_active(facts)
    }
}

/// What is wanted, unless there is more already and the share allows it: it may be why nothing goes to disk.
fn spared(now: Option<u64>, wanted: u64, share: u64) -> u64 {
    now.map_or(wanted, |now| now.min(share).max(wanted))
}

/// Vacuum took no more than 1 GB for its list of dead rows until 16; with the TID store of 17 it can use more, and needs
/// less.
fn maintenance_max(major: u32) -> u64 {
    if major >= 17 { 2 * GIB } else { GIB }
}

fn shared_buffers(facts: &Facts, limit: u64) -> u64 {
    let share = if limit >= GIB { limit / 4 } else { limit / 6 };
    // 1.2 times what there is to cache, so that a small database does not take memory that sorts could use.
    let enough = facts.databases_bytes.map(|bytes| (bytes / 5 * 6).div_ceil(64 * MIB) * (64 * MIB));
    let useful = enough.map_or(share, |enough| enough.max(128 * MIB).max(limit / 16));
    rounded(share.min(useful))
}

/// Down to whole units that people can read.
pub(crate) fn rounded(bytes: u64) -> u64 {
    let unit = match bytes {
        0..MIB => 64 * KIB,
        MIB..GIB => MIB,
        _ => 64 * MIB,
    };
    bytes / unit * unit
}

/// One backend: what it has for itself, and its page table of the shared buffers, 1/512 of them without huge pages.
fn connection_bytes(shared_buffers: u64) -> u64 {
    (BACKEND_BYTES + shared_buffers / 512).min(BACKEND_BYTES_MAX)
}

/// What the server shares besides buffers: descriptors of buffers, the lock table, what each backend has there. Measured as
/// `shared_memory_size` of 15 to 18; most in 18, for which this is.
fn other_shared(shared_buffers: u64, connections: u64, locks: u64) -> u64 {
    12 * MIB + shared_buffers / 38 + connections * 60 * KIB + locks * 440
}

fn reserved(facts: &Facts) -> u64 {
    facts.count("superuser_reserved_connections", 3) + facts.count("reserved_connections", 0)
}

/// What pools need: a fifth more than they have, and room for people.
fn needed_by(pools: u64, facts: &Facts) -> u64 {
    (pools + reserved(facts) + 5) * 6 / 5
}

/// So many connections fit in their share of the memory.
fn carried(limit: u64, shared_buffers: u64) -> u64 {
    let share = if limit >= GIB { limit / 5 } else { limit / 4 };
    share / connection_bytes(shared_buffers)
}

/// So many connections the pools may have together; nothing where there is no room for one.
pub(crate) fn pools_carried(facts: &Facts, limit: u64) -> Option<u32> {
    let carried = carried(limit, shared_buffers(facts, limit));
    let pools = (1..=carried).rev().find(|pools| needed_by(*pools, facts) <= carried)?;
    u32::try_from(pools).ok()
}

/// What must fit: what the pools need; else what is there now.
fn needed(facts: &Facts) -> Needed {
    let reserved = reserved(facts);
    match facts.given.pool_connections {
        Some(pools) => Needed { connections: needed_by(u64::from(pools), facts), is_given: true },
        None => Needed { connections: facts.connections.now * 6 / 5 + reserved + 2, is_given: false },
    }
}

/// How many there should be, and whether they are more than their share because nobody has said how many are needed.
fn max_connections(facts: &Facts, limit: u64, shared_buffers: u64) -> Result<(u64, bool), String> {
    let fits = carried(limit, shared_buffers);
    let Needed { connections: needed, is_given } = needed(facts);
    let now = facts.count("max_connections", 100);
    if needed > fits {
        let whose = if is_given { "the pools" } else { "the connections that are open now" };
        return Err(format!(
            "{needed} connections, which {whose} need, do not fit: {fits} would take the share of memory that is \
             left for them; give more memory, smaller pools, or a pooler in transaction mode"
        ));
    }
    Ok(match is_given {
        true if now > fits => (whole_tens(fits).max(needed), false),
        true => (now.max(needed), false),
        false => (now, now > fits),
    })
}

fn whole_tens(count: u64) -> u64 {
    if count >= 20 { count / 10 * 10 } else { count }
}

/// A quarter of the CPUs, from three to eight; never fewer than now, as there may be many tables.
pub(crate) fn autovacuum_workers(facts: &Facts) -> u64 {
    let now = facts.count("autovacuum_max_workers", 3).max(1);
    let slots = facts.count("autovacuum_worker_slots", u64::MAX);
    facts.given.cpus.map_or(now, |cpus| u64::from(cpus / 4).clamp(3, 8).min(slots).max(now))
}

/// Whether temporary files of more than a hundredth of the databases are written a day.
fn spills(facts: &Facts) -> bool {
    let databases = facts.databases_bytes.and_then(|bytes| u32::try_from(bytes / MIB).ok());
    match (facts.temp_bytes_a_day, databases) {
        (Some(temp), Some(databases)) => temp / 1_048_576.0 > (f64::from(databases) * 0.01).max(100.0),
        _ => false,
    }
}

fn work_mem(facts: &Facts, limit: u64, plan: &Memory) -> Result<u64, String> {
    let without = plan.as_use(facts);
    let fixed: u64 = without.lines().iter().map(|line| line.bytes).sum();
    let each = without.work_mem_weight();
    let of = |cache: u64| (limit - limit / 10 * cache).saturating_sub(fixed) / each * 100;
    let roomy = of(3);
    let share = if roomy < WORK_MEM_WANTED { of(2).min(WORK_MEM_WANTED) } else { roomy };
    if share < WORK_MEM_MIN {
        return Err(format!(
            "what the server uses before it sorts anything is {} MB of {} MB",
            fixed / MIB,
            limit / MIB
        ));
    }
    let max = if plan.spills { WORK_MEM_MAX } else { WORK_MEM_CALM };
    let now = facts.setting("work_mem").and_then(Setting::bytes);
    Ok(spared(now, rounded(share.min(max)), rounded(share)))
}

/// How many backends work at once: as was said; else two for each CPU and one that waits for storage, or what is seen now.
pub(crate) fn active(facts: &Facts, max_connections: u64) -> u64 {
    let usable = max_connections.saturating_sub(reserved(facts)).max(1);
    let reckoned = match (facts.given.active_backends, facts.given.cpus) {
        (Some(active), _) => u64::from(active),
        (None, Some(cpus)) => facts.connections.active.max(2 * u64::from(cpus) + 1),
        (None, None) => facts.connections.active.max(max_connections / 4),
    };
    reckoned.clamp(1, usable)
}

impl Use {
    /// What `setting` says of each; it may answer for settings as they will be.
    pub(crate) fn of(facts: &Facts, setting: impl Fn(&str) -> Option<Setting>) -> Self {
        let count = |name: &str, default| setting(name).and_then(|s| s.count()).unwrap_or(default);
        let bytes = |name: &str, default| setting(name).and_then(|s| s.bytes()).unwrap_or(default);
        let hash = setting("hash_mem_multiplier").and_then(|s| s.real()).unwrap_or(1.0);
        let maintenance = bytes("maintenance_work_mem", 64 * MIB);
        let workers = count("max_worker_processes", 8);
        Self {
            shared_buffers: bytes("shared_buffers", 128 * MIB),
            wal_buffers: 0,
            max_connections: count("max_connections", 100),
            max_prepared: count("max_prepared_transactions", 0),
            locks: count("max_locks_per_transaction", 64),
            active: 0,
            parallel: count("max_parallel_workers", 8).min(workers),
            work_mem: bytes("work_mem", 4 * MIB),
            hash_hundredths: hundredths(hash),
            maintenance_work_mem: maintenance,
            autovacuum_workers: count("autovacuum_max_workers", 3),
            autovacuum_work_mem: bytes("autovacuum_work_mem", maintenance),
        }
        .with_wal_buffers(facts)
        .with_active(facts)
    }

    /// Unless somebody has set it, it follows `shared_buffers`: 1/32, at most a segment of the WAL.
    fn with_wal_buffers(self, facts: &Facts) -> Self {
        let set = facts.setting("wal_buffers").filter(|setting| is_set(setting)).and_then(Setting::bytes);
        Self { wal_buffers: set.unwrap_or((self.shared_buffers / 32).clamp(64 * KIB, 16 * MIB)), ..self }
    }

    fn with_active(self, facts: &Facts) -> Self {
        Self { active: active(facts, self.max_connections), ..self }
    }

    /// By how much a `work_mem` of a hundred bytes counts.
    fn work_mem_weight(&self) -> u64 {
        (self.active + self.parallel) * NODES * self.hash_hundredths
    }

    fn lines(&self) -> Vec<BudgetLine> {
        let line = |what, how, bytes| BudgetLine { what, how, bytes };
        let connection = connection_bytes(self.shared_buffers);
        let locks = (self.max_connections + self.max_prepared) * self.locks;
        let processes = self.active + self.parallel;
        vec![
            line("shared_buffers", "the whole of it".to_owned(), self.shared_buffers),
            line("wal_buffers", "the whole of it".to_owned(), self.wal_buffers),
            line(
                "other shared memory",
                format!(
                    "12 MB, 1/38 of shared_buffers, 60 kB for each connection, 440 B for each of {locks} locks"
                ),
                other_shared(self.shared_buffers, self.max_connections, locks),
            ),
            line(
                "connections",
                format!("{} of {} kB each", self.max_connections, connection / KIB),
                self.max_connections * connection,
            ),
            line(
                "sorts and hashes",
                format!(
                    "{processes} processes ({} active, {} parallel workers) of {NODES} nodes of work_mem {} kB, \
                     each times hash_mem_multiplier {}.{:02}",
                    self.active,
                    self.parallel,
                    self.work_mem / KIB,
                    self.hash_hundredths / 100,
                    self.hash_hundredths % 100,
                ),
                (self.work_mem * self.work_mem_weight()).div_ceil(100),
            ),
            line("maintenance", "one maintenance_work_mem".to_owned(), self.maintenance_work_mem),
            line(
                "autovacuum",
                format!("{} workers of {} kB", self.autovacuum_workers, self.autovacuum_work_mem / KIB),
                self.autovacuum_workers * self.autovacuum_work_mem,
            ),
        ]
    }

    /// The budget with this use; `Err` is how many bytes it is more than the limit.
    pub(crate) fn budget(&self, limit: u64) -> Result<Budget, u64> {
        let mut lines = self.lines();
        let used: u64 = lines.iter().map(|line| line.bytes).sum();
        let left = limit.checked_sub(used).ok_or(used - limit.min(used))?;
        lines.push(BudgetLine { what: "page cache", how: "what is left".to_owned(), bytes: left });
        Ok(Budget { limit_bytes: limit, lines })
    }
}

/// Whether somebody has chosen the value.
pub(crate) fn is_set(setting: &Setting) -> bool {
    !["default", "override"].contains(&setting.source.as_str())
}

/// A multiplier of 1 to 1000, rounded up.
fn hundredths(value: f64) -> u64 {
    let text = format!("{:.0}", (value * 100.0).ceil().clamp(100.0, 100_000.0));
    text.parse().unwrap_or(200)
}

#[cfg(test)]
mod tests {
    use super::{GIB, KIB, MIB, connection_bytes, hundredths, other_shared, rounded, spared};

    #[test]
    fn what_the_share_allows_is_not_lowered() {
        let check = |now: Option<u64>, expected: u64| assert_eq!(spared(now, 16, 48), expected, "{now:?}");
        check(None, 16);
        check(Some(4), 16);
        check(Some(16), 16);
        check(Some(32), 32);
        check(Some(64), 48);
    }

    #[test]
    fn sizes_are_rounded_down_to_what_people_read() {
        let check = |bytes: u64, expected: u64| assert_eq!(rounded(bytes), expected);
        check(0, 0);
        check(100 * KIB, 64 * KIB);
        check(MIB + 1, MIB);
        check(GIB - 1, GIB - MIB);
        check(GIB + 65 * MIB, GIB + 64 * MIB);
    }

    #[test]
    fn a_connection_costs_its_page_table_too() {
        let check = |buffers: u64, expected: u64| assert_eq!(connection_bytes(buffers), expected);
        check(0, 5 * MIB);
        check(512 * MIB, 6 * MIB);
        check(64 * GIB, 10 * MIB);
    }

    /// `postgres -C shared_memory_size`, in MB, with `wal_buffers` as the server chooses it.
    #[test]
    fn shared_memory_is_no_less_than_what_servers_say() {
        let check = |buffers_mb: u64, connections: u64, locks_each: u64, of_16: u64, of_18: u64| {
            let buffers = buffers_mb * MIB;
            let wal = (buffers / 32).min(16 * MIB);
            let found = (buffers + wal + other_shared(buffers, connections, connections * locks_each)) / MIB;
            assert!(found >= of_16.max(of_18), "{found} MB of {of_18} MB");
            assert!(found <= of_18 + of_18 / 2 + 8, "{found} MB of {of_18} MB");
        };
        check(16, 20, 64, 21, 23);
        check(16, 1000, 64, 65, 71);
        check(16, 1000, 512, 234, 256);
        check(128, 20, 64, 139, 144);
        check(128, 100, 64, 143, 150);
        check(128, 1000, 512, 353, 382);
        check(1024, 100, 64, 1074, 1086);
        check(1024, 1000, 64, 1115, 1159);
        check(16_384, 20, 64, 16_768, 16_816);
        check(16_384, 100, 512, 16_792, 16_847);
        check(16_384, 1000, 512, 16_981, 17_081);
    }

    #[test]
    fn a_multiplier_is_rounded_up() {
        let check = |value: f64, expected: u64| assert_eq!(hundredths(value), expected);
        check(1.0, 100);
        check(2.0, 200);
        check(1.5, 150);
        check(0.1, 100);
        check(1e9, 100_000);
    }
}
