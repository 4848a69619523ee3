//! What must be unique, and what refers to it.

use pgrefit_catalog::{ConstraintKind, Name};
use pgrefit_pg::partition::ForeignKey;

use super::{Case, Found};
use crate::{Facts, Finding, PartitionSet};

/// A unique index without the key: it becomes one with the key, or nothing.
pub(crate) fn is_widened(facts: &Facts, set: &PartitionSet, index: &str) -> bool {
    let Some(table) = facts.catalog_table() else { return false };
    let is_unique = table.indexes.get(index).is_some_and(|index| index.unique);
    let has_key =
        facts.table.indexes.iter().any(|facts| {
            facts.name == index && facts.columns.iter().flatten().any(|column| *column == set.key)
        });
    is_unique && !has_key
}

/// The name under which a foreign key of another table is accepted to be lost.
pub(crate) fn inbound_name(key: &ForeignKey) -> String {
    format!("inbound-fk:{}.{}", key.table, pgrefit_catalog::quote_ident(&key.name))
}

/// Whether a foreign key can refer to the partitioned table.
pub(crate) fn inbound_survives(facts: &Facts, set: &PartitionSet, key: &ForeignKey) -> bool {
    key.referenced.contains(&set.key) && key.table != *facts.name() && !is_partitioned(facts, key)
}

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    for (name, index) in case.table.indexes.iter().filter(|(name, _)| is_widened(case.facts, case.set, name))
    {
        let columns = columns(case, name);
        let key = &case.set.key;
        let what = if index.primary { "the primary key" } else { "uniqueness" };
        found.refuse(
            Finding::new(
                format!("unique:{name}"),
                case.place(name),
                format!(
                    "{what} ({columns}) does not contain {key}: on a partitioned table it can hold per value of {key} only, so that the \
                     same ({columns}) is taken again with another {key}, and ON CONFLICT ({columns}) fails"
                ),
                format!("if that is acceptable, accept it: it becomes ({columns}, {key})"),
            )
            .acceptable(),
        );
    }
    for key in &case.facts.table.inbound {
        inbound(case, key, found);
    }
    if case.set.move_rows {
        deferrable(case, found);
    }
    let has_key = case.table.indexes.iter().any(|(name, index)| index.unique && is_whole(case, name));
    if case.set.move_rows && !has_key {
        found.refuse(Finding::new(
            "no-key",
            case.facts.name().to_string(),
            "it has no primary key and no unique key of the server's own types that is never NULL nor deferrable: rows cannot be told apart, so that they cannot be moved \
             while others write",
            "make one, or do without `move`",
        ));
    }
}

/// While rows are moved, each row of a statement is written to its copy by itself.
fn deferrable(case: &Case<'_>, found: &mut Found) {
    for (name, _) in case.table.constraints.iter().filter(|(_, it)| it.deferrable && is_key(it.kind)) {
        found.refuse(
            Finding::new(
                format!("deferrable:{name}"),
                case.place(name),
                "it is DEFERRABLE: while rows are moved, a statement or transaction that exchanges its values between rows fails",
                "if nobody does that, accept it",
            )
            .acceptable(),
        );
    }
}

fn is_key(kind: ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
}

/// Whether a unique index tells all rows apart at once.
fn is_whole(case: &Case<'_>, name: &str) -> bool {
    if case.table.constraints.get(name).is_some_and(|constraint| constraint.deferrable) {
        return false;
    }
    // The trigger that mirrors writes finds the operators of the server's own types only.
    let is_own = |data_type: &str| {
        !data_type.contains('.')
            || data_type.parse().is_ok_and(|name: Name| case.facts.snapshot.catalog.types.contains_key(&name))
    };
    let never_null = |column: &str| {
        let found = case.table.columns.iter().find(|it| it.name == column);
        found.is_some_and(|it| (it.not_null || column == case.set.key) && is_own(&it.data_type))
    };
    case.facts.table.indexes.iter().any(|index| {
        index.name == name
            && !index.partial
            && index.columns.iter().all(|column| column.as_deref().is_some_and(never_null))
    })
}

fn inbound(case: &Case<'_>, key: &ForeignKey, found: &mut Found) {
    let place = format!("{}.{}", key.table, pgrefit_catalog::quote_ident(&key.name));
    if !key.owned {
        found.refuse(Finding::new(
            format!("not-owner:{}", key.table),
            place.clone(),
            format!("this role does not own {}, whose foreign key must be changed", key.table),
            "run as its owner",
        ));
    }
    if inbound_survives(case.facts, case.set, key) {
        if case.set.move_rows {
            found.refuse(
                Finding::new(
                    inbound_name(key),
                    place,
                    format!("{} refers to rows that are to be moved: the server does not detach a partition that is referred to", key.table),
                    "do without `move`, or accept that the foreign key is dropped",
                )
                .acceptable(),
            );
            return;
        }
        found.remark(Finding::new(
            inbound_name(key),
            place,
            "it is dropped and made anew, NOT VALID, in the same transaction, and validated afterwards",
            "",
        ));
        return;
    }
    let why = if key.table == *case.facts.name() {
        "the table refers to itself"
    } else if is_partitioned(case.facts, key) {
        "the referring table is partitioned, and a foreign key of such a table cannot be validated later"
    } else {
        "the columns that it refers to are not unique any more"
    };
    found.refuse(
        Finding::new(
            inbound_name(key),
            place,
            format!("{} refers to ({}): {why}", key.table, key.referenced.join(", ")),
            "drop the foreign key and let something else take care, or accept that it is dropped",
        )
        .acceptable(),
    );
}

fn is_partitioned(facts: &Facts, key: &ForeignKey) -> bool {
    let table = facts.snapshot.catalog.tables.get(&key.table);
    table.is_some_and(|table| matches!(table.kind, pgrefit_catalog::TableKind::Partitioned { .. }))
}

fn columns(case: &Case<'_>, index: &str) -> String {
    let index = case.facts.table.indexes.iter().find(|it| it.name == index);
    let names = index
        .iter()
        .flat_map(|index| &index.columns)
        .map(|column| column.as_deref().unwrap_or("(expression)"));
    names.collect::<Vec<_>>().join(", ")
}
