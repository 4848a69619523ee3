//! How a table, and what hangs on a relation, is described for comparison.

use std::collections::BTreeMap;

use super::{Node, qualified};
use crate::{
    Column, Constraint, Enabled, Generated, Identity, Index, Kind, Name, Persistence, Policy, Rule, Table,
    TableKind, Trigger, quote_ident,
};

pub(super) fn table(name: &Name, table: &Table) -> Node {
    let (kind, key, server, server_options) = match &table.kind {
        TableKind::Ordinary => ("ordinary", None, None, &[][..]),
        TableKind::Partitioned { key } => ("partitioned", Some(key), None, &[][..]),
        TableKind::Foreign { server, options } => {
            ("foreign", None, Some(quote_ident(server)), options.as_slice())
        }
    };
    let place = table.partition_of.as_ref();
    Node::new(Kind::Table, name)
        .fact("kind", kind)
        .fact("partition key", &key)
        .fact("server", &server)
        .fact("server options", server_options)
        .fact("partition of", &place.map(|place| &place.parent))
        .fact("partition bound", &place.map(|place| &place.bound))
        .fact("inherits", table.inherits.as_slice())
        .fact(
            "persistence",
            if table.persistence == Persistence::Permanent { "permanent" } else { "unlogged" },
        )
        .fact("row security", table.row_security)
        .fact("row security forced", table.row_security_forced)
        .physical("options", table.options.as_slice())
        .children(table.columns.iter().map(|it| column(name, it)))
        .children(table.constraints.iter().map(|(it, check)| backed(name, it, check, &table.indexes)))
        .children(indexes(name, table.indexes.iter().filter(|(_, index)| is_free(index, table))))
        .children(triggers(name, &table.triggers))
        .children(table.policies.iter().map(|(it, rule)| policy(name, it, rule)))
        .children(rules(name, &table.rules))
}

fn column(table: &Name, column: &Column) -> Node {
    Node::new(Kind::Column, &qualified(table, &column.name))
        .fact("type", column.data_type.as_str())
        .fact("not null", column.not_null)
        .fact("default", &column.default)
        .fact("identity", &column.identity.map(identity))
        .fact("generated", &column.generated.as_ref().map(generated))
        .fact("collation", &column.collation)
        .physical("storage", &column.storage)
        .physical("compression", &column.compression)
}

fn identity(identity: Identity) -> &'static str {
    match identity {
        Identity::Always => "always",
        Identity::ByDefault => "by default",
    }
}

fn generated(generated: &Generated) -> String {
    let when = if generated.stored { "STORED" } else { "VIRTUAL" };
    format!("({}) {when}", generated.expression)
}

/// A constraint with the index behind it, which is made and dropped with it.
fn backed(table: &Name, name: &str, it: &Constraint, all: &BTreeMap<String, Index>) -> Node {
    let backing = all.iter().filter(|(_, index)| index.constraint.as_deref() == Some(name));
    constraint(table, name, it).children(indexes(table, backing))
}

/// Whether no constraint of the table stands before the index.
fn is_free(index: &Index, table: &Table) -> bool {
    index.constraint.as_ref().is_none_or(|name| !table.constraints.contains_key(name))
}

/// What the definition says, such as `DEFERRABLE`, is not said twice.
pub(super) fn constraint(owner: &Name, name: &str, constraint: &Constraint) -> Node {
    Node::new(Kind::Constraint, &quote_ident(name))
        .on(owner)
        .fact("definition", constraint.definition.trim_end_matches(" NOT VALID"))
        .fact("validated", constraint.validated)
}

pub(super) fn indexes<'a>(
    relation: &'a Name,
    indexes: impl Iterator<Item = (&'a String, &'a Index)>,
) -> impl Iterator<Item = Node> {
    indexes.map(|(name, index)| {
        Node::new(Kind::Index, &Name::new(&relation.schema, name))
            .fact("definition", index.definition.as_str())
            .fact("valid", index.valid)
            .fact("ready", index.ready)
            .fact("constraint", &index.constraint.as_deref().map(quote_ident))
    })
}

pub(super) fn triggers(relation: &Name, triggers: &BTreeMap<String, Trigger>) -> impl Iterator<Item = Node> {
    triggers.iter().map(|(name, trigger)| {
        let node = Node::new(Kind::Trigger, &quote_ident(name)).on(relation);
        node.fact("definition", trigger.definition.as_str()).fact("enabled", enabled(trigger.enabled))
    })
}

pub(super) fn rules(relation: &Name, rules: &BTreeMap<String, Rule>) -> impl Iterator<Item = Node> {
    rules.iter().map(|(name, rule)| {
        let node = Node::new(Kind::Rule, &quote_ident(name)).on(relation);
        node.fact("definition", rule.definition.as_str()).fact("enabled", enabled(rule.enabled))
    })
}

fn policy(table: &Name, name: &str, policy: &Policy) -> Node {
    Node::new(Kind::Policy, &quote_ident(name))
        .on(table)
        .fact("command", policy.command.as_str())
        .fact("permissive", policy.permissive)
        .fact("roles", policy.roles.as_slice())
        .fact("using", &policy.using)
        .fact("with check", &policy.with_check)
}

fn enabled(enabled: Enabled) -> &'static str {
    match enabled {
        Enabled::Origin => "origin",
        Enabled::Disabled => "disabled",
        Enabled::Replica => "replica",
        Enabled::Always => "always",
    }
}
