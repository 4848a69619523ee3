//! The one short transaction that puts a partitioned table in the place of a table, and attaches that as its first partition.
//!
//! The order matters. Whatever has a name that the new table needs is renamed first. Whatever the old one must have in common with the new
//! one is there before it is attached, so that nothing is read under the lock: the CHECK for its bound, foreign keys, and indexes that are
//! adopted by those of the new one.

use pgrefit_catalog::{ConstraintKind, quote_ident};

use super::append::Append as _;
use super::definition::deferral;
use super::header::Header;
use super::{Job, dependents, parent, rights};

pub(super) fn file(job: &Job<'_>) -> Option<String> {
    let mut sql = head(job);
    sql += &lock(job);
    sql += &set_aside(job)?;
    sql += "\n-- The partitioned table, with partitions for what comes behind the boundary.\n";
    sql += &parent::create(job);
    sql += &parent::ahead(job);
    sql += "\n-- Owner and privileges are those of the old table, whatever they are here.\n";
    sql += &rights::copied(job);
    sql += "\n-- What hangs on it.\n";
    sql += &parent::furnish(job)?;
    sql += "\n-- The old table is its partition for all that lies before the boundary; the CHECK spares reading it.\n";
    sql.append(format!(
        "ALTER TABLE {} ATTACH PARTITION {} {};\n",
        job.name(),
        job.layout.old,
        job.layout.old_bound()
    ));
    sql.append(format!("ALTER TABLE {} DROP CONSTRAINT {};\n", job.layout.old, job.bound_check()));
    sql += &parent::after_attach(job);
    sql += &rights::published(job);
    sql += &dependents::replaced(job);
    Some(sql)
}

fn head(job: &Job<'_>) -> String {
    let (name, old, boundary) = (job.name(), &job.layout.old, job.layout.boundary);
    let header = Header {
        what: &format!(
            "puts a table partitioned by {} in the place of {name}. What was {name} becomes its first partition, {old}, for all that lies \
             before {boundary}; {} partitions behind it are made.",
            job.key(),
            job.layout.ahead.len()
        ),
        why: "new rows go into partitions that can be detached, archived and dropped as wholes.",
        locks: &format!("{}, for some hundredths of a second: no row is read or written.", locks(job)),
        data: "none.",
    };
    header.text() + SHORT_WAITS
}

/// Shorter than the server's `deadlock_timeout` of a second: if it and an application wait for each other, it is this that gives in.
pub(super) const SHORT_WAITS: &str = "-- pgrefit:lock-timeout 500ms\n";

/// Referring tables before what they refer to, as those who write to them do.
fn lock(job: &Job<'_>) -> String {
    let mut tables: Vec<String> = job.facts.table.inbound.iter().map(|key| key.table.to_string()).collect();
    tables.retain(|table| *table != job.name().to_string());
    tables.sort();
    tables.dedup();
    let several = if tables.is_empty() {
        String::new()
    } else {
        allow("several-strong-locks", "all of them at once, or none")
    };
    tables.push(job.name().to_string());
    let why = "everything here is under this one lock, and short";
    format!(
        "{}{several}LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;\n",
        allow("explicit-lock", why),
        tables.join(", ")
    )
}

/// A comment that tells the linter what is meant.
pub(super) fn allow(rule: &str, why: &str) -> String {
    format!("-- pgrefit:allow {rule} {why}\n")
}

fn locks(job: &Job<'_>) -> String {
    let mut locks = format!("ACCESS EXCLUSIVE on {}", job.name());
    let views: Vec<String> = job.facts.table.views.iter().map(|view| view.name.to_string()).collect();
    if !views.is_empty() {
        locks.append(format!(" and on the views {}", views.join(", ")));
    }
    let mut partners: Vec<String> = job.facts.table.inbound.iter().map(|key| key.table.to_string()).collect();
    partners.sort();
    partners.dedup();
    if !partners.is_empty() {
        locks
            .append(format!("; ACCESS EXCLUSIVE on {}, whose foreign keys refer to it", partners.join(", ")));
    }
    if job.table.constraints.values().any(|constraint| constraint.kind == ConstraintKind::ForeignKey) {
        locks += "; SHARE ROW EXCLUSIVE on the tables that it refers to";
    }
    locks
}

/// Everything that makes room: names, triggers, and what is unique without the key.
fn set_aside(job: &Job<'_>) -> Option<String> {
    let (name, old) = (job.name(), &job.layout.old);
    let mut sql = String::new();
    for (key, _) in job.inbound() {
        sql.append(format!("ALTER TABLE {} DROP CONSTRAINT {};\n", key.table, quote_ident(&key.name)));
    }
    for trigger in job.table.triggers.keys() {
        sql.append(format!("DROP TRIGGER {} ON {name};\n", quote_ident(trigger)));
    }
    sql += &allow("rename-table", "the partitioned table takes the name in the same transaction");
    sql.append(format!("ALTER TABLE {name} RENAME TO {};\n", quote_ident(&old.name)));
    // The linter says it once a file.
    let mut said = job.inbound().next().is_some();
    for (index, facts) in &job.table.indexes {
        let (new, quoted) = (quote_ident(&job.old(index)), quote_ident(index));
        if !job.is_widened(index) {
            sql.append(format!("ALTER INDEX {} RENAME TO {new};\n", job.qualified(index)));
        } else if facts.constraint.is_some() {
            let constraint = job.table.constraints.get(index)?;
            let kind = if facts.primary { "PRIMARY KEY" } else { "UNIQUE" };
            if facts.primary {
                sql += &allow("drop-primary-key", "the next statement makes another");
            }
            sql.append(format!(
                "ALTER TABLE {old} DROP CONSTRAINT {quoted};\nALTER TABLE {old} ADD CONSTRAINT {new} {kind} USING INDEX {new}{};\n",
                deferral(&constraint.definition)
            ));
        } else {
            sql += &allow(
                "drop-index-without-concurrently",
                "its place is taken by another one in the same moment",
            );
            if !said {
                sql += &allow("several-strong-locks", "that of its table is held already");
            }
            said = true;
            sql.append(format!("DROP INDEX {};\n", job.qualified(index)));
        }
    }
    for statistics in &job.facts.table.statistics {
        let new = quote_ident(&job.old(&statistics.name.name));
        sql.append(format!("ALTER STATISTICS {} RENAME TO {new};\n", statistics.name));
    }
    for (_, sequence, _) in parent::identity_sequences(job.facts) {
        let new = quote_ident(&job.old(&sequence.name));
        sql.append(format!("ALTER SEQUENCE {sequence} RENAME TO {new};\n"));
    }
    Some(sql)
}
