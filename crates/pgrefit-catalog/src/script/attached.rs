//! Statements that make constraints, indexes, rules, triggers and policies.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::order::{Rank, Statement, Thing};
use super::{Catalog, quote_ident, reread, unterminated};
use crate::{Constraint, ConstraintKind, Enabled, Index, Name, Policy, Rule, TableKind, Trigger};

pub(super) fn attached(catalog: &Catalog, statements: &mut Vec<Statement>) {
    let partitions = partitions(catalog);
    for (name, table) in &catalog.tables {
        let below = partitions.get(name).map(Vec::as_slice).unwrap_or_default();
        let partitioned = matches!(table.kind, TableKind::Partitioned { .. });
        for (constraint, what) in &table.constraints {
            statements.push(self::constraint(name, constraint, what, below));
        }
        for (index, what) in &table.indexes {
            let made = match &what.constraint {
                Some(_) => index_options(name, index, what),
                None => Some(self::index(name, what, partitioned, below)),
            };
            statements.extend(made);
        }
        triggers(name, &table.triggers, statements);
        rules(name, &table.rules, statements);
        for (policy, what) in &table.policies {
            statements.push(Statement::new(Rank::Policy, self::policy(name, policy, what)).mentions_all());
        }
    }
    for (name, view) in &catalog.views {
        statements.extend(view.indexes.values().map(|what| index(name, what, false, &[])));
        triggers(name, &view.triggers, statements);
        rules(name, &view.rules, statements);
    }
}

/// The partitions of each partitioned table.
fn partitions(catalog: &Catalog) -> BTreeMap<&Name, Vec<&Name>> {
    let mut partitions: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    for (name, table) in &catalog.tables {
        if let Some(partition) = &table.partition_of {
            partitions.entry(&partition.parent).or_default().push(name);
        }
    }
    partitions
}

fn constraint(table: &Name, name: &str, what: &Constraint, partitions: &[&Name]) -> Statement {
    let text =
        format!("ALTER TABLE {table} ADD CONSTRAINT {} {}", quote_ident(name), reread(&what.definition));
    match what.kind {
        ConstraintKind::Check | ConstraintKind::NotNull => {
            Statement::new(Rank::Check, text).mentions_all().makes(Thing::Ready(table.clone()))
        }
        ConstraintKind::ForeignKey => Statement::new(Rank::ForeignKey, text).mentions_all(),
        ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => {
            let statement =
                Statement::new(Rank::Unique, text).mentions_all().needs(complete(table, partitions));
            statement.makes(Thing::Unique(table.clone())).makes(Thing::Indexed(table.clone()))
        }
    }
}

/// What must be there before an index of a partitioned table: it takes over the indexes of its partitions that fit, and
/// makes those that are missing under names of the server's choice.
fn complete(table: &Name, partitions: &[&Name]) -> Vec<Thing> {
    let indexes = partitions.iter().map(|partition| Thing::Indexed((*partition).clone()));
    indexes.chain([Thing::Attached(table.clone())]).collect()
}

fn index(table: &Name, what: &Index, partitioned: bool, partitions: &[&Name]) -> Statement {
    let usable = what.valid && what.ready;
    // The server prints ONLY for every index of a partitioned table.
    let definition = match what.definition.split_once(" ON ONLY ") {
        Some((before, after)) if partitioned && usable => format!("{before} ON {after}"),
        _ => what.definition.clone(),
    };
    let definition = reread(&definition);
    let note = if usable { "" } else { "-- invalid\n" };
    let statement = Statement::new(Rank::Index, format!("{note}{definition}")).mentions_all();
    statement.needs(complete(table, partitions)).makes(Thing::Indexed(table.clone()))
}

/// The storage parameters of an index that a constraint makes: `pg_get_constraintdef` leaves them out.
fn index_options(table: &Name, name: &str, what: &Index) -> Option<Statement> {
    let (_, options) = what.definition.rsplit_once(") WITH (")?;
    let (options, _) = options.split_once(')')?;
    let name = Name::new(&table.schema, name);
    let text = format!("ALTER INDEX {name} SET ({options})");
    Some(Statement::new(Rank::Index, text).needs([Thing::Unique(table.clone())]))
}

fn triggers(relation: &Name, triggers: &BTreeMap<String, Trigger>, statements: &mut Vec<Statement>) {
    for (name, trigger) in triggers {
        statements.push(
            Statement::new(Rank::Trigger, reread(unterminated(&trigger.definition)).into_owned())
                .mentions_all(),
        );
        statements.extend(state(relation, "TRIGGER", name, trigger.enabled, Rank::Trigger));
    }
}

fn rules(relation: &Name, rules: &BTreeMap<String, Rule>, statements: &mut Vec<Statement>) {
    for (name, rule) in rules {
        statements.push(
            Statement::new(Rank::Rule, reread(unterminated(&rule.definition)).into_owned())
                .mentions_all()
                .with_keys(),
        );
        statements.extend(state(relation, "RULE", name, rule.enabled, Rank::Rule));
    }
}

/// When a trigger fires or a rule applies, unless it is as usual.
fn state(relation: &Name, what: &str, name: &str, enabled: Enabled, rank: Rank) -> Option<Statement> {
    let how = match enabled {
        Enabled::Origin => return None,
        Enabled::Disabled => "DISABLE",
        Enabled::Replica => "ENABLE REPLICA",
        Enabled::Always => "ENABLE ALWAYS",
    };
    let text = format!("ALTER TABLE {relation} {how} {what} {}", quote_ident(name));
    Some(Statement::new(rank, text).mentions_all())
}

fn policy(table: &Name, name: &str, policy: &Policy) -> String {
    let kind = if policy.permissive { "PERMISSIVE" } else { "RESTRICTIVE" };
    // No role can be called public.
    let role = |role: &String| if role == "public" { "PUBLIC".to_owned() } else { quote_ident(role) };
    let roles: Vec<_> = policy.roles.iter().map(role).collect();
    let mut text = format!(
        "CREATE POLICY {} ON {table} AS {kind} FOR {} TO {}",
        quote_ident(name),
        policy.command,
        roles.join(", ")
    );
    for (word, expression) in [("USING", &policy.using), ("WITH CHECK", &policy.with_check)] {
        if let Some(expression) = expression {
            let _ = write!(text, " {word} ({})", reread(expression));
        }
    }
    text
}
