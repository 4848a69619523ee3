//! Statistics that no longer tell what is in a table.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::activity::{float, said, span, thousands};
use crate::facts::vacuum::rounded;
use crate::{Facts, Ruling};

/// Fewer changes than this are not told.
const LEAST: i64 = 10_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "stale-statistics",
    code: "VAC-07c",
    group: Group::Vacuum,
    title: "A table has changed much since it was analysed.",
    level: Status::Warn,
    required: false,
    matters: "The planner goes by what ANALYZE saw. Autovacuum analyses a table at autovacuum_analyze_threshold plus \
              autovacuum_analyze_scale_factor of its rows; options of the table go first. Told from twice that number of \
              changes on, if the last ANALYZE is an hour ago. Estimates of other checks are silent about such a table.",
    cure: "ANALYZE the table, and see why autovacuum does not come.",
    sources: &[Source::Relations, Source::RelationStatistics, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        return ruling.skip("a standby counts no changes");
    }
    for table in facts.heaps().filter(|it| it.persistence != 't' && it.rows.is_some()) {
        let Some(counters) = facts.statistics(table.oid) else { continue };
        ruling.saw();
        let trigger = facts.analyze_trigger(table);
        let changes = counters.changes_since_analyze;
        let many = changes >= LEAST && float(changes) >= 2.0 * trigger;
        if !many || !facts.vacuum_is_due(counters.last_analyze_age_s) {
            continue;
        }
        let name = facts.name(table.oid);
        let last = counters.last_analyze_age_s.map(|it| format!(", {} ago", said(it))).unwrap_or_default();
        let message = format!("{} rows of {name} changed since the last ANALYZE{last}", thousands(changes));
        ruling
            .warn(&name, message)
            .number("changed_rows", changes)
            .number("rows", table.rows.map(f64::round))
            .number("autovacuum_analyses_at_rows", rounded(trigger))
            .number("last_analyze_ms", counters.last_analyze_age_s.map_or(Cell::Missing, span))
            .sql(format!("ANALYZE {name};"), "SHARE UPDATE EXCLUSIVE", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// A table of 100,000 rows, of which so many changed since it was analysed so many seconds ago.
    fn sample(changes: i64, age_s: Option<f64>) -> Sample {
        Sample::new(16).relation(100, RelationKind::Table, "t", |it| it.rows = Some(1e5)).counters(
            100,
            |it| {
                (it.changes_since_analyze, it.last_analyze_age_s) = (changes, age_s);
            },
        )
    }

    #[test]
    fn changes_are_held_against_the_trigger_of_the_table() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        let day = Some(86_400.0);
        // Autovacuum begins at 10,050.
        check(sample(15_000, day), Status::Pass);
        check(sample(25_000, day), Status::Warn);
        check(sample(25_000, Some(60.0)), Status::Pass);
        check(sample(25_000, None), Status::Warn);
        check(sample(25_000, None).counted_days(0.1), Status::Pass);
        let own = |it: &mut pgrefit_catalog::census::Census| {
            it.relations[0].options = vec!["autovacuum_analyze_scale_factor=0.5".to_owned()];
        };
        check(sample(25_000, day).with(own), Status::Pass);
        check(sample(15_000, day).setting("autovacuum_analyze_scale_factor", "0.01"), Status::Warn);
        // That is another check.
        check(sample(25_000, day).with(|it| it.relations[0].rows = None), Status::Pass);
        check(sample(25_000, day).standby(), Status::Skip);
    }
}
