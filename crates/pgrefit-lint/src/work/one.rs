//! The work of one thing that a statement does.

use pgrefit_sql::{Relation, Run};

use super::{TableWork, at, on};
use crate::action::{
    Action, Change, ConstraintKind, Extent, Generated, Kind, NewColumn, NewConstraint, index_beside,
};
use crate::case::Case;
use crate::conversion::{change, is_utc};
use crate::found::Found;
use crate::rule::{Judge, Rule};
use crate::schema::Constancy;
use crate::types::TypeChange;
use crate::weigh::Cost;

/// The work of an action; `None` when only the text of the whole statement tells.
pub(super) fn works(case: &Case<'_>, action: &Action) -> Option<Vec<TableWork>> {
    let work = |relation: &Relation, costs: Vec<Cost>| {
        let relation = if case.is_new(relation) { None } else { Some(relation) };
        Some(relation.into_iter().flat_map(|it| costs.iter().map(|cost| on(case, it, *cost))).collect())
    };
    let none = Some(Vec::new());
    match &action.kind {
        Kind::CreateIndex(index) => {
            let Some(table) = &index.table else { return none };
            let known = case.schema.table(table);
            let exists = index.if_not_exists
                && index
                    .name
                    .as_ref()
                    .is_some_and(|name| case.schema.index(&index_beside(table, name)).is_some());
            // On a partitioned table alone there are no rows to read.
            let is_empty = index.only && known.is_none_or(crate::schema::Table::is_partitioned);
            if exists || is_empty { none } else { work(table, vec![Cost::Build]) }
        }
        Kind::AddColumn { table, column, if_not_exists } => {
            let known = case.schema.table(table).and_then(|table| table.column(&column.name));
            if *if_not_exists && known.is_some() { none } else { work(table, of_column(case, column)?) }
        }
        Kind::SetType { table, .. } => work(table, of_type(case, action)?),
        Kind::SetExpression { table, column } => {
            let known = case.schema.table(table).and_then(|table| table.column(column)?.generated);
            if known == Some(Generated::Virtual) { none } else { work(table, vec![Cost::Rewrite]) }
        }
        Kind::SetNotNull { table, column } => work(table, scan_unless(is_not_null(case, table, column))),
        Kind::AddConstraint { table, constraint } => work(table, of_constraint(case, table, constraint)),
        Kind::ValidateConstraint { table, name } => {
            let known = case.schema.table(table).and_then(|table| table.constraint(name));
            work(table, scan_unless(known.is_some_and(|known| known.validated)))
        }
        Kind::Attach { parent, partition, .. } => {
            let scan = is_said("attach-without-check", case, action).then(|| on(case, partition, Cost::Scan));
            let build =
                is_said("attach-builds-index", case, action).then(|| on(case, partition, Cost::Build));
            Some(scan.into_iter().chain(build).chain(of_default(case, action, parent)).collect())
        }
        Kind::CreateTable(new) => {
            let parent = new.partition_of.as_ref().map(|(parent, _)| parent);
            Some(parent.and_then(|parent| of_default(case, action, parent)).into_iter().collect())
        }
        Kind::Store { table, .. } | Kind::RewriteTable { table: Some(table), .. } => {
            work(table, vec![Cost::Rewrite])
        }
        Kind::AddDomainConstraint { domain, not_valid } => {
            let tables = if *not_valid { Vec::new() } else { case.schema.tables_of_domain(domain) };
            let others = tables.into_iter().filter(|key| !case.schema.is_new(key, case.moment.file));
            Some(others.map(|key| at(case, &as_relation(key), Cost::Scan, false)).collect())
        }
        Kind::Update(change) | Kind::Delete(change) => Some(of_change(case, change)),
        Kind::RewriteTable { table: None, .. }
        | Kind::Reindex { .. }
        | Kind::Refresh { .. }
        | Kind::Other => None,
        _ => none,
    }
}

/// Whether a rule has something to say of an action, asked for or not.
fn is_said(id: &str, case: &Case<'_>, action: &Action) -> bool {
    let rule: Option<&'static Rule> = crate::rules::rule(id);
    rule.is_some_and(|rule| {
        let mut found = Found { rule, drafts: Vec::new() };
        if let Judge::Action(judge) = rule.judge {
            judge(case, action, &mut found);
        }
        !found.drafts.is_empty()
    })
}

fn scan_unless(proven: bool) -> Vec<Cost> {
    if proven { Vec::new() } else { vec![Cost::Scan] }
}

fn is_not_null(case: &Case<'_>, table: &Relation, column: &str) -> bool {
    case.schema.table(table).is_some_and(|table| table.proves_not_null(column))
}

/// The default partition is read when another partition may take rows of it.
fn of_default(case: &Case<'_>, action: &Action, parent: &Relation) -> Option<TableWork> {
    let default = case.schema.default_partition(&case.schema.key(parent))?;
    is_said("default-partition-scan", case, action).then(|| on(case, &as_relation(default), Cost::Scan))
}

