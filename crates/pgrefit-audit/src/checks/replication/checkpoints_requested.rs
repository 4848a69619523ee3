//! Checkpoints that come because the WAL is full, not because it is time.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_duration};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// How long the counters must have counted.
const WINDOW_S: f64 = 86_400.0;

/// How far apart requested checkpoints are at most, on average.
const APART_S: f64 = 7_200.0;

/// The share that is told.
const SHARE: f64 = 0.3;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "checkpoints-requested",
    code: "WAL-01",
    group: Group::Replication,
    title: "Many checkpoints are requested before their time.",
    level: Status::Warn,
    required: false,
    matters: "A checkpoint before its time writes in a rush and makes the WAL larger, because each page is logged \
              whole at its first change after it. Told when more than three in ten are requested and that is more \
              often than every two hours, over at least a day. Requests by CHECKPOINT, base backups and CREATE \
              DATABASE count, too.",
    cure: "Raise max_wal_size so that checkpoints come by checkpoint_timeout; the goal is less than one in ten \
              requested.",
    sources: &[Source::Checkpoints, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        ruling.skip("a standby makes restartpoints");
        return;
    }
    let Some(checkpoints) = &facts.census.checkpoints else { return };
    ruling.saw();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let (timed, requested) = (checkpoints.timed as f64, checkpoints.requested as f64);
    let share = requested / (timed + requested).max(1.0);
    let Some(window) = checkpoints.reset_age_s.filter(|age| *age >= WINDOW_S) else { return };
    if share <= SHARE || requested * APART_S < window {
        return;
    }
    let apart = Facts::whole_ms(window / requested);
    let message =
        format!("{:.0} % of checkpoints were requested, one every {}", share * 100.0, human_duration(apart));
    let mut found = ruling.warn("max_wal_size", message);
    found
        .number("checkpoints_requested", checkpoints.requested)
        .number("checkpoints_timed", checkpoints.timed)
        .number("window_ms", Cell::DurationMs(Facts::whole_ms(window)));
    if let Some(size) = facts.setting_bytes("max_wal_size") {
        let sql =
            format!("ALTER SYSTEM SET max_wal_size = '{}MB';\nSELECT pg_reload_conf();", (size * 2) >> 20);
        found.number("max_wal_size_bytes", Cell::Bytes(size)).sql(sql, "", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Checkpoints;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_many_over_a_day_are_told() {
        const DAY_S: f64 = 86_400.0;
        let check = |timed: i64, requested: i64, window: Option<f64>, expected: Status| {
            let checkpoints = Checkpoints { timed, requested, reset_age_s: window, ..Checkpoints::default() };
            let sample = Sample::new(18).setting_in("max_wal_size", "1024", Some("MB"));
            let sample = sample.with(|census| census.checkpoints = Some(checkpoints));
            assert_eq!(sample.status(&CHECK), expected, "{timed} {requested} {window:?}");
        };
        check(100, 200, Some(DAY_S), Status::Warn);
        check(250, 40, Some(DAY_S), Status::Pass);
        check(100, 200, Some(DAY_S / 2.0), Status::Pass);
        check(100, 200, None, Status::Pass);
        // A few by hand on a server that has nothing to do.
        check(2, 5, Some(DAY_S), Status::Pass);
        check(0, 0, Some(DAY_S), Status::Pass);
    }

    #[test]
    fn it_can_be_set_as_told() {
        let checkpoints =
            Checkpoints { requested: 500, reset_age_s: Some(90_000.0), ..Checkpoints::default() };
        let sample = Sample::new(16).setting_in("max_wal_size", "1024", Some("MB"));
        let verdict = sample.with(|census| census.checkpoints = Some(checkpoints)).verdict(&CHECK);
        let sql = verdict.findings[0].remediation.as_ref().map(|it| it.sql.as_str());
        assert_eq!(sql, Some("ALTER SYSTEM SET max_wal_size = '2048MB';\nSELECT pg_reload_conf();"));
    }
}
