//! Rows without a vector.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// From which share of the rows on it should be looked at.
const WARN: f64 = 0.1;

/// Below so many rows a share says nothing.
const ROWS_MIN: f64 = 100.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "embedding-null",
    code: "DOC-04",
    group: Group::Vectors,
    title: "Rows have no vector, and no search by vector finds them.",
    level: Status::Warn,
    required: false,
    matters: "Where vectors are computed after the row is written, a job that fails leaves rows behind that exist and are never \
              found. The share is what ANALYZE saw in its sample, no row is read for it; told from the first on, a warning \
              above a tenth.",
    cure: "Compute what is missing. When no row is left: ADD CHECK (… IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL.",
    sources: &[Source::Columns, Source::Types, Source::ColumnStatistics, Source::RelationStatistics],
    example: Some(Example {
        bad: include_str!("embedding_null/bad.sql"),
        good: include_str!("embedding_null/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.vector_columns() {
        if !table.shows_statistics && !column.not_null {
            let grant = facts.grant_select(table.oid);
            ruling.missed("column statistics are not visible to this role", grant);
            continue;
        }
        let rows = facts.rows(table.oid).filter(|rows| *rows >= ROWS_MIN && !column.not_null);
        let nulls = facts.column_statistics(table.oid, column.number).map(|it| it.null_fraction);
        if rows.is_some() && nulls.is_none() {
            ruling.left_out();
            continue;
        }
        ruling.saw();
        let (Some(rows), Some(nulls)) = (rows, nulls) else { continue };
        if nulls <= 0.0 || !facts.are_leaves_analysed(table.oid) {
            continue;
        }
        let status = if nulls > WARN { Status::Warn } else { Status::Info };
        let (name, column_name) = (facts.name(table.oid), quote_ident(&column.name));
        ruling
            .found(
                status,
                facts.column_name(table.oid, column.number),
                format!("about {:.0} rows of {rows:.0} have no vector", rows * nulls),
            )
            .number("rows", rows)
            .number("null_percent", Cell::Float((nulls * 1_000.0).round() / 10.0))
            .hint(format!("which: SELECT * FROM {name} WHERE {column_name} IS NULL LIMIT 10"));
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_share_makes_the_level() {
        let check = |nulls: f64, expected: Status| {
            let sample = Sample::new(18).documents(1_000.0, 3).column_statistics(100, 1, nulls);
            assert_eq!(sample.status(&CHECK), expected, "{nulls}");
        };
        check(0.0, Status::Pass);
        check(0.05, Status::Info);
        check(0.4, Status::Warn);
    }

    #[test]
    fn what_may_not_be_seen_is_told() {
        let sample = Sample::new(18).documents(1_000.0, 3);
        let verdict = sample.with(|census| census.relations[0].shows_statistics = false).verdict(&CHECK);
        assert_eq!(verdict.status, Status::Blind);
        assert_eq!(verdict.grant.as_deref(), Some("GRANT SELECT ON public.documents TO auditor;"));
    }

    #[test]
    fn stale_statistics_say_nothing() {
        let sample = Sample::new(18).documents(1_000.0, 3).column_statistics(100, 1, 0.5);
        let sample = sample.counters(100, |it| it.changes_since_analyze = 5_000);
        assert_eq!(sample.status(&CHECK), Status::Pass);
    }
}
