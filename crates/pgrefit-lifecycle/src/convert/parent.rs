//! The partitioned table with everything that the old one has, and its partitions.

use pgrefit_catalog::{
    Column, Constraint, ConstraintKind, Enabled, Identity, Name, Policy, Sequence, quote_ident,
};
use pgrefit_pg::partition::ReplicaIdentity;

use super::append::Append as _;
use super::definition::{widened_constraint, widened_index};
use super::rights::CATALOGS_ONLY;
use super::swap::allow;
use super::{Job, literal};
use crate::Facts;

/// Identity columns with their sequences.
pub(super) fn identity_sequences(facts: &Facts) -> impl Iterator<Item = (&Column, &Name, &Sequence)> {
    owned_sequences(facts).filter(|(column, _, _)| column.identity.is_some())
}

/// Columns with the sequences that are dropped with them.
fn owned_sequences(facts: &Facts) -> impl Iterator<Item = (&Column, &Name, &Sequence)> {
    let name = facts.name();
    let columns = facts.catalog_table().map(|table| table.columns.as_slice()).unwrap_or_default();
    facts.snapshot.catalog.sequences.iter().filter_map(move |(sequence, facts)| {
        let (table, column) = facts.owned_by.as_ref()?;
        let column = columns.iter().find(|it| table == name && it.name == *column)?;
        Some((column, sequence, facts))
    })
}

/// The table, empty and without partitions.
pub(super) fn create(job: &Job<'_>) -> String {
    let (name, old) = (job.name(), &job.layout.old);
    // PostgreSQL 13 has no compression of columns, and no word for it.
    let compression = if job.facts.major() >= 14 { " INCLUDING COMPRESSION" } else { "" };
    format!(
        "CREATE TABLE {name} (\n    LIKE {old} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE{compression} INCLUDING COMMENTS\n) \
         PARTITION BY RANGE ({}){};\n",
        job.key(),
        tablespace(job)
    )
}

/// Everything that the table has besides its columns.
pub(super) fn furnish(job: &Job<'_>) -> Option<String> {
    let name = job.name();
    let mut sql = sequences(job);
    for setting in &job.facts.table.column_settings {
        sql.append(format!("ALTER TABLE {name} ALTER COLUMN {setting};\n"));
    }
    sql += &constraints(job)?;
    sql += &indexes(job)?;
    for statistics in &job.facts.table.statistics {
        sql.append(format!("{};\n", statistics.definition));
        if let Some(target) = statistics.target {
            sql.append(format!("ALTER STATISTICS {} SET STATISTICS {target};\n", statistics.name));
        }
        if let Some(comment) = &statistics.comment {
            sql.append(format!("COMMENT ON STATISTICS {} IS {};\n", statistics.name, literal(comment)));
        }
    }
    Some(sql + &row_security(job) + &triggers(job) + &comments(job))
}

pub(super) fn tablespace(job: &Job<'_>) -> String {
    let space = job.facts.table.tablespace.as_deref();
    space.map_or_else(String::new, |space| format!(" TABLESPACE {}", quote_ident(space)))
}

fn sequences(job: &Job<'_>) -> String {
    let (name, old) = (job.name(), &job.layout.old);
    let mut sql = String::new();
    for (column, sequence, facts) in owned_sequences(job.facts) {
        let quoted = quote_ident(&column.name);
        let Some(identity) = column.identity else {
            sql.append(format!("ALTER SEQUENCE {sequence} OWNED BY {name}.{quoted};\n"));
            continue;
        };
        let when = match identity {
            Identity::Always => "ALWAYS",
            Identity::ByDefault => "BY DEFAULT",
        };
        let before = Name::new(sequence.schema.clone(), job.old(&sequence.name));
        sql.append(format!(
            "ALTER TABLE {name} ALTER COLUMN {quoted} ADD GENERATED {when} AS IDENTITY (\n    SEQUENCE NAME {sequence} {}\n);\n",
            options(facts)
        ));
        sql += &allow("work-under-lock", "one row, that of the sequence");
        sql.append(format!(
            "SELECT pg_catalog.setval({}, last_value, is_called) FROM {before};\n",
            literal(&sequence.to_string())
        ));
        sql += &allow("work-under-lock", CATALOGS_ONLY);
        sql += &rights_of_sequence(&before, sequence);
        sql.append(format!("ALTER TABLE {old} ALTER COLUMN {quoted} DROP IDENTITY;\n"));
    }
    sql
}

fn rights_of_sequence(from: &Name, to: &Name) -> String {
    let template = include_str!("sequence_rights.sql");
    template.replace("$from", &literal(&from.to_string())).replace("$to", &literal(&to.to_string()))
}

fn options(sequence: &Sequence) -> String {
    let Sequence { start, increment, min, max, cache, cycle, .. } = sequence;
    let cycle = if *cycle { " CYCLE" } else { "" };
    format!("START WITH {start} INCREMENT BY {increment} MINVALUE {min} MAXVALUE {max} CACHE {cache}{cycle}")
}

/// A primary key, what is unique, CHECKs and foreign keys; of an empty table they cost nothing.
fn constraints(job: &Job<'_>) -> Option<String> {
    let helpers = [job.bound_check(), job.set_check()];
    let mut sql = String::new();
    for (name, constraint) in &job.table.constraints {
        let quoted = quote_ident(name);
        if !helpers.contains(&quoted) && !is_lost(job, name) {
            let definition = constraint_definition(job, name, constraint)?;
            sql.append(format!("ALTER TABLE {} ADD CONSTRAINT {quoted} {definition};\n", job.name()));
        }
    }
    Some(sql)
}

