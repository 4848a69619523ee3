//! One DELETE that takes many rows of other tables with it.

use std::collections::BTreeSet;

use pgrefit_catalog::census::{Constraint, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From how many rows on that one DELETE takes with it, on average, it is told.
const MANY_ROWS: f64 = 10_000.0;

/// How long a chain of cascades is followed.
const DEPTH: usize = 16;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "cascade-fan-out",
    code: "CON-09b",
    group: Group::Constraints,
    title: "Deleting one row deletes thousands of others by ON DELETE CASCADE.",
    level: Status::Info,
    required: false,
    matters: "The DELETE looks small, and holds its locks until all of it is done. Estimated, along chains of cascades, as rows of \
              the table that refers per row of the table referred to; told from 10,000 rows on average. Where a table was not \
              analysed, or changed much since, nothing is said.",
    cure: "Delete the referring rows first, in batches, by a job; or keep the row and mark it.",
    sources: &[Source::Constraints, Source::Columns, Source::Relations, Source::RelationStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let cascades = |key: &&Constraint| key.on_delete == Some('c');
    let tables: BTreeSet<u32> =
        facts.enforced_foreign_keys().filter(cascades).filter_map(|key| key.referenced).collect();
    for table in tables {
        if let Some(hidden) = cascading(facts, table).find(|key| is_hidden(facts, key)) {
            let grant = facts.grant_select(hidden.relation);
            ruling.missed("the statistics of columns are not visible to this role", grant);
            continue;
        }
        ruling.saw();
        let mut taken = BTreeSet::new();
        let rows = fan_out(facts, table, &mut taken, 0);
        if let Some(rows) = rows.filter(|rows| *rows >= MANY_ROWS) {
            report(facts, ruling, table, rows, &taken);
        }
    }
}

fn report(facts: &Facts<'_>, ruling: &mut Ruling, table: u32, rows: f64, taken: &BTreeSet<u32>) {
    let mut names: Vec<_> = taken.iter().filter(|it| **it != table).map(|it| facts.name(*it)).collect();
    names.sort();
    let message = format!("one DELETE takes about {rows:.0} rows of {} with it", names.join(", "));
    ruling
        .info(facts.name(table), message)
        .number("rows_per_delete", Cell::Float(rows.round()))
        .hint("delete the referring rows first, in batches");
}

/// The keys by which a DELETE goes on from a table.
fn cascading<'a>(facts: &Facts<'a>, table: u32) -> impl Iterator<Item = &'a Constraint> {
    let goes_on = |key: &&Constraint| key.on_delete == Some('c') && key.enforced && key.parent.is_none();
    facts.referencing(table).to_vec().into_iter().filter(goes_on)
}

/// Rows that go with one row, on average; none if a number it rests on is not sound. `taken` are the tables on the way.
fn fan_out(facts: &Facts<'_>, table: u32, taken: &mut BTreeSet<u32>, depth: usize) -> Option<f64> {
    if depth >= DEPTH || !taken.insert(table) {
        return Some(0.0);
    }
    let own = sound_rows(facts, table)?;
    let mut all = 0.0;
    for key in cascading(facts, table) {
        if !taken.contains(&key.relation) {
            let refer = sound_rows(facts, key.relation)? * refers(facts, key)?;
            all += refer / own.max(1.0) * (1.0 + fan_out(facts, key.relation, taken, depth + 1)?);
        }
    }
    Some(all)
}

/// The share of rows that refer to anything; none if that is not known.
fn refers(facts: &Facts<'_>, key: &Constraint) -> Option<f64> {
    let null = |number: &i16| match facts.column(key.relation, *number) {
        Some(column) if column.not_null => Some(0.0),
        _ => facts.column_statistics(key.relation, *number).map(|it| it.null_fraction),
    };
    let nulls: Option<Vec<f64>> = key.columns.iter().map(null).collect();
    Some(1.0 - nulls?.into_iter().fold(0.0, f64::max))
}

/// Whether only a privilege is missing to know that share.
fn is_hidden(facts: &Facts<'_>, key: &Constraint) -> bool {
    facts.relation(key.relation).is_some_and(|it| !it.shows_statistics) && refers(facts, key).is_none()
}

/// Rows of a table and its partitions, if each of them was analysed and has not changed much since.
fn sound_rows(facts: &Facts<'_>, table: u32) -> Option<f64> {
    match facts.partition_key(table) {
        Some(_) => facts.children(table).iter().map(|child| sound_rows(facts, *child)).sum(),
        None => facts.rows(table).filter(|_| facts.is_analysed(table)),
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{ColumnStatistics, RelationKind, RelationStatistics};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, foreign_key};
    use crate::sample::sequences::statistics;

    /// Tenants of that many rows, orders of a million, lines of ten million.
    fn sample(tenants: Option<f64>, on_delete: char) -> Sample {
        let rows = |rows| move |it: &mut pgrefit_catalog::census::Relation| it.rows = rows;
        Sample::new(18)
            .relation(1, RelationKind::Table, "tenants", rows(tenants))
            .relation(2, RelationKind::Table, "orders", rows(Some(1e6)))
            .relation(3, RelationKind::Table, "lines", rows(Some(1e7)))
            .with(|census| {
                census.columns.extend([1, 2, 3].map(|table| column(table, 1, "a", 20)));
                census.constraints.push(foreign_key(10, 2, 1, on_delete));
                census.constraints.push(foreign_key(11, 3, 2, 'c'));
                // A tree, and a circle that closes.
                census.constraints.push(foreign_key(12, 2, 2, 'c'));
                census.constraints.push(foreign_key(13, 1, 3, 'c'));
            })
    }

    #[test]
    fn rows_are_multiplied_along_the_chain() {
        let check = |tenants, on_delete, expected: &[&str]| {
            assert_eq!(sample(tenants, on_delete).objects(&CHECK), expected, "{tenants:?} {on_delete}");
        };
        check(Some(100.0), 'c', &["public.tenants"]);
        check(Some(100.0), 'a', &[]);
        check(Some(10_000.0), 'c', &[]);
        check(None, 'c', &[]);
    }

    #[test]
    fn what_changed_since_says_nothing() {
        let changes =
            RelationStatistics { relation: 3, changes_since_analyze: 5_000_000, ..Default::default() };
        let sample = sample(Some(100.0), 'c').with(|census| census.relation_statistics.push(changes));
        assert_eq!(sample.objects(&CHECK), [""; 0]);
    }

    #[test]
    fn rows_that_refer_to_nothing_stay() {
        let nullable = || sample(Some(100.0), 'c').with(|it| it.columns[1].not_null = false);
        let nulls = |fraction| {
            let statistics = ColumnStatistics { null_fraction: fraction, ..statistics(2, 1, 5, 1.0) };
            nullable().with(|it| it.column_statistics.push(statistics)).status(&CHECK)
        };
        assert_eq!(nulls(0.0), Status::Info);
        assert_eq!(nulls(0.999), Status::Pass);
        assert_eq!(nullable().status(&CHECK), Status::Pass);
        assert_eq!(
            nullable().with(|it| it.relations[1].shows_statistics = false).status(&CHECK),
            Status::Blind
        );
    }
}
