//! Judges one look after the other. No server, no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_report::human_bytes;

use super::{Baseline, GuardLimits, Pressure, Sign, Suffering};
use crate::milliseconds;

/// Counts how often in a row each limit was exceeded.
#[derive(Debug, Clone)]
pub struct Judge {
    limits: GuardLimits,
    baseline: Baseline,
    in_a_row: BTreeMap<Sign, u32>,
}

/// What was measured of one sign, what is allowed, and whether once is enough.
struct Reading {
    sign: Sign,
    is_over: bool,
    is_enough: bool,
    measured: String,
    limit: String,
}

impl Judge {
    /// By what the database was in its quiet.
    #[must_use]
    pub fn new(limits: GuardLimits, baseline: Baseline) -> Self {
        Self { limits, baseline, in_a_row: BTreeMap::new() }
    }

    /// Takes the next look; says so if the database suffers.
    pub fn look(&mut self, pressure: &Pressure) -> Option<Suffering> {
        let readings = self.readings(pressure);
        let mut found = None;
        for Reading { sign, is_over, is_enough, measured, limit } in readings {
            let count = self.in_a_row.entry(sign).or_default();
            *count = if is_over { *count + 1 } else { 0 };
            if found.is_none() && (*count >= self.limits.in_a_row.max(1) || is_enough) {
                found = Some(Suffering { sign, at: pressure.at, measured, limit });
            }
        }
        found
    }

    fn readings(&self, pressure: &Pressure) -> Vec<Reading> {
        let GuardLimits { active_more, waiting_more, lag_more_bytes, .. } = self.limits;
        let Baseline { active, waiting, lag_bytes, .. } = self.baseline;
        let number = |number: u64| number.to_string();
        let mut readings = vec![self.probe(pressure.probe)];
        readings.extend(pressure.active.map(|found| {
            let quiet = active.unwrap_or(0);
            counted(Sign::ActiveBackends, found, (quiet + active_more).max(2 * quiet), number)
        }));
        readings.extend(
            pressure
                .waiting
                .map(|found| counted(Sign::LockWaits, found, waiting.unwrap_or(0) + waiting_more, number)),
        );
        readings.extend(pressure.lag_bytes.map(|found| {
            counted(
                Sign::ReplicationLag,
                found,
                lag_bytes.unwrap_or(0).saturating_add(lag_more_bytes),
                human_bytes,
            )
        }));
        readings
    }

    fn probe(&self, probe: Duration) -> Reading {
        let allowed = self.baseline.probe.mul_f64(self.limits.probe_factor).max(self.limits.probe_least);
        let allowed = allowed.min(self.limits.probe_most);
        Reading {
            sign: Sign::ProbeLatency,
            is_over: probe > allowed,
            is_enough: probe >= self.limits.probe_most,
            measured: milliseconds::text(probe),
            limit: milliseconds::text(allowed),
        }
    }
}

fn counted(sign: Sign, found: u64, allowed: u64, text: fn(u64) -> String) -> Reading {
    Reading { sign, is_over: found > allowed, is_enough: false, measured: text(found), limit: text(allowed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(probe_ms: u64, active: Option<u64>, waiting: Option<u64>, lag_bytes: Option<u64>) -> Pressure {
        Pressure { at: Duration::ZERO, probe: Duration::from_millis(probe_ms), active, waiting, lag_bytes }
    }

    /// After which look the guard ends the run, and by what.
    fn ended(quiet: &[Pressure], looks: &[Pressure]) -> Option<(usize, Sign)> {
        let mut judge = Judge::new(GuardLimits::default(), Baseline::of(quiet));
        looks.iter().enumerate().find_map(|(at, it)| judge.look(it).map(|suffering| (at + 1, suffering.sign)))
    }

    #[test]
    fn only_what_lasts_ends_a_run() {
        let quiet = [look(2, Some(3), Some(0), Some(0)), look(4, Some(5), Some(1), Some(1000))];
        let check =
            |looks: &[Pressure], expected: Option<(usize, Sign)>| assert_eq!(ended(&quiet, looks), expected);
        let fine = || look(90, Some(25), Some(6), Some(64 << 20));
        check(&vec![fine(); 50], None);
        check(&vec![look(101, None, None, None); 9], Some((4, Sign::ProbeLatency)));
        let slow = || look(500, Some(0), Some(0), None);
        check(&[slow(), slow(), slow(), fine(), slow(), slow(), slow(), fine()], None);
        check(
            &[slow(), slow(), slow(), fine(), slow(), slow(), slow(), slow()],
            Some((8, Sign::ProbeLatency)),
        );
        check(&[fine(), look(3000, None, None, None)], Some((2, Sign::ProbeLatency)));
        check(&vec![look(1, Some(26), None, None); 9], Some((4, Sign::ActiveBackends)));
        check(&vec![look(1, None, Some(7), None); 9], Some((4, Sign::LockWaits)));
        check(&vec![look(1, None, None, Some((64 << 20) + 1001)); 9], Some((4, Sign::ReplicationLag)));
        check(&vec![look(1, None, None, None); 9], None);
    }

    #[test]
    fn a_slow_database_is_measured_by_its_own_quiet() {
        let far = [look(30, Some(40), None, None); 5];
        let check = |looks: &[Pressure], expected| assert_eq!(ended(&far, looks), expected);
        check(&vec![look(299, Some(80), None, None); 9], None);
        check(&vec![look(301, None, None, None); 9], Some((4, Sign::ProbeLatency)));
        check(&vec![look(30, Some(81), None, None); 9], Some((4, Sign::ActiveBackends)));
    }

    #[test]
    fn it_says_what_it_saw() {
        let mut judge =
            Judge::new(GuardLimits { in_a_row: 1, ..GuardLimits::default() }, Baseline::default());
        let said = |suffering: Option<Suffering>| suffering.map(|it| it.to_string()).unwrap_or_default();
        assert_eq!(
            said(judge.look(&look(250, None, None, None))),
            "the guard's probe took 250 ms, with 100 ms allowed"
        );
        assert_eq!(
            said(judge.look(&look(1, None, Some(9), None))),
            "9 backends of others waited for locks, with 5 allowed"
        );
        assert_eq!(
            said(judge.look(&look(1, None, None, Some(1 << 30)))),
            "a standby was 1.0 GiB behind, with 64.0 MiB allowed"
        );
    }
}