/// A foreign key to the table itself, which is accepted to be lost.
fn is_lost(job: &Job<'_>, name: &str) -> bool {
    job.inbound().any(|(key, kept)| !kept && key.name == name && key.table == *job.name())
}

fn constraint_definition(job: &Job<'_>, name: &str, constraint: &Constraint) -> Option<String> {
    let is_key = matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
    if is_key && job.is_widened(name) {
        return widened_constraint(&constraint.definition, &job.key());
    }
    Some(constraint.definition.clone())
}

fn indexes(job: &Job<'_>) -> Option<String> {
    let mut sql = String::new();
    for (name, index) in job.table.indexes.iter().filter(|(_, index)| index.constraint.is_none()) {
        if job.is_widened(name) {
            sql += &widened_index(&index.definition, &job.key())?;
        } else {
            sql += &index.definition;
        }
        sql += ";\n";
    }
    Some(sql)
}

fn row_security(job: &Job<'_>) -> String {
    let name = job.name();
    let mut sql = String::new();
    for (policy, facts) in &job.table.policies {
        sql += &policy_sql(name, policy, facts);
    }
    if job.table.row_security {
        sql.append(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n"));
    }
    if job.table.row_security_forced {
        sql.append(format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;\n"));
    }
    sql
}

fn policy_sql(table: &Name, name: &str, policy: &Policy) -> String {
    let Policy { command, permissive, roles, using, with_check } = policy;
    let kind = if *permissive { "PERMISSIVE" } else { "RESTRICTIVE" };
    let role = |role: &String| if role == "public" { "PUBLIC".to_owned() } else { quote_ident(role) };
    let roles = roles.iter().map(role).collect::<Vec<_>>().join(", ");
    let using = using.as_ref().map_or_else(String::new, |condition| format!(" USING ({condition})"));
    let check =
        with_check.as_ref().map_or_else(String::new, |condition| format!(" WITH CHECK ({condition})"));
    format!(
        "CREATE POLICY {} ON {table} AS {kind} FOR {command} TO {roles}{using}{check};\n",
        quote_ident(name)
    )
}

fn triggers(job: &Job<'_>) -> String {
    job.table.triggers.values().fold(String::new(), |sql, trigger| sql + &trigger.definition + ";\n")
}

fn comments(job: &Job<'_>) -> String {
    let name = job.name();
    let mut sql = String::new();
    if let Some(text) = &job.facts.table.comment {
        sql.append(format!("COMMENT ON TABLE {name} IS {};\n", literal(text)));
    }
    for comment in &job.facts.table.comments {
        let text = literal(&comment.text);
        if comment.kind == "INDEX" {
            sql.append(format!("COMMENT ON INDEX {} IS {text};\n", job.qualified(&comment.name)));
        } else if !is_lost(job, &comment.name) {
            sql.append(format!(
                "COMMENT ON {} {} ON {name} IS {text};\n",
                comment.kind,
                quote_ident(&comment.name)
            ));
        }
    }
    sql
}

/// Storage parameters, which only partitions have.
pub(super) fn with_options(job: &Job<'_>) -> String {
    let options = &job.table.options;
    if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) }
}

/// Foreign keys of the partitioned table: name, quoted, and definition.
pub(super) fn foreign_keys<'a>(job: &'a Job<'_>) -> impl Iterator<Item = (String, &'a str)> {
    let kept = |(name, constraint): &(&String, &Constraint)| {
        constraint.kind == ConstraintKind::ForeignKey && !is_lost(job, name)
    };
    let constraints = job.table.constraints.iter().filter(kept);
    constraints.map(|(name, constraint)| (quote_ident(name), constraint.definition.as_str()))
}

/// Partitions behind the boundary. Nobody sees the table yet, so that there is nobody to wait for.
pub(super) fn ahead(job: &Job<'_>) -> String {
    let with = with_options(job);
    let mut sql = String::new();
    for part in &job.layout.ahead {
        sql.append(format!(
            "CREATE TABLE {} PARTITION OF {} {}{with}{};\n",
            part.name,
            job.name(),
            part.bound(job.layout.key_type),
            tablespace(job)
        ));
    }
    sql
}

/// What must be said of each partition, or after they are there.
pub(super) fn after_attach(job: &Job<'_>) -> String {
    let name = job.name();
    let mut sql = String::new();
    if job.table.row_security {
        for part in &job.layout.ahead {
            sql.append(format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;\n", part.name));
        }
    }
    let identity = match job.facts.table.replica_identity {
        ReplicaIdentity::Full => Some("FULL"),
        ReplicaIdentity::Nothing => Some("NOTHING"),
        ReplicaIdentity::Default | ReplicaIdentity::Index => None,
    };
    if let Some(identity) = identity {
        for table in job.layout.ahead.iter().map(|part| &part.name).chain([name]) {
            sql.append(format!("ALTER TABLE {table} REPLICA IDENTITY {identity};\n"));
        }
    }
    for (trigger, facts) in &job.table.triggers {
        let state = match facts.enabled {
            Enabled::Origin => continue,
            Enabled::Disabled => "DISABLE",
            Enabled::Replica => "ENABLE REPLICA",
            Enabled::Always => "ENABLE ALWAYS",
        };
        sql.append(format!("ALTER TABLE {name} {state} TRIGGER {};\n", quote_ident(trigger)));
    }
    for (key, _) in job.inbound().filter(|(_, kept)| *kept) {
        let definition = key.definition.trim_end_matches(" NOT VALID");
        sql.append(format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {definition} NOT VALID;\n",
            key.table,
            quote_ident(&key.name)
        ));
    }
    sql
}
