//! Kept indexes as migration files: one index a file, built while others read and write, with the figures that speak for it.

use pgrefit_catalog::{Name, quote_ident};
use pgrefit_report::human_bytes;

use super::found::{Found, Kept, Part, StatementFound};

/// Statements whose figures are told in one file.
const FIGURES_MAX: usize = 6;
/// Columns of a comment.
const WIDTH: usize = 118;

/// A migration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationText {
    /// `V33__idx_documents_created_at_id.sql`
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// The files that build the kept indexes, numbered from `version` on. A partitioned table takes one for itself, which builds nothing,
/// and one for each partition, whose index is attached at the end of it; where partitions are partitioned again no file is written,
/// and [`report`](super::report()) says so.
#[must_use]
pub fn migrations(found: &Found, version: u32) -> Vec<MigrationText> {
    let mut files = Vec::new();
    for kept in found.kept.iter().filter(|kept| !kept.is_deep) {
        for (name, text) in texts(kept, found) {
            let number = version.saturating_add(u32::try_from(files.len()).unwrap_or(u32::MAX));
            files.push(MigrationText { name: format!("V{number}__{name}.sql"), text });
        }
    }
    files
}

fn texts(kept: &Kept, found: &Found) -> Vec<(String, String)> {
    let index = quote_ident(&kept.name);
    let (table, definition) = (&kept.table, &kept.definition);
    let (what, why, data) = (what(kept), why(kept, found), data(kept));
    if kept.partitions.is_empty() {
        let sql = format!("CREATE INDEX CONCURRENTLY {index} ON {table} {definition};\n");
        return vec![(kept.name.clone(), comment(&what, &why, &concurrently(table), &data) + &sql)];
    }
    let locks = format!(
        "SHARE on {table} alone, for a moment: nothing is built. The index stays INVALID until that of every partition is attached \
         (the files behind this one)."
    );
    let sql = format!("CREATE INDEX {index} ON ONLY {table} {definition};\n");
    let mut all = vec![(kept.name.clone(), comment(&what, &why, &locks, "none.") + &sql)];
    let schema = &kept.table.schema;
    for Part { table: leaf, index: own } in &kept.partitions {
        let why = vec![format!("the part of {} in this partition, with that of every other.", kept.name)];
        let locks = concurrently(leaf);
        let sql = format!("CREATE INDEX CONCURRENTLY {} ON {leaf} {definition};\n", quote_ident(own));
        all.push((own.clone(), comment(&format!("an index on {leaf}."), &why, &locks, &data) + &sql));
        let locks = format!(
            "SHARE UPDATE EXCLUSIVE on {index}, ACCESS EXCLUSIVE on the index attached, for a moment."
        );
        let attach = format!(
            "ALTER INDEX {} ATTACH PARTITION {};\n",
            Name::new(schema.clone(), kept.name.clone()),
            Name::new(leaf.schema.clone(), own.clone())
        );
        let what = format!("makes {own} a part of {}.", kept.name);
        let why = vec!["an index of a partitioned table is valid when it has all its parts.".to_owned()];
        all.push((format!("attach_{own}"), comment(&what, &why, &locks, "none.") + &attach));
    }
    all
}

fn what(kept: &Kept) -> String {
    format!("an index on {} {}: {}.", kept.table, kept.definition, kept.purpose)
}

/// The figures, those of the statements that gain most first.
fn why(kept: &Kept, found: &Found) -> Vec<String> {
    let is_user = |statement: &&StatementFound| kept.used_by.contains(&statement.name);
    let mut used: Vec<&StatementFound> = found.statements.iter().filter(is_user).collect();
    let gain = |one: &StatementFound| one.before_ms / one.after_ms.max(0.001);
    used.sort_by(|one, other| gain(other).total_cmp(&gain(one)));
    let mut lines = vec![format!(
        "measured on a copy ({:.0} rows, {}), without and with all indexes proposed together:",
        kept.rows,
        human_bytes(kept.table_bytes)
    )];
    lines.extend(used.iter().take(FIGURES_MAX).map(|statement| figures(statement)));
    if used.len() > FIGURES_MAX {
        lines.push(format!("and {} more statements.", used.len() - FIGURES_MAX));
    }
    lines.push(format!(
        "Size {}, built in {} ms there.{}",
        human_bytes(kept.size_bytes),
        kept.build_ms,
        writes(kept)
    ));
    lines
}

