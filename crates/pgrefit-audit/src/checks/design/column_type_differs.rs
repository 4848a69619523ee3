//! References of one name that are of several types.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Column, ColumnType, Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// A column with its table and its type.
type Place<'a> = (&'a Relation, &'a Column, &'a ColumnType);

/// The check.
pub(super) static CHECK: Check = Check {
    id: "column-type-differs",
    code: "TYP-09",
    group: Group::Design,
    title: "Columns that refer by the same name are of different types.",
    level: Status::Info,
    required: false,
    matters: "A join of int with bigint works, and one with text needs a cast that no index serves; the narrower one is the first \
              that is full. Only names that end with _id are compared, over all schemas, domains as what they rest on, and \
              what most tables have is taken for right. Ids of other systems (external_id) are left out.",
    cure: "Change the columns that differ to the type of the key.",
    sources: &[Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("column_type_differs/bad.sql"),
        good: include_str!("column_type_differs/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut places: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    for place in facts.declared_columns() {
        let name = place.1.name.as_str();
        if name.ends_with("_id") && name != "external_id" {
            places.entry(name).or_default().push(place);
        }
    }
    for places in places.values() {
        ruling.saw();
        let Some(usual) = usual(places) else { continue };
        let (usual, count) = usual;
        for (table, column, base) in places.iter().filter(|(_, _, base)| base.oid != usual.oid) {
            ruling
                .info(
                    facts.column_name(table.oid, column.number),
                    format!("{} here, {} in {count} of {} tables", base.name, usual.name, places.len()),
                )
                .number("type", base.name.as_str())
                .number("usual_type", usual.name.as_str())
                .number("tables", places.len())
                .hint(format!("ALTER COLUMN … TYPE {}, with the columns that it is joined to", usual.name));
        }
    }
}

/// The type that most of them have, and how many; of two, the wider.
fn usual<'a>(places: &[Place<'a>]) -> Option<(&'a ColumnType, usize)> {
    let mut counts: BTreeMap<u32, (&ColumnType, usize)> = BTreeMap::new();
    for (_, _, base) in places {
        counts.entry(base.oid).or_insert((base, 0)).1 += 1;
    }
    counts.into_values().max_by_key(|(base, count)| (*count, base.length, base.oid))
}