/// `ADD COLUMN`; `None` when a function decides that nothing is known of.
fn of_column(case: &Case<'_>, column: &NewColumn) -> Option<Vec<Cost>> {
    let stored = match column.generated {
        Some(Generated::Stored) => true,
        Some(Generated::Unsaid) => case.server_major < 18,
        _ => false,
    };
    let domain = case.schema.domain(&column.data_type).is_some_and(|domain| domain.constrained);
    let default = column.default.as_ref().map(|default| case.schema.constancy(default));
    if stored
        || domain
        || column.identity
        || column.data_type.is_serial()
        || default == Some(Constancy::Volatile)
    {
        return Some(vec![Cost::Rewrite]);
    }
    if matches!(default, Some(Constancy::Unknown(_))) {
        return None;
    }
    let mut costs = scan_unless(!column.not_null || column.has_value());
    for constraint in &column.constraints {
        match &constraint.kind {
            ConstraintKind::Check(_) if !constraint.waits => costs.push(Cost::Scan),
            ConstraintKind::ForeignKey { .. } if column.has_value() && !constraint.waits => {
                costs.push(Cost::LookUp);
            }
            ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude => {
                costs.push(Cost::Build);
            }
            _ => {}
        }
    }
    Some(costs)
}

/// `ALTER COLUMN TYPE`; `None` when the old type decides and is not known.
fn of_type(case: &Case<'_>, action: &Action) -> Option<Vec<Cost>> {
    let Kind::SetType { table, column, to, using, .. } = &action.kind else { return None };
    let old = case.schema.column_type(table, column);
    let utc = case.schema.settings.time_zone.as_deref().map(is_utc);
    let free = match change(case.schema, old, to, column, using.as_deref()) {
        TypeChange::Rewrite | TypeChange::Narrows => return Some(vec![Cost::Rewrite]),
        TypeChange::Unknown => return None,
        TypeChange::CatalogOnlyInUtc => {
            if utc != Some(true) {
                return Some(vec![Cost::Rewrite]);
            }
            false
        }
        TypeChange::CatalogOnly => !matches!(&action.kind, Kind::SetType { collate: true, .. }),
        TypeChange::Reindexed => false,
    };
    let key = case.schema.key(table);
    // Indexes on what is stored alike and sorted alike are kept, if they are on plain columns.
    let rebuilt = case.schema.indexes_of(&key).any(|(_, index)| {
        let plain = index.new.keys.iter().all(|key| key.column.is_some()) && !index.new.partial;
        let on_it = index.new.keys.iter().any(|key| key.column.as_deref() == Some(column));
        (!free && on_it) || (!plain && index.new.definition.contains(column.as_str()))
    });
    let checked = case.schema.tables.get(&key).is_some_and(|table| {
        table.constraints.iter().any(|constraint| {
            let on_it = constraint.columns.iter().any(|name| name == column);
            on_it && constraint.validated && matches!(constraint.kind, ConstraintKind::Check(_))
        })
    });
    Some(match (rebuilt, checked) {
        (true, _) => vec![Cost::Build],
        (false, checked) => scan_unless(!checked),
    })
}

fn of_constraint(case: &Case<'_>, table: &Relation, constraint: &NewConstraint) -> Vec<Cost> {
    match &constraint.kind {
        _ if constraint.waits => Vec::new(),
        ConstraintKind::NotNull => {
            scan_unless(constraint.columns.iter().all(|column| is_not_null(case, table, column)))
        }
        ConstraintKind::Check(_) => vec![Cost::Scan],
        ConstraintKind::ForeignKey { .. } => vec![Cost::LookUp],
        ConstraintKind::Unique { using_index: Some(_) } => Vec::new(),
        ConstraintKind::PrimaryKey { using_index: Some(index) } => {
            let known = case.schema.index(&index_beside(table, index));
            scan_unless(known.is_some_and(|index| {
                let columns = index.new.keys.iter().map(|key| key.column.as_deref());
                columns
                    .into_iter()
                    .all(|column| column.is_some_and(|column| is_not_null(case, table, column)))
            }))
        }
        ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } | ConstraintKind::Exclude => {
            vec![Cost::Build]
        }
    }
}

fn of_change(case: &Case<'_>, change: &Change) -> Vec<TableWork> {
    let in_batches = matches!(case.run, Run::Batches(_)) && case.inside.is_none();
    let bounded = change.extent == Extent::Bounded && !in_batches;
    if bounded || case.is_new(&change.table) {
        return Vec::new();
    }
    vec![at(case, &change.table, Cost::Change, change.extent != Extent::All)]
}

fn as_relation((schema, name): &crate::schema::Key) -> Relation {
    Relation { schema: Some(schema.clone()), name: name.clone(), kind: pgrefit_sql::RelationKind::Table }
}
