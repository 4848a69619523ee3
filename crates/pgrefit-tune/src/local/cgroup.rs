//! What control groups (v2 and v1) allow a process: the least of its own group and all above it.

use std::fs;
use std::path::{Path, PathBuf};

/// "No limit" of v1 is a number near the end of the range.
const UNLIMITED: u64 = 1 << 60;

pub(super) fn memory(proc: &Path, sys: &Path, pid: u32) -> Option<u64> {
    let read =
        |dir: &Path| number(&dir.join("memory.max")).or_else(|| number(&dir.join("memory.limit_in_bytes")));
    groups(proc, sys, pid, "memory")
        .iter()
        .filter_map(|dir| read(dir))
        .filter(|bytes| *bytes < UNLIMITED)
        .min()
}

pub(super) fn cpus(proc: &Path, sys: &Path, pid: u32) -> Option<u32> {
    let least = groups(proc, sys, pid, "cpu").iter().filter_map(|dir| quota(dir)).min()?;
    u32::try_from(least).ok()
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Quota by period, rounded up: `150000 100000` is 2.
fn quota(dir: &Path) -> Option<u64> {
    let both = fs::read_to_string(dir.join("cpu.max")).ok();
    let v2 = both.as_deref().and_then(|text| {
        let (quota, period) = text.trim().split_once(' ')?;
        quota.parse::<u64>().ok().zip(period.parse::<u64>().ok())
    });
    let v1 = || number(&dir.join("cpu.cfs_quota_us")).zip(number(&dir.join("cpu.cfs_period_us")));
    let (quota, period) = v2.or_else(v1).filter(|(_, period)| *period > 0)?;
    Some(quota.div_ceil(period).max(1))
}

/// The folders of the process's group and of all above it. In a container the path may be that of the host, which is not
/// there: then the root is the container's own group.
fn groups(proc: &Path, sys: &Path, pid: u32, controller: &str) -> Vec<PathBuf> {
    let text = fs::read_to_string(proc.join(pid.to_string()).join("cgroup")).unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let root = match controllers {
            "" => sys.to_owned(),
            names if names.split(',').any(|name| name == controller) => sys.join(controller),
            _ => continue,
        };
        let path = Path::new(path.trim_start_matches('/'));
        found.extend(path.ancestors().map(|part| root.join(part)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Path, cpus, fs, memory};

    fn check(cgroup: &str, files: &[(&str, &str)], expected: (Option<u64>, Option<u32>)) {
        let root = tempfile::tempdir().unwrap();
        let (proc, sys) = (root.path().join("proc"), root.path().join("sys"));
        fs::create_dir_all(proc.join("9")).unwrap();
        fs::write(proc.join("9/cgroup"), cgroup).unwrap();
        for (path, text) in files {
            let path = sys.join(path);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!((memory(&proc, &sys, 9), cpus(&proc, &sys, 9)), expected, "{cgroup}");
    }

    #[test]
    fn limits_are_those_of_the_narrowest_group() {
        check(
            "0::/a/b\n",
            &[("a/b/memory.max", "max\n"), ("a/memory.max", "1048576\n")],
            (Some(1_048_576), None),
        );
        check("0::/\n", &[("memory.max", "7\n"), ("cpu.max", "150000 100000\n")], (Some(7), Some(2)));
        check("0::/gone\n", &[("memory.max", "7\n"), ("cpu.max", "max 100000\n")], (Some(7), None));
        let v1 = "5:cpu,cpuacct:/x\n4:memory:/x\n";
        let files = [
            ("memory/x/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/memory.limit_in_bytes", "512\n"),
            ("cpu/x/cpu.cfs_quota_us", "50000\n"),
            ("cpu/x/cpu.cfs_period_us", "100000\n"),
        ];
        check(v1, &files, (Some(512), Some(1)));
        check(
            v1,
            &[("cpu/x/cpu.cfs_quota_us", "-1\n"), ("cpu/x/cpu.cfs_period_us", "100000\n")],
            (None, None),
        );
        check("", &[], (None, None));
    }
}
