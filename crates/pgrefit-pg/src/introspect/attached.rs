//! Constraints, indexes, triggers, rules and policies.

use pgrefit_catalog::{Constraint, ConstraintKind, Enabled, Index, Policy, Rule, Trigger};
use tokio_postgres::Row;

use super::reader::{ByRelation, Reader, decode, get, sorted};
use super::relations::Relation;
use crate::Error;

/// All that hangs on relations.
pub(super) struct Attached {
    /// Those of domains too, by the oid of the domain.
    pub(super) constraints: ByRelation<Constraint>,
    pub(super) indexes: ByRelation<Index>,
    pub(super) triggers: ByRelation<Trigger>,
    pub(super) rules: ByRelation<Rule>,
    pub(super) policies: ByRelation<Policy>,
}

impl Reader<'_> {
    pub(super) async fn attached(&self, relations: &[Relation]) -> Result<Attached, Error> {
        let oids: Vec<u32> = relations.iter().map(|relation| relation.oid).collect();
        Ok(Attached {
            constraints: self.by_relation(include_str!("constraints.sql"), &oids, constraint).await?,
            indexes: self.by_relation(include_str!("indexes.sql"), &oids, index).await?,
            triggers: self.by_relation(include_str!("triggers.sql"), &oids, trigger).await?,
            rules: self.by_relation(include_str!("rules.sql"), &oids, rule).await?,
            policies: self.by_relation(include_str!("policies.sql"), &oids, policy).await?,
        })
    }
}

const CONSTRAINT_KINDS: &[(&str, ConstraintKind)] = &[
    ("c", ConstraintKind::Check),
    ("f", ConstraintKind::ForeignKey),
    ("n", ConstraintKind::NotNull),
    ("p", ConstraintKind::PrimaryKey),
    ("u", ConstraintKind::Unique),
    ("x", ConstraintKind::Exclusion),
];

const ENABLED: &[(&str, Enabled)] =
    &[("O", Enabled::Origin), ("D", Enabled::Disabled), ("R", Enabled::Replica), ("A", Enabled::Always)];

const COMMANDS: &[(&str, &str)] =
    &[("*", "ALL"), ("r", "SELECT"), ("a", "INSERT"), ("w", "UPDATE"), ("d", "DELETE")];

fn constraint(row: &Row) -> Result<Constraint, Error> {
    Ok(Constraint {
        kind: decode(row, "kind", CONSTRAINT_KINDS)?,
        definition: get(row, "definition")?,
        validated: get(row, "validated")?,
        deferrable: get(row, "deferrable")?,
    })
}

fn index(row: &Row) -> Result<Index, Error> {
    Ok(Index {
        definition: get(row, "definition")?,
        unique: get(row, "unique")?,
        primary: get(row, "primary")?,
        valid: get(row, "valid")?,
        ready: get(row, "ready")?,
        constraint: get(row, "constraint")?,
    })
}

fn trigger(row: &Row) -> Result<Trigger, Error> {
    Ok(Trigger { definition: get(row, "definition")?, enabled: decode(row, "enabled", ENABLED)? })
}

fn rule(row: &Row) -> Result<Rule, Error> {
    Ok(Rule { definition: get(row, "definition")?, enabled: decode(row, "enabled", ENABLED)? })
}

fn policy(row: &Row) -> Result<Policy, Error> {
    Ok(Policy {
        command: decode(row, "command", COMMANDS)?.to_owned(),
        permissive: get(row, "permissive")?,
        roles: sorted(row, "roles")?,
        using: get(row, "using")?,
        with_check: get(row, "with_check")?,
    })
}
