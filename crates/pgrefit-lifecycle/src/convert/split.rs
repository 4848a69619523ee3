//! The files that move the rows of the adopted table into partitions of their own.
//!
//! The new partitions belong to a table that nobody reads until they change places, so that one statement copies into all of them. A
//! trigger writes there what is written to the old table; both are part of the writer's transaction.
//!
//! What a batch and a writer do to each other, under READ COMMITTED: a batch takes each row FOR KEY SHARE. A row that somebody is deleting,
//! or whose key somebody changes, ends the batch at once (NOWAIT), and it is tried again; one that a batch holds is deleted when the batch
//! has ended, and by then the trigger sees the copy. A row that somebody else is changing may be copied as it was; the trigger writes
//! over it, or has already, and then the copy is not made. A batch that waits for a writer does so at most for its `lock_timeout`, which is
//! shorter than the server's `deadlock_timeout`: of the two it is always the batch that gives in.
//!
//! Under REPEATABLE READ the trigger may not see a copy that was made since the writer's snapshot: a row that is deleted then is swept
//! afterwards; one that is changed is a serialization failure, which such a writer repeats anyway.

use pgrefit_catalog::{Column, Name, quote_ident};

use super::append::Append as _;
use super::header::Header;
use super::parent::{tablespace, with_options};
use super::swap::{SHORT_WAITS, allow};
use super::{Job, Text, literal, rights};
use crate::layout::Part;
use crate::name::suffixed;

/// What the files have in common.
struct Split<'a> {
    job: &'a Job<'a>,
    parts: Vec<Part>,
    staging: Name,
    function: Name,
    /// What tells rows apart, quoted.
    key: Vec<String>,
    /// The columns that are written, quoted.
    columns: Vec<String>,
}

/// All of them, in order; `None` where rows cannot be told apart, or their range is not known.
pub(super) fn files(job: &Job<'_>) -> Option<Vec<Text>> {
    let name = &job.name().name;
    let is_written = |column: &&Column| column.generated.is_none();
    let split = Split {
        job,
        parts: job.layout.split(job.facts, job.set)?,
        staging: job.qualified(&staging_name(name)),
        function: job.qualified(&mirror_name(name)),
        key: key(job)?,
        columns: job
            .table
            .columns
            .iter()
            .filter(is_written)
            .map(|column| quote_ident(&column.name))
            .collect(),
    };
    Some(vec![
        ("split_partitions", split.partitions()),
        ("split_mirror", split.mirror()),
        ("split_copy", split.copy()),
        ("split_compared", split.compare()),
        ("split", split.swap()),
        ("split_analyzed", split.analyze()),
    ])
}

/// Names that splitting needs besides those of partitions.
pub(super) fn names(table: &str) -> [String; 1] {
    [staging_name(table)]
}

fn staging_name(table: &str) -> String {
    suffixed(table, "split")
}

fn mirror_name(table: &str) -> String {
    suffixed(table, "split_mirror")
}

/// The columns of the primary key, or of another unique key without nulls, of the partitioned table.
fn key(job: &Job<'_>) -> Option<Vec<String>> {
    let never_null = |name: &String| {
        *name == job.set.key || job.table.columns.iter().any(|it| it.name == *name && it.not_null)
    };
    let candidates = job.facts.table.indexes.iter().filter_map(|facts| {
        let index = job.table.indexes.get(&facts.name)?;
        let columns = facts.columns.iter().cloned().collect::<Option<Vec<String>>>()?;
        let constraint = index.constraint.as_ref().and_then(|name| job.table.constraints.get(name));
        let is_immediate = constraint.is_none_or(|constraint| !constraint.deferrable);
        let is_key = index.unique && !facts.partial && is_immediate && columns.iter().all(never_null);
        is_key.then_some((!index.primary, columns.len(), columns))
    });
    let (_, _, mut columns) = candidates.min()?;
    if !columns.contains(&job.set.key) {
        columns.push(job.set.key.clone());
    }
    Some(columns.iter().map(|column| quote_ident(column)).collect())
}

