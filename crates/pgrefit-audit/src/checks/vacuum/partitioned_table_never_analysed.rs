//! Partitioned tables without statistics of the whole.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::vacuum::rounded;
use crate::{Facts, Ruling};

/// Fewer rows than this are planned well without statistics.
const LEAST: f64 = 10_000.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partitioned-table-never-analysed",
    code: "VAC-07b",
    group: Group::Vacuum,
    title: "A partitioned table was never analysed as a whole.",
    level: Status::Warn,
    required: false,
    matters: "Autovacuum analyses the partitions, and never the table above them. Where a query reads more than one partition, \
              the planner needs the statistics of the whole, for joins and for GROUP BY most of all; without them it guesses. \
              Told from ten thousand rows on. See the manual on ANALYZE, of tables with children.",
    cure: "ANALYZE the partitioned table, and do it again from time to time, for autovacuum will not.",
    sources: &[Source::Relations, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("partitioned_table_never_analysed/bad.sql"),
        good: include_str!("partitioned_table_never_analysed/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.major() < 14 {
        return ruling
            .skip("before 14 the server does not record how many rows ANALYZE found in all partitions");
    }
    for table in facts.root_tables().filter(|it| it.kind == RelationKind::Partitioned) {
        ruling.saw();
        // Rows of the partitions, not of the table: that number is what ANALYZE would have set.
        let rows: Option<f64> = facts.children(table.oid).iter().map(|child| facts.rows(*child)).sum();
        let Some(rows) = rows.filter(|rows| table.rows.is_none() && *rows >= LEAST) else { continue };
        let name = facts.name(table.oid);
        ruling
            .warn(&name, format!("{name} was never analysed as a whole, its partitions have {rows:.0} rows"))
            .number("rows", rounded(rows))
            .sql(format!("ANALYZE {name};"), "SHARE UPDATE EXCLUSIVE", true);
    }
}
