//! A partition that is attached without the indexes of its parent.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind, same_definition};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::Key;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "attach-builds-index",
    title: "A partition is attached that lacks an index of its parent.",
    level: Status::Fail,
    happens: "Each index of the parent must be on the partition, too: ATTACH PARTITION builds those that are \
         missing, under ACCESS EXCLUSIVE on the partition.",
    safe: "Build the same indexes on the table before: CREATE INDEX CONCURRENTLY. ATTACH finds them by their \
         definition.",
    before: include_str!("attach_builds_index/before.sql"),
    bad: include_str!("attach_builds_index/bad.sql"),
    good: include_str!("attach_builds_index/good.sql"),
    also: &[],
    claims: &[Claim::Locks("events_2025", LockMode::AccessExclusive), Claim::Scans("events_2025")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Attach { parent, partition, .. } = &action.kind else { return };
    if case.schema.is_empty(partition, case.moment.file) || case.is_new(parent) {
        return;
    }
    let own = case.schema.key(partition);
    let Some(table) = case.schema.tables.get(&own) else { return };
    let has = |definition: &str| {
        case.schema.indexes_of(&own).any(|(_, index)| same_definition(&index.new.definition, definition))
    };
    let parent_key = case.schema.key(parent);
    let mut missing: Vec<String> = case
        .schema
        .indexes_of(&parent_key)
        .filter(|(_, index)| !has(&index.new.definition))
        .map(|(name, _)| name.1.clone())
        .collect();
    for constraint in case.schema.tables.get(&parent_key).into_iter().flat_map(|parent| &parent.constraints) {
        let is_key =
            matches!(constraint.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. });
        let there = table.constraints.iter().any(|own| {
            own.columns == constraint.columns
                && std::mem::discriminant(&own.kind) == std::mem::discriminant(&constraint.kind)
        });
        if is_key
            && !there
            && !constraint.columns.is_empty()
            && !is_unique_on(case, &own, &constraint.columns)
        {
            missing.push(
                constraint.name.clone().unwrap_or_else(|| format!("key ({})", constraint.columns.join(", "))),
            );
        }
    }
    if missing.is_empty() {
        return;
    }
    missing.sort();
    found
        .add(&action.span, format!("builds {} on {partition} while nobody can use it", missing.join(", ")))
        .about(partition)
        .caret(format!("ACCESS EXCLUSIVE on {partition} until they are built"))
        .cost(case.cost(partition, Cost::Build))
        .help("build the same indexes on it before, concurrently");
}

/// Whether a unique index on exactly these columns is there.
fn is_unique_on(case: &Case<'_>, table: &Key, columns: &[String]) -> bool {
    case.schema.indexes_of(table).any(|(_, index)| {
        index.new.unique
            && !index.new.partial
            && index
                .new
                .keys
                .iter()
                .map(|key| key.column.as_deref())
                .eq(columns.iter().map(|name| Some(name.as_str())))
    })
}