fn figures(statement: &StatementFound) -> String {
    let more = if statement.cut_before { "more than " } else { "" };
    format!(
        "\"{}\" {more}{:.2} → {:.2} ms, {} → {} blocks.",
        statement.name,
        statement.before_ms,
        statement.after_ms,
        statement.blocks_before,
        statement.blocks_after
    )
}

fn writes(kept: &Kept) -> String {
    kept.write.map_or_else(String::new, |cost| {
        format!(
            " A row written costs {:.0} µs instead of {:.0}, and {:.0} bytes of WAL instead of {:.0}.",
            cost.after_us, cost.before_us, cost.wal_after_bytes, cost.wal_before_bytes
        )
    })
}

fn concurrently(table: &Name) -> String {
    format!(
        "SHARE UPDATE EXCLUSIVE on {table}: readers and writers go on. The build waits for every transaction that is older than \
         itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again."
    )
}

fn data(kept: &Kept) -> String {
    kept.long_key.as_ref().map_or_else(
        || "none.".to_owned(),
        |key| format!("none. A value of {key} of more than about 2,600 bytes could not be stored any more."),
    )
}

fn comment(what: &str, why: &[String], locks: &str, data: &str) -> String {
    let mut text = part("What: ", what);
    for (at, line) in why.iter().enumerate() {
        text.push_str(&part(if at == 0 { "Why:  " } else { "      " }, line));
    }
    text.push_str(&part("Locks:", locks));
    text.push_str(&part("Data: ", data));
    text
}

