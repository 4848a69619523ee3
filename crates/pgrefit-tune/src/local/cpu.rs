//! Whose the CPU was between two moments: the server's, this process's, or others'.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::Local;

/// Of `/proc/<pid>/stat` and `/proc/stat`; 100 a second on every platform that Linux is on (`USER_HZ`).
const TICKS_A_SECOND: u64 = 100;

/// What one process has used, and whose child it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) parent: u32,
    /// Its own ticks.
    own: u64,
    /// Those of its children that have ended.
    ended: u64,
}

/// Reads `/proc/<pid>/stat`. The name in brackets may hold anything, brackets too.
pub(super) fn stat(proc: &Path, pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(proc.join(pid.to_string()).join("stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let parent = u32::try_from(number(1)?).ok()?;
    Some(Stat { parent, own: number(11)? + number(12)?, ended: number(13)? + number(14)? })
}

/// Ticks of the whole machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Machine {
    busy: u64,
    all: u64,
}

fn machine(proc: &Path) -> Option<Machine> {
    let text = fs::read_to_string(proc.join("stat")).ok()?;
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    let ticks: Vec<u64> = line.split_whitespace().take(8).filter_map(|field| field.parse().ok()).collect();
    let all: u64 = ticks.iter().sum();
    let idle: u64 = ticks.get(3..5)?.iter().sum();
    Some(Machine { busy: all - idle, all })
}

/// A child that is buried while we read is in neither sum, or in both: then it is read again.
const READINGS: usize = 20;

/// The postmaster and all its children, those that have ended too.
fn server(proc: &Path, local: Local) -> Option<u64> {
    let mut before = stat(proc, local.postmaster)?;
    let mut sum = 0;
    for _ in 0..READINGS {
        sum = living(proc, local)?;
        let after = stat(proc, local.postmaster)?;
        if after.ended == before.ended {
            break;
        }
        before = after;
    }
    Some(before.own + before.ended + sum)
}

/// The children that there are.
fn living(proc: &Path, local: Local) -> Option<u64> {
    let children = fs::read_dir(proc).ok()?.filter_map(|entry| {
        let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
        stat(proc, pid).filter(|stat| stat.parent == local.postmaster)
    });
    Some(children.map(|child| child.own + child.ended).sum())
}

/// A reading of the clocks; [`Meter::stop`] takes the second one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    local: Option<Local>,
    machine: Option<Machine>,
    server: Option<u64>,
    own: Option<u64>,
}

/// What was used between two readings. `None` where it cannot be seen: of a server elsewhere, or without `/proc`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    pub(crate) server: Option<Duration>,
    pub(crate) client: Option<Duration>,
    /// The share of the CPUs of this machine that neither the server nor this process had.
    pub(crate) others_share: Option<f64>,
}

impl Meter {
    /// Reads the clocks; of the server only if it is on this machine.
    pub(crate) fn start(local: Option<Local>) -> Self {
        Self::read(Path::new("/proc"), local)
    }

    fn read(proc: &Path, local: Option<Local>) -> Self {
        Self {
            local,
            machine: machine(proc),
            server: local.and_then(|local| server(proc, local)),
            own: stat(proc, std::process::id()).map(|stat| stat.own),
        }
    }

    /// Reads them again.
    pub(crate) fn stop(&self) -> Usage {
        self.until(&Self::read(Path::new("/proc"), self.local))
    }

    fn until(&self, now: &Self) -> Usage {
        let since = |before: Option<u64>, now: Option<u64>| Some(now?.saturating_sub(before?));
        let server = since(self.server, now.server);
        let own = since(self.own, now.own);
        let others_share = self.machine.zip(now.machine).and_then(|(before, now)| {
            let all = now.all.saturating_sub(before.all);
            let busy = now.busy.saturating_sub(before.busy);
            let others = busy.saturating_sub(server?).saturating_sub(own?);
            (all > 0).then(|| ratio(others, all))
        });
        Usage { server: server.map(ticks), client: own.map(ticks), others_share }
    }
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * (1000 / TICKS_A_SECOND))
}

fn ratio(part: u64, all: u64) -> f64 {
    Duration::from_millis(part).as_secs_f64() / Duration::from_millis(all).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::{Duration, Local, Machine, Meter, Path, Usage, fs, machine, server, stat};

    #[test]
    fn what_neither_we_nor_the_server_had_is_others() {
        let reading =
            |busy, all, server, own| Meter { local: None, machine: Some(Machine { busy, all }), server, own };
        let check = |before: Meter, now: Meter, expected: Option<f64>| {
            let Usage { others_share, .. } = before.until(&now);
            let hundredths = |share: Option<f64>| share.map(|share| (share * 100.0).round());
            assert_eq!(hundredths(others_share), hundredths(expected));
        };
        let begin = reading(100, 1000, Some(10), Some(5));
        check(begin, reading(200, 1200, Some(70), Some(25)), Some(0.1));
        check(begin, reading(200, 1200, Some(90), Some(25)), Some(0.0));
        check(begin, reading(200, 1200, None, Some(25)), None);
        check(begin, begin, None);
    }

    #[test]
    fn the_server_is_the_postmaster_and_its_children() {
        let proc = tempfile::tempdir().unwrap();
        let write = |pid: u32, text: &str| {
            fs::create_dir(proc.path().join(pid.to_string())).unwrap();
            fs::write(proc.path().join(pid.to_string()).join("stat"), text).unwrap();
        };
        write(1, "1 (postgres) S 0 1 1 0 -1 4 0 0 0 0 1 2 100 200 20 0");
        write(2, "2 (po) (st) R 1 1 1 0 -1 4 0 0 0 0 10 20 0 0 20 0");
        write(3, "3 (else) R 9 1 1 0 -1 4 0 0 0 0 1000 2000 0 0 20 0");
        fs::write(proc.path().join("stat"), "cpu  10 1 5 80 4 0 0 2 0 0\ncpu0 1\n").unwrap();
        assert_eq!(server(proc.path(), Local { postmaster: 1 }), Some(333));
        assert_eq!(machine(proc.path()), Some(Machine { busy: 18, all: 102 }));
        assert_eq!(stat(Path::new("/nowhere"), 1), None);
        assert_eq!(super::ticks(3), Duration::from_millis(30));
    }
}
