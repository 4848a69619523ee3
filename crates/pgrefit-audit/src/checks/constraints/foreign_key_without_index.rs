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
        let on = if facts.partition_key(table).is_some() {
            // There is no CONCURRENTLY for a partitioned table.
            format!(
                "CREATE INDEX ON ONLY {name} ({columns});  -- then CONCURRENTLY on each partition, and ATTACH"
            )
        } else {
            format!("CREATE INDEX CONCURRENTLY ON {name} ({columns});")
        };
        ruling
            .warn(
                facts.part_name(table, &key.name),
                format!(
                    "each DELETE from {referenced} reads all of {name}: no index that serves begins with ({columns})"
                ),
            )
            .number("rows", facts.rows(table))
            .sql(on, "SHARE UPDATE EXCLUSIVE", true);
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
