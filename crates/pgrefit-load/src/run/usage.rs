//! What the driver itself costs.

use std::time::Duration;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// User and system time of the calling thread; of the process where threads are not told apart.
pub(super) fn thread_cpu() -> Duration {
    #[cfg(target_os = "linux")]
    let who = UsageWho::RUSAGE_THREAD;
    #[cfg(not(target_os = "linux"))]
    let who = UsageWho::RUSAGE_SELF;
    getrusage(who).map_or(Duration::ZERO, |usage| time(usage.user_time()) + time(usage.system_time()))
}

/// The largest resident set of this process until now.
pub(super) fn rss_max_bytes() -> u64 {
    // Linux counts in kilobytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1_024 };
    let size = getrusage(UsageWho::RUSAGE_SELF).as_ref().map_or(0, Usage::max_rss);
    u64::try_from(size).unwrap_or(0) * unit
}

fn time(value: TimeVal) -> Duration {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Duration::from_secs(number(value.tv_sec())) + Duration::from_micros(number(value.tv_usec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_time_and_a_process_has_memory() {
        let before = thread_cpu();
        let mut sum = 0_u64;
        while thread_cpu() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(rss_max_bytes() > 1_000_000);
    }
}
