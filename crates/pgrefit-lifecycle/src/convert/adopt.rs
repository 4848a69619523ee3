//! The files that make a table the first partition of one of its name.

use pgrefit_catalog::quote_ident;

use super::append::Append as _;
use super::definition::{concurrent_index, widened_index};
use super::header::Header;
use super::{Job, Text, swap};
use crate::Point;

/// All of them, in order; `None` where a definition is not understood.
pub(super) fn files(job: &Job<'_>) -> Option<Vec<Text>> {
    let mut files = vec![("partition_checks", checks(job)), ("partition_checks_validated", validated(job))];
    if !is_never_null(job) {
        files.push(("partition_key_not_null", not_null(job)));
    }
    let widened: Vec<&String> = job.table.indexes.keys().filter(|name| job.is_widened(name)).collect();
    if !widened.is_empty() {
        files.push(("partition_unique_indexes", indexes(job, &widened)?));
    }
    files.push(("partitioned", swap::file(job)?));
    files.push(("partitioned_afterwards", afterwards(job)));
    Some(files)
}

fn is_never_null(job: &Job<'_>) -> bool {
    job.table.columns.iter().any(|column| column.name == job.set.key && column.not_null)
}

fn checks(job: &Job<'_>) -> String {
    let (name, key, boundary) = (job.name(), job.key(), job.layout.boundary);
    let head = Header {
        what: &format!(
            "says of {name} that it ends before {boundary}, for rows that are written from now on."
        ),
        why: &format!(
            "it becomes the partition of all that lies before {boundary}, and to be attached without being read it must have proven that. \
             Until the partitioned table is in its place, later rows are refused."
        ),
        locks: &format!("ACCESS EXCLUSIVE on {name} for a moment; no row is read."),
        data: "none.",
    };
    let below = format!("{key} < {}", job.layout.key_type.typed_literal(boundary));
    let mut sql = head.text() + &guard(job);
    if is_never_null(job) {
        sql.append(format!(
            "ALTER TABLE {name} ADD CONSTRAINT {} CHECK ({below}) NOT VALID;\n",
            job.bound_check()
        ));
    } else {
        sql.append(format!(
            "ALTER TABLE {name} ADD CONSTRAINT {} CHECK ({key} IS NOT NULL) NOT VALID,\n    ADD CONSTRAINT {} CHECK ({below}) NOT VALID;\n",
            job.set_check(),
            job.bound_check()
        ));
    }
    sql
}

/// Files that were generated long ago must not make a table refuse what its application writes. An empty one, as a new environment has
/// it, refuses nobody.
fn guard(job: &Job<'_>) -> String {
    let (name, layout) = (job.name(), &job.layout);
    let too_late = match layout.boundary {
        Point::Time(_) => format!(
            "pg_catalog.now() > {}::pg_catalog.timestamptz - '{} hours'::pg_catalog.interval\n        AND EXISTS (SELECT FROM {name})",
            crate::KeyType::TimestampTz.literal(layout.boundary),
            layout.hours_left_min()
        ),
        Point::Number(_) => {
            let before = layout.step.add(layout.boundary, -1).unwrap_or(layout.boundary);
            format!(
                "EXISTS (SELECT FROM {name} WHERE {} >= {})",
                job.key(),
                layout.key_type.typed_literal(before)
            )
        }
    };
    format!(
        "DO $pgrefit$\nBEGIN\n    IF {too_late} THEN\n        RAISE EXCEPTION 'this conversion was generated too long ago: it ends at {}'\n            \
         USING HINT = 'Generate it anew: pgrefit partition convert.';\n    END IF;\nEND\n$pgrefit$;\n",
        layout.boundary
    )
}

fn validated(job: &Job<'_>) -> String {
    let name = job.name();
    let head = Header {
        what: &format!("proves that for the rows that are there in {name}."),
        why: "it was added without reading them.",
        locks: &format!(
            "SHARE UPDATE EXCLUSIVE on {name}: readers and writers go on. The table is read once."
        ),
        data: "none.",
    };
    let mut sql = head.text();
    if !is_never_null(job) {
        sql.append(format!("ALTER TABLE {name} VALIDATE CONSTRAINT {};\n", job.set_check()));
    }
    sql + &format!("ALTER TABLE {name} VALIDATE CONSTRAINT {};\n", job.bound_check())
}

fn not_null(job: &Job<'_>) -> String {
    let (name, key) = (job.name(), job.key());
    let head = Header {
        what: &format!("makes {key} of {name} NOT NULL."),
        why: "no range takes NULL. The validated CHECK is the proof, so that no row is read.",
        locks: &format!("ACCESS EXCLUSIVE on {name} for a moment."),
        data: "none.",
    };
    format!(
        "{}ALTER TABLE {name} ALTER COLUMN {key} SET NOT NULL;\nALTER TABLE {name} DROP CONSTRAINT {};\n",
        head.text(),
        job.set_check()
    )
}

fn indexes(job: &Job<'_>, widened: &[&String]) -> Option<String> {
    let (name, key) = (job.name(), job.key());
    let head = Header {
        what: &format!("unique indexes of {name} with {key} at the end."),
        why: &format!(
            "on a partitioned table only what contains {key} can be unique. This loss was accepted by name: {}.",
            widened.iter().map(|name| format!("unique:{name}")).collect::<Vec<_>>().join(", ")
        ),
        locks: &format!(
            "SHARE UPDATE EXCLUSIVE on {name}: readers and writers go on. Each build waits for the transactions that are older than itself."
        ),
        data: "none.",
    };
    let mut sql = head.text();
    for index in widened {
        let definition = &job.table.indexes.get(*index)?.definition;
        let definition = concurrent_index(definition, name, index, &job.old(index))?;
        sql += &widened_index(&definition, &key)?;
        sql += ";\n";
    }
    Some(sql)
}

/// What needs no strong lock on the table.
fn afterwards(job: &Job<'_>) -> String {
    let name = job.name();
    let kept: Vec<_> =
        job.inbound().filter(|(key, kept)| *kept && key.validated).map(|(key, _)| key).collect();
    let mut what = format!("statistics of {name} as a whole");
    let mut locks = format!("SHARE UPDATE EXCLUSIVE on {name} and its partitions");
    if !kept.is_empty() {
        what += ", and the proof that foreign keys hold which refer to it";
        locks += "; on referring tables the same, and ROW SHARE on what they refer to";
    }
    let head = Header {
        what: &format!("{what}."),
        why: "autovacuum analyzes partitions, not the table that they make up; its plans would be guesses.",
        locks: &format!("{locks}: readers and writers go on."),
        data: "none.",
    };
    let mut sql = head.text();
    for key in kept {
        sql.append(format!("ALTER TABLE {} VALIDATE CONSTRAINT {};\n", key.table, quote_ident(&key.name)));
    }
    sql + &format!("ANALYZE {name};\n")
}
