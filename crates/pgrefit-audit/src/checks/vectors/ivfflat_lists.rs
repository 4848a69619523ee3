//! An `IVFFlat` index with far too many or too few lists for its rows.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::vectors::{VectorForm, VectorIndex};
use crate::{Facts, Ruling};

/// pgvector's own default.
const DEFAULT_LISTS: f64 = 100.0;

/// Below so many rows it makes no difference.
const ROWS_MIN: f64 = 10_000.0;

/// How many times too many, or too few.
const FACTOR: f64 = 5.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "ivfflat-lists",
    code: "VEC-05",
    group: Group::Vectors,
    title: "An ivfflat index has the wrong number of lists for the rows of its table.",
    level: Status::Warn,
    required: false,
    matters: "The lists are fixed when the index is built. With too few, a search reads a large part of the table; with too \
              many, each list is short and neighbours are missed. pgvector's README advises rows / 1000 up to a million rows, \
              and the square root of the rows above. Told when it is five times off, from 10,000 rows on, by statistics \
              that are fresh. An index that was built on an almost empty table is this case; it does not mend itself.",
    cure: "Build another with the right number of lists, CONCURRENTLY, and drop the old one; or use hnsw, which needs none.",
    sources: &[Source::Indexes, Source::RelationStatistics, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("ivfflat_lists/bad.sql"),
        good: include_str!("ivfflat_lists/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for found in facts.vector_indexes().into_iter().filter(|it| it.method == "ivfflat" && it.is_usable()) {
        let (index, table) = (found.index, found.index.table);
        if !facts.parents(index.oid).is_empty() {
            continue;
        }
        ruling.saw();
        // Each partition has lists of its own.
        let rows = facts.leaves(table).iter().filter_map(|leaf| leaf.rows).fold(0.0, f64::max);
        if rows < ROWS_MIN || index.predicate.is_some() || !facts.are_leaves_analysed(table) {
            continue;
        }
        let options = facts.relation(index.oid).map_or(&[][..], |it| it.options.as_slice());
        let lists = Facts::option(options, "lists").and_then(|it| it.parse().ok()).unwrap_or(DEFAULT_LISTS);
        let advised = if rows <= 1e6 { rows / 1_000.0 } else { rows.sqrt() }.round();
        if lists / advised < FACTOR && advised / lists < FACTOR {
            continue;
        }
        let message = format!("{lists} lists for {rows:.0} rows; {advised} would fit");
        let mut told = ruling.warn(facts.name(index.oid), message);
        told.number("lists", lists).number("rows", rows).number("lists_advised", advised);
        match rebuild(facts, &found, advised) {
            Some(sql) => told.sql(sql, "SHARE UPDATE EXCLUSIVE", true),
            None => told.hint(format!("build it anew WITH (lists = {advised})")),
        };
    }
}

fn rebuild(facts: &Facts<'_>, found: &VectorIndex<'_>, lists: f64) -> Option<String> {
    let (index, table) = (found.index, found.index.table);
    if found.form != VectorForm::Plain || facts.partition_key(table).is_some() {
        return None;
    }
    let (name, old) = (facts.name(table), facts.name(index.oid));
    let column = quote_ident(&facts.column(table, found.column)?.name);
    let class = Facts::operator_class(index, 0)?;
    Some(format!(
        "CREATE INDEX CONCURRENTLY ON {name} USING ivfflat ({column} {class}) WITH (lists = {lists});\n\
         DROP INDEX CONCURRENTLY {old};"
    ))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn lists_are_held_against_rows() {
        let check = |rows: f64, lists: Option<&str>, expected: bool| {
            let sample = Sample::new(16).documents(rows, 3).vector_index(
                200,
                "ivfflat",
                "vector_l2_ops",
                false,
                |_| {},
            );
            let sample = sample.with(|census| {
                let index = census.relations.iter_mut().find(|it| it.oid == 200).expect("the index");
                index.options = lists.iter().map(|lists| format!("lists={lists}")).collect();
            });
            assert_eq!(!sample.objects(&CHECK).is_empty(), expected, "{rows} {lists:?}");
        };
        check(100_000.0, None, false);
        check(100_000.0, Some("10"), true);
        check(100_000.0, Some("600"), true);
        check(4_000_000.0, Some("2000"), false);
        check(4_000_000.0, None, true);
        check(500.0, Some("1000"), false);
    }

    #[test]
    fn stale_statistics_say_nothing() {
        let sample = Sample::new(16)
            .documents(100_000.0, 3)
            .counters(100, |it| it.changes_since_analyze = 50_000)
            .vector_index(200, "ivfflat", "vector_l2_ops", false, |_| {});
        let sample = sample.with(|census| census.relations[2].options = vec!["lists=1".to_owned()]);
        assert!(sample.objects(&CHECK).is_empty());
    }
}
