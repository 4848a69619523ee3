//! A btree on a column that a btree serves badly.

use pgrefit_catalog::census::{Index, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "unsuitable-index-column",
    code: "IDX-10",
    group: Group::Indexes,
    title: "A btree is on a column that it serves badly.",
    level: Status::Warn,
    required: false,
    matters: "On an array, a jsonb or a tsvector it finds only values that are equal as a whole, not what they contain, and an \
              INSERT of a value above 2,704 bytes fails. On nothing but a boolean it finds half of the table, which is slower \
              than reading it all: a partial index for the rare value is small and quick; that is only something to know. \
              Unique indexes and exclusion constraints compare whole values on purpose, and a partial index of a boolean is \
              made for the rare value.",
    cure: "Use gin for arrays, jsonb and tsvector; for a boolean, an index on what is sorted by, WHERE it has the rare value.",
    sources: &[Source::Relations, Source::Indexes, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("unsuitable_index_column/bad.sql"),
        good: include_str!("unsuitable_index_column/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let is_rule = |index: &Index| index.unique || index.exclusion;
    for index in facts.declared_indexes().filter(|index| Facts::is_usable(index) && !is_rule(index)) {
        ruling.saw();
        if facts.access_method(index) != "btree" {
            continue;
        }
        if let Some((number, kind)) = whole_value(facts, index) {
            let (name, column) = (facts.name(index.oid), facts.column_list(index.table, &[number]));
            ruling
                .warn(
                    name,
                    format!("{column} is {kind}: the btree finds only values that are equal as a whole"),
                )
                .hint(format!("if queries ask what {column} contains, use gin"));
        } else if is_of_a_boolean(facts, index) {
            let (name, column) = (facts.name(index.oid), facts.column_list(index.table, &index.columns));
            ruling
                .info(name, format!("it is on nothing but {column}, which has two values"))
                .hint(format!("make it partial: WHERE {column}, or WHERE NOT {column}, whichever is rare"));
        }
    }
}

/// The first column of the key whose values are compared as a whole, and of what kind it is.
fn whole_value(facts: &Facts<'_>, index: &Index) -> Option<(i16, &'static str)> {
    let width = usize::try_from(index.key_columns).ok()?;
    index.columns.iter().take(width).find_map(|number| {
        let found = facts.base_type(facts.column(index.table, *number)?.type_oid)?;
        let kind = match found.name.as_str() {
            "jsonb" => "a jsonb",
            "tsvector" => "a tsvector",
            _ if found.category == 'A' => "an array",
            _ => return None,
        };
        Some((*number, kind))
    })
}

fn is_of_a_boolean(facts: &Facts<'_>, index: &Index) -> bool {
    let [number] = index.columns[..] else { return false };
    let column = facts.column(index.table, number);
    index.predicate.is_none()
        && column.and_then(|it| facts.base_type(it.type_oid)).is_some_and(|it| it.name == "bool")
}
