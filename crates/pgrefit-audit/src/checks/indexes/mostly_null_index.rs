//! An index most of whose entries are null.

use pgrefit_catalog::census::{Index, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From which share of nulls on it is told.
const NULLS: f64 = 0.9;

/// From which size on it is told.
const TOLD_BYTES: u64 = 10 << 20;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "mostly-null-index",
    code: "IDX-08",
    group: Group::Indexes,
    title: "Most entries of an index are null.",
    level: Status::Info,
    required: false,
    matters: "Each row has an entry, and each write maintains it. With WHERE column IS NOT NULL the index holds the few rows \
              that are looked for; queries for a value and foreign keys use it all the same, only IS NULL no longer does. Told of \
              btrees on one column from 90 % nulls and 10 MiB on. Unique ones are left alone.",
    cure: "Build a partial index, and drop the whole one.",
    sources: &[Source::Relations, Source::Indexes, Source::Columns, Source::ColumnStatistics],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        return ruling.skip("a standby does not know how old its statistics are");
    }
    for index in facts.declared_indexes().filter(|index| is_of_one_column(facts, index)) {
        let (table, number) = (index.table, index.columns[0]);
        let bytes = facts.index_bytes(index.oid);
        if bytes < TOLD_BYTES {
            ruling.saw();
            continue;
        }
        let Some(known) = facts.column_statistics(table, number) else {
            if facts.relation(table).is_some_and(|it| it.shows_statistics) {
                ruling.saw();
            } else {
                let grant = facts.grant_select(table);
                ruling.missed("statistics of columns are hidden from this role", grant);
            }
            continue;
        };
        ruling.saw();
        if known.null_fraction >= NULLS && facts.is_analysed(table) {
            tell(facts, index, known.null_fraction, bytes, ruling);
        }
    }
}

fn is_of_one_column(facts: &Facts<'_>, index: &Index) -> bool {
    let plain = index.predicate.is_none() && index.expressions.is_none() && index.columns.len() == 1;
    plain && facts.is_for_queries(index) && facts.access_method(index) == "btree"
}

fn tell(facts: &Facts<'_>, index: &Index, share: f64, bytes: u64, ruling: &mut Ruling) {
    let (name, table) = (facts.name(index.oid), facts.name(index.table));
    let percent = (share * 100.0).floor();
    let column = facts.column_list(index.table, &index.columns);
    let mut found = ruling.info(name, format!("{column} is null in {percent} % of the rows"));
    found.number("index_bytes", Cell::Bytes(bytes)).number("null_percent", percent);
    let body = facts.index_body(index).filter(|_| facts.partition_key(index.table).is_none());
    let Some(body) = body else {
        found.hint(format!("make an index with WHERE {column} IS NOT NULL in its place"));
        return;
    };
    let own = facts.relation(index.oid).map_or("", |it| it.name.as_str());
    let kept: String = own.chars().take(50).collect();
    let new = quote_ident(&format!("{kept}_not_null"));
    let (drop, _) = facts.drop_index(index);
    let create = format!("CREATE INDEX CONCURRENTLY {new} ON {table} {body} WHERE {column} IS NOT NULL;");
    found.sql(format!("{create}\n{drop}"), "SHARE UPDATE EXCLUSIVE", true);
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(nulls: f64, mib: i64) -> Sample {
        let sample = Sample::new(18).heap(100, "t", 100, 1e6).attribute(100, 1, "a", "int8");
        sample.known(100, 1, |it| it.null_fraction = nulls).btree(101, 100, "t_a", &[1], mib)
    }

    #[test]
    fn many_nulls_are_told() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(0.95, 10), Status::Info);
        check(sample(0.89, 10), Status::Pass);
        check(sample(0.95, 9), Status::Pass);
        check(sample(0.95, 10).change_index(|it| it.unique = true), Status::Pass);
        check(sample(0.95, 10).change_index(|it| it.columns = vec![1, 2]), Status::Pass);
        check(sample(0.95, 10).last_counters(|it| it.changes_since_analyze = 500_000), Status::Pass);
        let hidden = sample(0.95, 10).with(|it| {
            it.column_statistics.clear();
            it.relations[0].shows_statistics = false;
        });
        check(hidden, Status::Blind);
        check(sample(0.95, 10).with(|it| it.server.in_recovery = true), Status::Skip);
    }

    #[test]
    fn the_cure_is_ready_to_run() {
        let found = sample(0.95, 10).verdict(&CHECK).findings.remove(0);
        expect_test::expect![[r"
            CREATE INDEX CONCURRENTLY t_a_not_null ON public.t USING btree (a any_ops) WHERE a IS NOT NULL;
            DROP INDEX CONCURRENTLY public.t_a;"]]
        .assert_eq(&found.remediation.expect("a cure").sql);
    }
}
