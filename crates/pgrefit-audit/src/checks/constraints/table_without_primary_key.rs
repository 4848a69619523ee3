//! A table whose rows nothing identifies.

use pgrefit_catalog::census::{Index, Relation, RelationKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "table-without-primary-key",
    code: "CON-10",
    group: Group::Constraints,
    title: "A table has no primary key.",
    level: Status::Warn,
    required: false,
    matters: "Rows can be there twice and cannot be told apart; logical replication cannot send their updates, nor can tools that \
              copy or compare tables in pieces. A table with a unique index on columns that are NOT NULL has a key but in name, \
              which is to know. A partitioned table is told once, and not at all if each of its partitions has a key; so is a \
              tree of INHERITS whose parent has none either.",
    cure: "Declare the unique index as primary key; else add a column GENERATED ALWAYS AS IDENTITY, which rewrites the table.",
    sources: &[Source::Relations, Source::Indexes, Source::Columns, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("table_without_primary_key/bad.sql"),
        good: include_str!("table_without_primary_key/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables().filter(|it| facts.lasting_table(it.oid).is_some()) {
        ruling.saw();
        let told_with_parent = facts.parents(table.oid).iter().any(|parent| !has_key(facts, *parent));
        if !has_key(facts, table.oid) && !told_with_parent {
            report(facts, ruling, table);
        }
    }
}

/// Whether it has a primary key, or is made of partitions that each have one.
fn has_key(facts: &Facts<'_>, table: u32) -> bool {
    let partitions = facts.partition_key(table).map_or(&[][..], |_| facts.children(table));
    let own = facts.indexes(table).iter().any(|it| it.primary);
    own || (!partitions.is_empty() && partitions.iter().all(|it| has_key(facts, *it)))
}

fn report(facts: &Facts<'_>, ruling: &mut Ruling, table: &Relation) {
    let name = facts.name(table.oid);
    let certain: Vec<i16> =
        facts.columns(table.oid).iter().filter(|it| it.not_null).map(|it| it.number).collect();
    let Some(index) = facts.unique_index_within(table.oid, &certain) else {
        ruling
            .warn(name, "it has no primary key, and no index that can serve as one")
            .number("rows", facts.rows(table.oid))
            .hint("declare a key of its own columns, or add one: bigint GENERATED ALWAYS AS IDENTITY");
        return;
    };
    let index_name = facts.name(index.oid);
    let mut found = ruling.info(name.clone(), format!("it has no primary key; {index_name} could be one"));
    match facts.relation(index.oid).filter(|_| can_be_primary(facts, table, index)) {
        Some(relation) => {
            let index = quote_ident(&relation.name);
            found.sql(
                format!("ALTER TABLE {name} ADD PRIMARY KEY USING INDEX {index};"),
                "ACCESS EXCLUSIVE",
                true,
            );
        }
        None => {
            found.hint("declare those columns PRIMARY KEY");
        }
    }
}

/// Whether the server takes the index for a primary key: one in plain order that no constraint owns.
fn can_be_primary(facts: &Facts<'_>, table: &Relation, index: &Index) -> bool {
    let plain = index.options.iter().all(|bits| *bits == 0);
    let of_columns = index.columns.iter().zip(&index.collations).all(|(number, collation)| {
        facts.column(table.oid, *number).is_some_and(|column| column.collation == *collation)
    });
    let free = facts.constraint_of_index(index).is_none();
    table.kind == RelationKind::Table && plain && of_columns && free
}
