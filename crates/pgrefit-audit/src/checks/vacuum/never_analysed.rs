//! Tables without statistics for the planner.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::activity::thousands;
use crate::{Facts, Ruling};

/// Fewer rows than this are planned well without statistics.
const LEAST: i64 = 1_000;

/// Of smaller tables with fewer rows by their last count a census holds the statistics of integer keys only.
const FLOOR_PAGES: i64 = 128;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "never-analysed",
    code: "VAC-07",
    group: Group::Vacuum,
    title: "A table was never analysed: the planner guesses.",
    level: Status::Warn,
    required: false,
    matters: "Without statistics the planner takes fixed guesses for each condition, and joins go wrong by orders of magnitude. \
              So it is after a restore, and before version 18 after pg_upgrade, until ANALYZE has run. A VACUUM alone counts \
              the rows, and no more. Tables of less than a thousand rows are left out.",
    cure: "ANALYZE the table; after a restore or an upgrade, the whole database.",
    sources: &[Source::Relations, Source::Columns, Source::RelationStatistics],
    example: Some(Example {
        bad: include_str!("never_analysed/bad.sql"),
        good: include_str!("never_analysed/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.heaps().filter(|it| it.persistence != 't' && !facts.columns(it.oid).is_empty()) {
        let Some(analysed) = is_analysed(facts, table) else {
            ruling.missed("column statistics are not visible to this role", facts.grant_select(table.oid));
            continue;
        };
        ruling.saw();
        let rows = rows(facts, table);
        if !analysed && rows >= LEAST {
            let name = facts.name(table.oid);
            let message = format!("{name} has about {} rows and was never analysed", thousands(rows));
            let sql = format!("ANALYZE {name};");
            ruling.warn(name, message).number("rows", rows).sql(sql, "SHARE UPDATE EXCLUSIVE", true);
        }
    }
}

/// Whether there are statistics; none if that cannot be told. The time of the last `ANALYZE` is lost with the counters, so that
/// without it only the statistics themselves tell. A small table without either is not told.
fn is_analysed(facts: &Facts<'_>, table: &Relation) -> Option<bool> {
    let counters = facts.statistics(table.oid);
    let has_statistics = |table: &Relation| {
        facts.columns(table.oid).iter().any(|it| facts.column_statistics(table.oid, it.number).is_some())
    };
    if has_statistics(table) || counters.is_some_and(|it| it.last_analyze_age_s.is_some()) {
        return Some(true);
    }
    // Without rows counted, ANALYZE was never there.
    if table.rows.is_none() {
        return Some(false);
    }
    #[expect(clippy::cast_precision_loss, reason = "a thousand")]
    let is_small = table.pages < FLOOR_PAGES && table.rows.is_some_and(|rows| rows < LEAST as f64);
    if rows(facts, table) < LEAST || is_small {
        return Some(true);
    }
    facts.sees_column_statistics(table).then_some(false)
}

/// Rows by whatever counted them: the last `VACUUM`, the counters, or what sequential scans have read.
fn rows(facts: &Facts<'_>, table: &Relation) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "an estimate")]
    let counted = table.rows.unwrap_or(0.0) as i64;
    let Some(counters) = facts.statistics(table.oid) else { return counted };
    let scanned = counters.seq_rows.checked_div(counters.seq_scans).unwrap_or(0);
    counted.max(counters.live).max(scanned)
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, Source, Unseen, Why};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(rows: Option<f64>, live: i64) -> Sample {
        Sample::new(18)
            .relation(100, RelationKind::Table, "t", |it| (it.rows, it.pages) = (rows, 200))
            .int8_column(100, 1, "id")
            .counters(100, |it| it.live = live)
    }

    #[test]
    fn statistics_or_a_time_tell_that_it_was_analysed() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(None, 5_000), Status::Warn);
        check(sample(None, 500), Status::Pass);
        check(sample(Some(5_000.0), 0), Status::Warn);
        check(sample(Some(5_000.0), 0).width(100, 1, 8), Status::Pass);
        check(
            sample(Some(5e3), 0).with(|it| it.relation_statistics[0].last_analyze_age_s = Some(9.0)),
            Status::Pass,
        );
        check(sample(Some(5_000.0), 0).with(|it| it.relations[0].pages = 40), Status::Warn);
        // It has grown since it was counted: its statistics need not be in the census.
        check(sample(Some(500.0), 5_000).with(|it| it.relations[0].pages = 10), Status::Pass);
        check(sample(None, 5_000).with(|it| it.relations[0].pages = 0), Status::Warn);
        // After an upgrade nothing but the scans tells how large it is.
        let scans = |it: &mut pgrefit_catalog::census::Census| {
            (it.relation_statistics[0].seq_scans, it.relation_statistics[0].seq_rows) = (2, 80_000);
        };
        check(sample(None, 0).with(scans), Status::Warn);
        check(sample(None, 5_000).with(|it| it.relations[0].persistence = 't'), Status::Pass);
    }

    #[test]
    fn without_sight_of_statistics_it_is_blind() {
        let unreadable = |sample: Sample| sample.with(|it| it.relations[0].shows_statistics = false);
        assert_eq!(unreadable(sample(Some(5_000.0), 0)).status(&CHECK), Status::Blind);
        assert_eq!(unreadable(sample(None, 5_000)).status(&CHECK), Status::Warn);
        assert_eq!(unreadable(sample(Some(50.0), 50)).status(&CHECK), Status::Pass);
        let unseen = Unseen { why: Why::Privilege, text: "no".to_owned(), grant: None };
        let all = sample(Some(5e3), 0).with(|it| drop(it.unseen.insert(Source::ColumnStatistics, unseen)));
        assert_eq!(all.status(&CHECK), Status::Blind);
    }
}