impl Split<'_> {
    fn partitions(&self) -> String {
        let Self { job, staging, .. } = self;
        let name = job.name();
        let head = Header {
            what: &format!(
                "{} partitions for the rows that are in {}, not in use yet: they belong to {staging} until they are filled.",
                self.parts.len(),
                job.layout.old
            ),
            why: "rows in partitions of their own can be retired with them, and queries of a range read no more than that.",
            locks: &format!(
                "ACCESS SHARE on {name}; SHARE ROW EXCLUSIVE for a moment on tables that its foreign keys refer to."
            ),
            data: "none.",
        };
        let mut sql = head.text();
        sql.append(format!(
            "CREATE TABLE {staging} (\n    LIKE {name} INCLUDING ALL EXCLUDING IDENTITY EXCLUDING STATISTICS EXCLUDING COMMENTS\n) \
             PARTITION BY RANGE ({});\n",
            job.key()
        ));
        for part in &self.parts {
            sql.append(format!(
                "CREATE TABLE {} PARTITION OF {staging} (\n    CONSTRAINT {} CHECK ({})\n) {}{}{};\n",
                part.name,
                bound_check(part),
                part.condition(job.layout.key_type, &job.key()),
                part.bound(job.layout.key_type),
                with_options(job),
                tablespace(job)
            ));
        }
        let tables = || [staging].into_iter().chain(self.parts.iter().map(|part| &part.name));
        if job.table.row_security {
            tables()
                .for_each(|table| sql.append(format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n")));
        }
        let tables: Vec<String> = tables().map(|table| literal(&table.to_string())).collect();
        sql += &rights::of_tables(&literal(&name.to_string()), &tables);
        for (constraint, definition) in super::parent::foreign_keys(job) {
            sql.append(format!("ALTER TABLE {staging} ADD CONSTRAINT {constraint} {definition};\n"));
        }
        sql
    }

    fn mirror(&self) -> String {
        let Self { job, staging, .. } = self;
        let old = &job.layout.old;
        let head = Header {
            what: &format!("has whatever is written to {old} written to {staging} too."),
            why: &format!(
                "while rows are copied, others write. The trigger is part of their transaction: what they do not commit is not there, and a \
                 row whose {} they change moves to the right partition.",
                job.key()
            ),
            locks: &format!(
                "SHARE ROW EXCLUSIVE on {old} for a moment: writers wait for it, and it for them."
            ),
            data: "none.",
        };
        let qualified = |row: &str, columns: &[String]| {
            columns.iter().map(|column| format!("{row}.{column}")).collect::<Vec<_>>().join(", ")
        };
        let others = self.columns.iter().filter(|column| !self.key.contains(column));
        let sets: Vec<String> = others.map(|column| format!("{column} = EXCLUDED.{column}")).collect();
        let update =
            if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", sets.join(", ")) };
        let triggers = self.triggers();
        let body = [
            ("$mirror_row", triggers[0].as_str()),
            ("$mirror_truncate", &triggers[1]),
            ("$function", &self.function.to_string()),
            ("$staging_key", &qualified("s", &self.key)),
            ("$staging", &staging.to_string()),
            ("$old_key", &qualified("OLD", &self.key)),
            ("$new_key", &qualified("NEW", &self.key)),
            ("$new_columns", &qualified("NEW", &self.columns)),
            ("$columns", &self.columns.join(", ")),
            ("$key", &self.key.join(", ")),
            ("$update", &update),
            ("$old", &old.to_string()),
        ];
        let body = filled(include_str!("mirror.sql"), &body);
        format!("{}{SHORT_WAITS}{body}{}", head.text(), self.function_owner())
    }

    /// It writes with the rights of the table's owner, whoever runs this.
    fn function_owner(&self) -> String {
        format!(
            "DO $pgrefit$\nBEGIN\n    EXECUTE pg_catalog.format('ALTER FUNCTION {}() OWNER TO %I',\n        \
             (SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = {}::pg_catalog.regclass));\nEND\n$pgrefit$;\n",
            self.function.to_string().replace('%', "%%").replace('\'', "''"),
            literal(&self.job.layout.old.to_string())
        )
    }

    fn triggers(&self) -> [String; 2] {
        ["mirror", "mirror_truncate"].map(|word| quote_ident(&suffixed(&self.job.name().name, word)))
    }

    fn copy(&self) -> String {
        let Self { job, staging, .. } = self;
        let old = &job.layout.old;
        let (columns, key) = (self.columns.join(", "), self.key.join(", "));
        let head = Header {
            what: &format!("copies the rows of {old} to {staging}, in batches."),
            why: "each batch is short, and waits for nobody: a row that somebody is about to delete ends it, and it is tried again.",
            locks: &format!(
                "ROW SHARE on {old} and FOR KEY SHARE on the rows of a batch, until it commits: only who deletes such a row, or changes its \
                 key, waits for that."
            ),
            data: &format!("every row of {old} is written once more, with its indexes and WAL."),
        };
        let same = |a: &str, b: &str| {
            self.key
                .iter()
                .map(|column| format!("{a}.{column} = {b}.{column}"))
                .collect::<Vec<_>>()
                .join(" AND ")
        };
        let selected = self.columns.iter().map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ");
        // The lock is inside, because a statement in batches has no clause behind its own WHERE. What it finds changed since the
        // batch's snapshot it takes as it is now; what it finds deleted it leaves out.
        format!(
            "{}-- pgrefit:statement-timeout 12h\n-- pgrefit:backfill\nINSERT INTO {staging} ({columns})\nSELECT {selected}\nFROM {old} AS o\n\
             CROSS JOIN LATERAL (SELECT * FROM {old} AS i WHERE {} FOR KEY SHARE NOWAIT) AS r\nON CONFLICT ({key}) DO NOTHING;\n\
             -- What was deleted under REPEATABLE READ while it was copied: next to nothing, so that one pass over both is quicker than\n\
             -- batches, and locks no other row. Without statistics it would be planned for tables that are empty.\n\
             ANALYZE {staging};\n\
             -- pgrefit:allow unbatched-change next to no row is deleted\nDELETE FROM {staging} AS s\n\
             WHERE NOT EXISTS (SELECT FROM {old} AS o WHERE {});\n",
            head.text(),
            same("i", "o"),
            same("o", "s")
        )
    }

    fn compare(&self) -> String {
        let Self { job, staging, .. } = self;
        let old = &job.layout.old;
        let head = Header {
            what: &format!("compares {old} and {staging}, row by row, and fails if they differ."),
            why: "the next file puts the one in the place of the other.",
            locks: "ACCESS SHARE on both: readers and writers go on. Both are read whole, in one snapshot.",
            data: "none.",
        };
        let all: Vec<String> = job.table.columns.iter().map(|column| quote_ident(&column.name)).collect();
        let body =
            [("$columns", all.join(", ")), ("$old", old.to_string()), ("$staging", staging.to_string())];
        let body: Vec<(&str, &str)> = body.iter().map(|(mark, text)| (*mark, text.as_str())).collect();
        head.text() + "-- pgrefit:statement-timeout 12h\n" + &filled(include_str!("compare.sql"), &body)
    }

    fn swap(&self) -> String {
        let Self { job, staging, function, .. } = self;
        let (name, old) = (job.name(), &job.layout.old);
        let head = Header {
            what: &format!("puts the partitions of {staging} in the place of {old}."),
            why: "they have the same rows, and have had them in every snapshot since they were compared.",
            locks: &format!(
                "ACCESS EXCLUSIVE on {name} and {old}, for some hundredths of a second: each new partition has a CHECK of its bound, and the \
                 indexes and foreign keys of the partitioned table."
            ),
            data: &format!("none. {old} stays, detached, as a copy: drop it when nobody misses anything."),
        };
        let mut sql = head.text();
        sql += SHORT_WAITS;
        sql += &allow("explicit-lock", "everything here is under this one lock, and short");
        sql += &allow(
            "several-strong-locks",
            "the table and its partition, in the order of everybody who uses them",
        );
        sql.append(format!("LOCK TABLE ONLY {name}, {old} IN ACCESS EXCLUSIVE MODE;\n"));
        for trigger in self.triggers() {
            sql.append(format!("DROP TRIGGER {trigger} ON {old};\n"));
        }
        sql.append(format!("DROP FUNCTION {function}();\n"));
        sql +=
            "-- pgrefit:allow detach-without-concurrently it must not be seen without what takes its place\n";
        sql.append(format!("ALTER TABLE {name} DETACH PARTITION {old};\n"));
        for part in &self.parts {
            let (table, bound) = (&part.name, part.bound(job.layout.key_type));
            sql += &allow("detach-without-concurrently", "nobody reads that table");
            sql.append(format!("ALTER TABLE {staging} DETACH PARTITION {table};\n"));
            if !job.table.indexes.is_empty() {
                sql += &allow(
                    "attach-builds-index",
                    "it has the same indexes from the table that it comes from",
                );
            }
            sql.append(format!("ALTER TABLE {name} ATTACH PARTITION {table} {bound};\n"));
            sql.append(format!("ALTER TABLE {table} DROP CONSTRAINT {};\n", bound_check(part)));
        }
        sql += &allow("drop-table", "it has no rows and no partitions");
        sql.append(format!("DROP TABLE {staging};\n"));
        sql + &format!(
            "COMMENT ON TABLE {old} IS {};\n",
            literal(&format!(
                "The rows of {name} before they were moved into partitions of their own. Nobody needs it any more."
            ))
        )
    }

    fn analyze(&self) -> String {
        let name = self.job.name();
        let head = Header {
            what: &format!("statistics of {name} and its new partitions."),
            why: "plans of the first queries would be guesses.",
            locks: &format!(
                "SHARE UPDATE EXCLUSIVE on {name} and its partitions: readers and writers go on."
            ),
            data: "none.",
        };
        head.text() + &format!("ANALYZE {name};\n")
    }
}

fn bound_check(part: &Part) -> String {
    quote_ident(&suffixed(&part.name.name, "bound"))
}

/// Puts texts in the places of marks in one go, so that a name that looks like a mark stays what it is.
fn filled(template: &str, marks: &[(&str, &str)]) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let longest =
            marks.iter().filter(|(mark, _)| rest.starts_with(mark)).max_by_key(|(mark, _)| mark.len());
        if let Some((mark, text)) = longest {
            out.push_str(text);
            rest = &rest[mark.len()..];
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out + rest
}
