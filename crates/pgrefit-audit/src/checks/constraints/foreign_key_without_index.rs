//! A foreign key whose own side no index serves.

use pgrefit_catalog::census::{Index, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-key-without-index",
    code: "CON-01",
    group: Group::Constraints,
    title: "A foreign key has no index on the columns that refer.",
    level: Status::Warn,
    required: false,
    matters: "Each DELETE of a row referred to, and each UPDATE of its key, reads the whole table that refers, to see whether \
              a row is left behind. An index serves if its first columns are those of the key, in any order: columns behind \
              INCLUDE do not count, and neither do indexes that are invalid, that are in another collation than the columns, or \
              that cover a part of the rows other than those that are not null. A partitioned table is served if each of its partitions is.",
    cure: "CREATE INDEX CONCURRENTLY on the referring columns.",
    sources: &[Source::Constraints, Source::Indexes, Source::Columns],
    example: Some(Example {
        bad: include_str!("foreign_key_without_index/bad.sql"),
        good: include_str!("foreign_key_without_index/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for key in facts.enforced_foreign_keys() {
        ruling.saw();
        let table = key.relation;
        if is_served(facts, table, &key.columns) {
            continue;
        }
        let referenced = key.referenced.map(|oid| facts.name(oid)).unwrap_or_default();
        let (name, columns) = (facts.name(table), facts.column_list(table, &key.columns));
        let mut found = ruling.warn(
            facts.part_name(table, &key.name),
            format!("each DELETE from {referenced} reads all of {name}: no index that serves begins with ({columns})"),
        );
        found.number("rows", facts.rows(table));
        if facts.partition_key(table).is_none() {
            let sql = format!("CREATE INDEX CONCURRENTLY ON {name} ({columns});");
            found.sql(sql, "SHARE UPDATE EXCLUSIVE", true);
            continue;
        }
        // There is no CONCURRENTLY for a partitioned table.
        let body = format!("({columns})");
        match facts.index_everywhere(table, &key.columns, &body) {
            Some((sql, lock)) => found.sql(sql, lock, true),
            None => found.hint(facts.index_everywhere_hint(table, &body)),
        };
    }
}

/// Whether the table has such an index, or each of its partitions has one of its own.
fn is_served(facts: &Facts<'_>, table: u32, columns: &[i16]) -> bool {
    if facts.indexes(table).iter().any(|index| serves(facts, index, columns)) {
        return true;
    }
    let partitions = facts.partition_key(table).map_or(&[][..], |_| facts.children(table));
    let below = |partition: &u32| {
        // A partition may have its columns in another order.
        let there = |number: &i16| {
            let name = &facts.column(table, *number)?.name;
            facts.column_named(*partition, name).map(|it| it.number)
        };
        let columns: Option<Vec<i16>> = columns.iter().map(there).collect();
        columns.is_some_and(|columns| is_served(facts, *partition, &columns))
    };
    !partitions.is_empty() && partitions.iter().all(below)
}

/// Whether the server can find the referring rows by it.
fn serves(facts: &Facts<'_>, index: &Index, columns: &[i16]) -> bool {
    let width = columns.len();
    let whole = usize::try_from(index.key_columns).is_ok_and(|count| count >= width);
    let first = index.columns.get(..width).filter(|_| whole);
    let method = facts.access_method(index);
    // In whatever order; no column is in a key twice.
    let same = first.is_some_and(|first| columns.iter().all(|column| first.contains(column)));
    let rows = index.predicate.as_ref().is_none_or(|predicate| {
        // Rows without a value refer to nothing.
        predicate.all_not_null().is_some_and(|there| there.iter().all(|column| columns.contains(column)))
    });
    let usable = index.valid && index.ready && index.live;
    // The columns that a key can have are in gist by equality: ranges, and what btree_gist brings.
    let by_equality = matches!(method, "btree" | "gist") || (method == "hash" && width == 1);
    usable && same && rows && by_equality && facts.has_collations_of_columns(index, width)
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::foreign_key;
    use crate::sample::partitions::range;

    /// `public.visits`, partitioned, refers to `public.customers` by its first column.
    fn sample() -> Sample {
        let bound = |from| range(23, Some(from), Some(from + 1));
        let sample = Sample::new(18)
            .heap(50, "customers", 1, 1e3)
            .partitioned(100, "visits", 'r', "customer", "int4")
            .partition(101, 100, "visits_1", &bound(0))
            .attribute(101, 1, "customer", "int4")
            .partition(102, 100, "visits_2", &bound(1))
            .attribute(102, 1, "customer", "int4");
        sample.with(|census| census.constraints.push(foreign_key(900, 100, 50, 'a')))
    }

    #[test]
    fn a_partitioned_table_gets_one_on_each_partition_first() {
        let cure = sample().verdict(&CHECK).findings.remove(0).remediation.expect("a cure");
        expect_test::expect![[r"
            CREATE INDEX CONCURRENTLY visits_customer_idx_part1 ON public.visits_1 (customer);
            CREATE INDEX CONCURRENTLY visits_customer_idx_part2 ON public.visits_2 (customer);
            CREATE INDEX visits_customer_idx ON ONLY public.visits (customer);
            ALTER INDEX public.visits_customer_idx ATTACH PARTITION public.visits_customer_idx_part1;
            ALTER INDEX public.visits_customer_idx ATTACH PARTITION public.visits_customer_idx_part2;"]]
        .assert_eq(&cure.sql);
        let lock = "ACCESS EXCLUSIVE on the index of each partition, SHARE on the partitioned table";
        assert_eq!(cure.lock.as_deref(), Some(lock));
    }

    #[test]
    fn where_one_has_an_index_or_can_have_none_there_are_words() {
        let check = |sample: Sample, expected: &str| {
            let found = sample.verdict(&CHECK).findings.remove(0);
            assert!(found.remediation.is_none());
            assert!(found.hint.as_deref().is_some_and(|it| it.contains(expected)), "{:?}", found.hint);
        };
        check(sample().btree(201, 101, "own", &[1], 1), "ALTER INDEX … ATTACH PARTITION");
        let foreign = sample().with(|census| {
            let partition = census.relations.iter_mut().find(|it| it.oid == 102);
            partition.expect("a partition").kind = RelationKind::Foreign;
        });
        check(foreign, "never become valid");
    }
}
