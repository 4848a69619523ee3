//! A table whose number of rows the catalogs do not tell.

use pgrefit_catalog::census::{RelationStatistics, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "row-count-unknown",
    code: "DOC-03",
    group: Group::Vectors,
    title: "The number of rows of a table is not known, or has changed much since it was counted.",
    level: Status::Info,
    required: false,
    matters: "VACUUM and ANALYZE note how many rows a table has (pg_class.reltuples), which costs nothing to read and is what the \
              planner goes by. It is unknown until the first of them, and off when more than a tenth of the rows, and \
              1,000 at least, changed since. Partitions are summed up.",
    cure: "ANALYZE the table. An exact number takes count(*), which reads all of it.",
    sources: &[Source::Relations, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        ruling.skip("changes are counted on the primary");
        return;
    }
    for table in facts.root_tables() {
        ruling.saw();
        let leaves = facts.leaves(table.oid);
        let sum = |of: fn(&RelationStatistics) -> i64| -> i64 {
            leaves.iter().filter_map(|leaf| facts.statistics(leaf.oid)).map(of).sum()
        };
        let (live, changes) = (sum(|it| it.live), sum(|it| it.changes_since_analyze));
        let ages = leaves.iter().filter_map(|leaf| facts.statistics(leaf.oid)?.last_analyze_age_s);
        let rows = facts.rows(table.oid);
        let message = match rows {
            None if live == 0 => continue,
            None => format!("its rows were never counted; the counters say about {live}"),
            Some(_) if facts.are_leaves_analysed(table.oid) => continue,
            Some(rows) => format!("{rows:.0} rows when it was counted, {changes} changed since"),
        };
        let name = facts.name(table.oid);
        ruling
            .info(&name, message)
            .number("rows", rows)
            .number("rows_changed", changes)
            .number("analyze_age_s", ages.reduce(f64::max))
            .sql(format!("ANALYZE {name};"), "SHARE UPDATE EXCLUSIVE", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn counts_are_known_unknown_or_off() {
        let check = |rows: Option<f64>, live: i64, changes: i64, expected: Status| {
            let sample = Sample::new(16).relation(100, RelationKind::Table, "t", |it| it.rows = rows);
            let sample = sample.counters(100, |it| (it.live, it.changes_since_analyze) = (live, changes));
            assert_eq!(sample.status(&CHECK), expected, "{rows:?} {live} {changes}");
        };
        check(None, 0, 0, Status::Pass);
        check(None, 500, 500, Status::Info);
        check(Some(100_000.0), 100_000, 5_000, Status::Pass);
        check(Some(100_000.0), 100_000, 50_000, Status::Info);
        check(Some(10.0), 500, 490, Status::Pass);
    }

    #[test]
    fn a_standby_does_not_count() {
        let sample = Sample::new(16).relation(100, RelationKind::Table, "t", |it| it.rows = None);
        assert_eq!(sample.with(|census| census.server.in_recovery = true).status(&CHECK), Status::Skip);
    }
}
