//! The rows that are there, and the names and the room that partitions need.

use std::collections::HashSet;

use pgrefit_catalog::Name;

use super::{Case, Found};
use crate::Finding;
use crate::convert::{names_of_old, names_of_split};
use crate::layout::{Layout, PARTITIONS_MAX, Part, greatest, natural_boundary};

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    if case.facts.key_type(case.set).is_none() || case.set.step().is_none() {
        return;
    }
    infinity(case, found);
    let Some(layout) = Layout::of(case.facts, case.set) else {
        found.refuse(Finding::new(
            format!("bounds:{}", case.set.key),
            case.place(&case.set.key),
            "no boundary lies above what is there",
            "choose a smaller `width`, or see to the greatest values of the key",
        ));
        return;
    };
    future(case, &layout, found);
    let mut made: Vec<Part> = layout.ahead.clone();
    if case.set.move_rows {
        moving(case, &layout, &mut made, found);
    }
    names(case, &layout, &made, found);
}

fn infinity(case: &Case<'_>, found: &mut Found) {
    let place = case.place(&case.set.key);
    let Some(extremes) = &case.facts.extremes else {
        found.remark(Finding::new(
            format!("unread:{}", case.set.key),
            place,
            "its least and greatest values were not found in time; rows beyond the boundary fail the validation, before anything is changed",
            "an index that begins with it makes that quick",
        ));
        return;
    };
    if extremes.max.as_deref() == Some("infinity") {
        found.refuse(Finding::new(
            format!("infinity:{}", case.set.key),
            place.clone(),
            "rows are at infinity, which lies above every boundary",
            "give them a moment, or NULL in another column",
        ));
    }
    if case.set.move_rows && extremes.min.as_deref() == Some("-infinity") {
        found.refuse(Finding::new(
            format!("infinity:{}", case.set.key),
            place,
            "rows are at -infinity: where the first partition ends cannot be told",
            "give them a moment, or do without `move`",
        ));
    }
}

/// Rows far in the future make the boundary lie there, and all that comes until then stays in one partition.
fn future(case: &Case<'_>, layout: &Layout, found: &mut Found) {
    let Some(highest) = greatest(case.facts, layout.key_type) else { return };
    let Some(natural) = natural_boundary(case.facts, layout.step, Some(highest)) else { return };
    if layout.step.count(natural, layout.boundary, 3) > 2 {
        found.refuse(
            Finding::new(
                format!("future:{}", case.set.key),
                case.place(&case.set.key),
                format!(
                    "rows go up to {highest}: the table as it is would be the partition for everything before {}, and there would be none of \
                     their own before that",
                    layout.boundary
                ),
                "correct those rows first, or accept it",
            )
            .acceptable(),
        );
    }
}

fn moving(case: &Case<'_>, layout: &Layout, made: &mut Vec<Part>, found: &mut Found) {
    let Some(parts) = layout.split(case.facts, case.set) else {
        found.refuse(Finding::new(
            format!("parts:{}", case.set.key),
            case.place(&case.set.key),
            format!("the rows cannot be split: where they begin is not known, or it would take more than {PARTITIONS_MAX} partitions"),
            "choose a longer `interval` or a greater `width`, or do without `move`",
        ));
        return;
    };
    made.extend(parts);
    // A copy of the table and its indexes, and as much again of WAL, of which a part is there at a time.
    let needed = case.facts.table.bytes.saturating_mul(3) / 2;
    let finding = |what: String| {
        Finding::new("space", case.facts.name().to_string(), what, "make room, or do without `move`")
    };
    match case.facts.free_bytes {
        Some(free) if free < needed => found
            .refuse(finding(format!("a copy of its rows takes about {needed} bytes with WAL, and {free} are free"))),
        Some(_) => {}
        None => found.remark(finding(format!(
            "a copy of its rows takes about {needed} bytes with WAL; how much is free the server does not tell"
        ))),
    }
}

/// Names must be free in the schema.
fn names(case: &Case<'_>, layout: &Layout, made: &[Part], found: &mut Found) {
    let catalog = &case.facts.snapshot.catalog;
    let schema = &case.facts.name().schema;
    let of_schema = |name: &&Name| name.schema == *schema;
    let mut taken: HashSet<String> = HashSet::new();
    for (name, table) in catalog.tables.iter().filter(|(name, _)| of_schema(name)) {
        taken.insert(name.name.clone());
        taken.extend(table.indexes.keys().cloned());
    }
    taken.extend(catalog.views.keys().filter(of_schema).map(|name| name.name.clone()));
    taken.extend(catalog.sequences.keys().filter(of_schema).map(|name| name.name.clone()));
    taken.extend(catalog.types.keys().filter(of_schema).map(|name| name.name.clone()));
    let own = names_of_old(case.facts, layout);
    let split = case.set.move_rows.then(|| names_of_split(case.facts)).into_iter().flatten();
    let wanted = made.iter().map(|part| part.name.name.clone()).chain(own).chain(split);
    let mut seen = HashSet::new();
    for name in wanted {
        if taken.contains(&name) || !seen.insert(name.clone()) {
            found.refuse(Finding::new(
                format!("name:{name}"),
                Name::new(schema.clone(), name).to_string(),
                "the conversion needs this name, and it is taken",
                "rename what has it, or give another `name`",
            ));
        }
    }
}
