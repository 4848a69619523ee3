//! Settings that add up to more memory than there is.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// What a connection takes without its queries.
const CONNECTION_BYTES: f64 = 10.0 * 1_048_576.0;

/// Which share of the connections runs a query at a time, and how many sorts and hashes each has.
const ACTIVE: (f64, f64) = (0.25, 3.0);

/// What `VACUUM` could use at most before 17.
const VACUUM_BYTES: f64 = 1_073_741_824.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "memory-over-budget",
    code: "CFG-03",
    group: Group::Settings,
    title: "The server may take more memory than it has.",
    level: Status::Warn,
    required: false,
    matters: "The kernel then kills a process of the server, and all sessions end with it. The sum is \
              shared_buffers, wal_buffers, 10 MiB a connection, work_mem x hash_mem_multiplier x 3 for a quarter \
              of max_connections, what the autovacuum workers may take (at most 1 GiB each before 17), and \
              maintenance_work_mem. Shared buffers of more than 40 % are told, too: the manual has no use for \
              more. The memory must be said; it is never guessed, because that of the machine is not that of the \
              container.",
    cure: "Lower max_connections and pool the connections first, then work_mem; raise work_mem for the roles \
              that need it.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(memory) = facts.options.memory_bytes else {
        ruling.skip("the memory of the server was not said");
        return;
    };
    if facts.hides_any(&["work_mem", "maintenance_work_mem", "hash_mem_multiplier"], ruling) {
        return;
    }
    let Some((shared, budget)) = budget(facts) else { return };
    ruling.saw();
    #[expect(clippy::cast_precision_loss, reason = "a sum of estimates")]
    let limit = memory as f64;
    let whole = |bytes: f64| Facts::whole_ms(bytes / 1_000.0);
    if budget > limit {
        let message =
            format!("the server may take {} and has {}", human_bytes(whole(budget)), human_bytes(memory));
        ruling
            .warn("work_mem", message)
            .number("budget_bytes", Cell::Bytes(whole(budget)))
            .number("memory_bytes", Cell::Bytes(memory))
            .number("shared_buffers_bytes", Cell::Bytes(whole(shared)))
            .number("max_connections", facts.number("max_connections"))
            .hint("lower max_connections and pool the connections, then work_mem");
    }
    if shared > limit * 0.4 {
        ruling
            .warn(
                "shared_buffers",
                format!("shared_buffers are {:.0} % of the memory", shared / limit * 100.0),
            )
            .number("shared_buffers_bytes", Cell::Bytes(whole(shared)))
            .number("memory_bytes", Cell::Bytes(memory))
            .hint("a quarter of the memory is where to begin; it needs a restart");
    }
}

/// `shared_buffers`, and the sum.
fn budget(facts: &Facts<'_>) -> Option<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "a sum of estimates")]
    let bytes = |name: &str| facts.setting_bytes(name).map(|bytes| bytes as f64);
    let (shared, work, maintenance) =
        (bytes("shared_buffers")?, bytes("work_mem")?, bytes("maintenance_work_mem")?);
    let connections = facts.number("max_connections")?;
    let hash = facts.number("hash_mem_multiplier").unwrap_or(1.0);
    let vacuum = bytes("autovacuum_work_mem").unwrap_or(maintenance);
    let vacuum = if facts.major() < 17 { vacuum.min(VACUUM_BYTES) } else { vacuum };
    let workers = facts.number("autovacuum_max_workers").unwrap_or(3.0);
    let queries = connections * ACTIVE.0 * ACTIVE.1 * work * hash;
    let wal = bytes("wal_buffers").unwrap_or(0.0);
    let fixed = shared + wal + connections * CONNECTION_BYTES;
    Some((shared, fixed + queries + workers * vacuum + maintenance))
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn server(memory_gib: Option<u64>, shared_mib: &str, work_mib: &str) -> Sample {
        let mut sample = Sample::new(18)
            .setting_in("shared_buffers", shared_mib, Some("MB"))
            .setting_in("work_mem", work_mib, Some("MB"))
            .setting_in("maintenance_work_mem", "64", Some("MB"))
            .setting_in("autovacuum_work_mem", "-1", Some("kB"))
            .setting("hash_mem_multiplier", "2")
            .setting("autovacuum_max_workers", "3")
            .setting("max_connections", "100");
        sample.options.memory_bytes = memory_gib.map(|gib| gib << 30);
        sample
    }

    #[test]
    fn the_sum_is_held_against_the_memory() {
        let check = |memory_gib: Option<u64>, shared_mib: &str, work_mib: &str, expected: &[&str]| {
            let objects = server(memory_gib, shared_mib, work_mib).objects(&CHECK);
            assert_eq!(objects, expected, "{memory_gib:?} {shared_mib} {work_mib}");
        };
        check(Some(4), "1024", "4", &[]);
        check(Some(4), "1024", "64", &["work_mem"]);
        check(Some(4), "2048", "4", &["shared_buffers"]);
        check(None, "2048", "64", &[]);
        assert_eq!(server(None, "128", "4").status(&CHECK), Status::Skip);
    }
}
