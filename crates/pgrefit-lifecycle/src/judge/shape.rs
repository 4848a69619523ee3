//! What kind of table it is.

use pgrefit_catalog::{ConstraintKind, Persistence, TableKind};
use pgrefit_pg::partition::ReplicaIdentity;

use super::{Case, Found};
use crate::Finding;

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    kind(case, found);
    family(case, found);
    constraints(case, found);
    rest(case, found);
}

fn kind(case: &Case<'_>, found: &mut Found) {
    let (table, place) = (case.table, case.facts.name().to_string());
    match &table.kind {
        TableKind::Ordinary => {}
        TableKind::Partitioned { key } => found.refuse(Finding::new(
            "partitioned",
            place.clone(),
            format!("it is partitioned already, by {key}"),
            "maintain its partitions; there is nothing to convert",
        )),
        TableKind::Foreign { server, .. } => found.refuse(Finding::new(
            "foreign",
            place.clone(),
            format!("its rows are on the server {server}"),
            "convert it there",
        )),
    }
    if table.persistence == Persistence::Unlogged {
        found.refuse(Finding::new(
            "unlogged",
            place.clone(),
            "it is UNLOGGED, which a partitioned table cannot be",
            "ALTER TABLE … SET LOGGED first; it rewrites the table",
        ));
    }
    if case.facts.table.typed {
        found.refuse(Finding::new(
            "typed",
            place,
            "it is a table OF a type, and would be one no longer",
            "ALTER TABLE … NOT OF first",
        ));
    }
}

fn family(case: &Case<'_>, found: &mut Found) {
    let place = case.facts.name().to_string();
    if let Some(partition) = &case.table.partition_of {
        found.refuse(Finding::new(
            "partition",
            place.clone(),
            format!("it is a partition of {}", partition.parent),
            "partition that table, or detach this one first",
        ));
    }
    if !case.table.inherits.is_empty() {
        let parents: Vec<String> = case.table.inherits.iter().map(ToString::to_string).collect();
        found.refuse(Finding::new(
            "inherits",
            place.clone(),
            format!("it inherits from {}, and a partition cannot", parents.join(", ")),
            "ALTER TABLE … NO INHERIT first",
        ));
    }
    if matches!(case.table.kind, TableKind::Ordinary) && !case.facts.table.children.is_empty() {
        let children: Vec<String> = case.facts.table.children.iter().map(ToString::to_string).collect();
        found.refuse(Finding::new(
            "inherited",
            place,
            format!("{} inherits from it, and nothing may inherit from a partition", children.join(", ")),
            "end the inheritance first",
        ));
    }
}

fn constraints(case: &Case<'_>, found: &mut Found) {
    for (name, constraint) in &case.table.constraints {
        let place = case.place(name);
        if !constraint.validated {
            found.refuse(Finding::new(
                format!("not-valid:{name}"),
                place.clone(),
                "it is NOT VALID: rows that break it may be there, and the partitioned table would claim that there are none",
                "ALTER TABLE … VALIDATE CONSTRAINT first, or drop it",
            ));
        }
        if constraint.kind == ConstraintKind::Exclusion || constraint.definition.contains("WITHOUT OVERLAPS")
        {
            found.refuse(Finding::new(
                format!("exclusion:{name}"),
                place.clone(),
                "an exclusion holds within one partition only",
                "drop it, or leave the table in one piece",
            ));
        }
        if constraint.kind == ConstraintKind::Check && constraint.definition.ends_with(" NO INHERIT") {
            found.refuse(Finding::new(
                format!("no-inherit:{name}"),
                place,
                "a partitioned table cannot have a CHECK with NO INHERIT: it would have no rows to hold for",
                "make it without NO INHERIT",
            ));
        }
    }
}

fn rest(case: &Case<'_>, found: &mut Found) {
    for name in case.table.rules.keys() {
        found.refuse(Finding::new(
            format!("rule:{name}"),
            case.place(name),
            "a rule rewrites statements before partitions are looked at; it is not carried over",
            "replace it with a trigger",
        ));
    }
    for (name, index) in case.table.indexes.iter().filter(|(_, index)| !(index.valid && index.ready)) {
        found.refuse(Finding::new(
            format!("invalid-index:{name}"),
            case.place(name),
            "the index is invalid: the index of the partitioned table could not take it over",
            format!("DROP INDEX CONCURRENTLY it, or REINDEX it: {}", index.definition),
        ));
    }
    if case.facts.table.replica_identity == ReplicaIdentity::Index {
        found.refuse(Finding::new(
            "replica-identity",
            case.facts.name().to_string(),
            "its replica identity is an index, which each new partition would have to be told anew",
            "ALTER TABLE … REPLICA IDENTITY DEFAULT, or FULL",
        ));
    }
    if !case.table.options.is_empty() {
        found.remark(Finding::new(
            "options",
            case.facts.name().to_string(),
            format!(
                "its storage parameters ({}) are given to each partition; a partitioned table has none",
                case.table.options.join(", ")
            ),
            "",
        ));
    }
    if case.facts.major() < 14 {
        found.remark(Finding::new(
            "major",
            case.facts.name().to_string(),
            "before PostgreSQL 14 a partition is detached under ACCESS EXCLUSIVE",
            "",
        ));
    }
}