/// A paragraph, broken between words. Whatever a name holds stays on its line.
fn part(head: &str, text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines = vec![format!("-- {head}")];
    for word in plain.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last + 1 + word.chars().count() > WIDTH {
            lines.push(format!("-- {}", " ".repeat(6)));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::indexes::WriteCost;

    fn kept() -> Kept {
        Kept {
            name: "idx_documents_source_name_created_at".into(),
            table: Name::new("public", "documents"),
            partitions: Vec::new(),
            is_deep: false,
            definition: "(source_name, created_at)".into(),
            purpose: "equality, then the order".into(),
            used_by: vec!["find-by-source".into()],
            size_bytes: 5 << 20,
            table_bytes: 100 << 20,
            rows: 10_000.0,
            build_ms: 42,
            write: Some(WriteCost {
                before_us: 50.0,
                after_us: 60.0,
                wal_before_bytes: 3000.0,
                wal_after_bytes: 3100.0,
            }),
            saves_ms: 10.0,
            long_key: None,
        }
    }

    fn check(kept: Kept, expected: &Expect) {
        let statement = StatementFound {
            name: "find-by-source".into(),
            weight: 10.0,
            budget_ms: 100.0,
            before_ms: 12.5,
            after_ms: 0.25,
            blocks_before: 900,
            blocks_after: 12,
            cut_before: false,
            cut_after: false,
            indexes: Vec::new(),
        };
        let found = Found {
            kept: vec![kept],
            statements: vec![statement],
            rejected: Vec::new(),
            unread: Vec::new(),
            notes: Vec::new(),
            superseded: Vec::new(),
            before_ms: 0.0,
            after_ms: 0.0,
            took_ms: 0,
        };
        let files = migrations(&found, 33);
        let all: Vec<String> = files.iter().map(|file| format!("== {}\n{}", file.name, file.text)).collect();
        expected.assert_eq(&all.concat());
    }

    #[test]
    fn a_table() {
        check(
            kept(),
            &expect![[r#"
            == V33__idx_documents_source_name_created_at.sql
            -- What:  an index on public.documents (source_name, created_at): equality, then the order.
            -- Why:   measured on a copy (10000 rows, 100.0 MiB), without and with all indexes proposed together:
            --        "find-by-source" 12.50 → 0.25 ms, 900 → 12 blocks.
            --        Size 5.0 MiB, built in 42 ms there. A row written costs 60 µs instead of 50, and 3100 bytes of WAL instead
            --        of 3000.
            -- Locks: SHARE UPDATE EXCLUSIVE on public.documents: readers and writers go on. The build waits for every transaction
            --        that is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds
            --        again.
            -- Data:  none.
            CREATE INDEX CONCURRENTLY idx_documents_source_name_created_at ON public.documents (source_name, created_at);
        "#]],
        );
    }

    #[test]
    fn a_partitioned_table_with_odd_names() {
        let part = |table: Name, number: u8| Part {
            table,
            index: format!("idx_documents_source_name_created_at_p{number}"),
        };
        let partitions = vec![part(Name::new("Odd", "a\nb"), 1), part(Name::new("public", "p2"), 2)];
        let table = Name::new("Odd", "Mixed \"Case\"");
        check(
            Kept { partitions, table, long_key: Some("path".into()), write: None, ..kept() },
            &expect![[r#"
                == V33__idx_documents_source_name_created_at.sql
                -- What:  an index on "Odd"."Mixed ""Case""" (source_name, created_at): equality, then the order.
                -- Why:   measured on a copy (10000 rows, 100.0 MiB), without and with all indexes proposed together:
                --        "find-by-source" 12.50 → 0.25 ms, 900 → 12 blocks.
                --        Size 5.0 MiB, built in 42 ms there.
                -- Locks: SHARE on "Odd"."Mixed ""Case""" alone, for a moment: nothing is built. The index stays INVALID until that of
                --        every partition is attached (the files behind this one).
                -- Data:  none.
                CREATE INDEX idx_documents_source_name_created_at ON ONLY "Odd"."Mixed ""Case""" (source_name, created_at);
                == V34__idx_documents_source_name_created_at_p1.sql
                -- What:  an index on "Odd"."a b".
                -- Why:   the part of idx_documents_source_name_created_at in this partition, with that of every other.
                -- Locks: SHARE UPDATE EXCLUSIVE on "Odd"."a b": readers and writers go on. The build waits for every transaction that
                --        is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again.
                -- Data:  none. A value of path of more than about 2,600 bytes could not be stored any more.
                CREATE INDEX CONCURRENTLY idx_documents_source_name_created_at_p1 ON "Odd"."a
                b" (source_name, created_at);
                == V35__attach_idx_documents_source_name_created_at_p1.sql
                -- What:  makes idx_documents_source_name_created_at_p1 a part of idx_documents_source_name_created_at.
                -- Why:   an index of a partitioned table is valid when it has all its parts.
                -- Locks: SHARE UPDATE EXCLUSIVE on idx_documents_source_name_created_at, ACCESS EXCLUSIVE on the index attached, for
                --        a moment.
                -- Data:  none.
                ALTER INDEX "Odd".idx_documents_source_name_created_at ATTACH PARTITION "Odd".idx_documents_source_name_created_at_p1;
                == V36__idx_documents_source_name_created_at_p2.sql
                -- What:  an index on public.p2.
                -- Why:   the part of idx_documents_source_name_created_at in this partition, with that of every other.
                -- Locks: SHARE UPDATE EXCLUSIVE on public.p2: readers and writers go on. The build waits for every transaction that
                --        is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again.
                -- Data:  none. A value of path of more than about 2,600 bytes could not be stored any more.
                CREATE INDEX CONCURRENTLY idx_documents_source_name_created_at_p2 ON public.p2 (source_name, created_at);
                == V37__attach_idx_documents_source_name_created_at_p2.sql
                -- What:  makes idx_documents_source_name_created_at_p2 a part of idx_documents_source_name_created_at.
                -- Why:   an index of a partitioned table is valid when it has all its parts.
                -- Locks: SHARE UPDATE EXCLUSIVE on idx_documents_source_name_created_at, ACCESS EXCLUSIVE on the index attached, for
                --        a moment.
                -- Data:  none.
                ALTER INDEX "Odd".idx_documents_source_name_created_at ATTACH PARTITION public.idx_documents_source_name_created_at_p2;
            "#]],
        );
    }
}
