//! The content of a database in digests, to show that a run lost nothing.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_catalog::{Catalog, Name};
use pgrefit_pg::ReadOnly;
use pgrefit_pg::digest::{self, TableDigest};
use pgrefit_report::{Cell, Column, Finding, Status, Table, counted};

use crate::Error;

/// Row counts and digests of every table at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    tables: BTreeMap<Name, Digested>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Digested {
    columns: Vec<String>,
    content: TableDigest,
}

impl Content {
    /// Reads every table of `catalog` whole, under ACCESS SHARE, in one snapshot.
    ///
    /// # Errors
    /// A table that may not be read; a statement time limit.
    pub(crate) async fn read(catalog: &Catalog, session: &mut ReadOnly) -> Result<Self, Error> {
        Self::read_columns(catalog.shared_columns(catalog), session).await
    }

    /// Reads the tables again, on the columns they had then as far as these still exist, and new tables whole.
    pub(crate) async fn read_again(&self, catalog: &Catalog, session: &mut ReadOnly) -> Result<Self, Error> {
        let mut columns = catalog.shared_columns(catalog);
        for (name, now) in &mut columns {
            if let Some(then) = self.tables.get(name) {
                now.retain(|column| then.columns.contains(column));
            }
        }
        Self::read_columns(columns, session).await
    }

    async fn read_columns(
        columns: BTreeMap<Name, Vec<String>>,
        session: &mut ReadOnly,
    ) -> Result<Self, Error> {
        let snapshot = session.snapshot().await?;
        let mut digests = digest::database(&snapshot, &columns).await?;
        let tables = columns
            .into_iter()
            .filter_map(|(name, columns)| {
                digests.remove(&name).map(|content| (name, Digested { columns, content }))
            })
            .collect();
        Ok(Self { tables })
    }

    /// How many tables there are.
    #[must_use]
    pub fn tables(&self) -> usize {
        self.tables.len()
    }

    /// How many rows a table of this name has, in whatever schema.
    #[must_use]
    pub fn rows_of(&self, table: &str) -> Option<u64> {
        self.tables.iter().find(|(name, _)| name.name == table).map(|(_, found)| found.content.rows)
    }

    /// Holds this content against a later one: a table that changed is a failure unless `declared` names it.
    pub(crate) fn judge(&self, now: &Self, declared: &BTreeSet<String>) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.tables.iter().filter_map(|(name, then)| judge_table(name, then, now, declared)).collect();
        let unchanged = self.tables.len() - findings.len();
        if unchanged > 0 {
            let message = format!("{} with the rows and the content of before", counted(unchanged, "table"));
            findings.push(Finding::new(CHECK, Status::Pass, message));
        }
        findings
    }

    /// Rows before and after, and whether the content is the same.
    #[must_use]
    pub fn table(&self, now: &Self) -> Table {
        let columns = [
            Column::text("table", "table"),
            Column::number("rows_before", "rows before"),
            Column::number("rows_after", "rows after"),
            Column::text("content", "content"),
        ];
        let mut table = Table::new("content", "Content", columns);
        for name in self.tables.keys().chain(now.tables.keys()).collect::<BTreeSet<_>>() {
            let (then, after) = (self.tables.get(name), now.tables.get(name));
            let rows = |found: Option<&Digested>| Cell::from(found.map(|found| found.content.rows));
            table.push([name.to_string().into(), rows(then), rows(after), word(then, after).into()]);
        }
        table
    }
}

const CHECK: &str = "content-changed";

fn word(then: Option<&Digested>, now: Option<&Digested>) -> &'static str {
    match (then, now) {
        (Some(then), Some(now)) if then.columns != now.columns => "columns dropped",
        (Some(then), Some(now)) if then.content == now.content => "same",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "dropped",
        (None, _) => "new",
    }
}

/// A finding about a table, or none when it is as it was.
fn judge_table(name: &Name, then: &Digested, now: &Content, declared: &BTreeSet<String>) -> Option<Finding> {
    let after = now.tables.get(name);
    let word = word(Some(then), after);
    if word == "same" {
        return None;
    }
    let is_declared = declared.contains(&name.name) || declared.contains(&name.to_string());
    let (status, end) = if is_declared {
        (Status::Info, "as an applied migration declares")
    } else {
        (Status::Fail, "and no applied migration declares it with `-- pgrefit:changes`")
    };
    let rows_after = after.map(|after| after.content.rows);
    let finding = Finding::new(CHECK, status, format!("the content is not as before ({word}), {end}"))
        .about(name.to_string())
        .number("rows_before", then.content.rows)
        .number("rows_after", rows_after);
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(tables: &[(&str, &[&str], u64, &str)]) -> Content {
        let digested = |columns: &[&str], rows: u64, digest: &str| Digested {
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            content: TableDigest { rows, digest: digest.to_owned() },
        };
        let tables = tables.iter().map(|(name, columns, rows, digest)| {
            (Name::new("public", *name), digested(columns, *rows, digest))
        });
        Content { tables: tables.collect() }
    }

    #[test]
    fn only_declared_changes_pass() {
        let then = content(&[("a", &["x"], 1, "1"), ("b", &["x"], 2, "2")]);
        let check = |now: Content, declared: &[&str], expected: &[Status]| {
            let declared = declared.iter().map(|&name| name.to_owned()).collect();
            let found: Vec<_> = then.judge(&now, &declared).iter().map(|finding| finding.status).collect();
            assert_eq!(found, expected);
        };
        check(then.clone(), &[], &[Status::Pass]);
        let changed = || content(&[("a", &["x"], 1, "1"), ("b", &["x"], 3, "5")]);
        check(changed(), &[], &[Status::Fail, Status::Pass]);
        check(changed(), &["b"], &[Status::Info, Status::Pass]);
        check(changed(), &["public.b"], &[Status::Info, Status::Pass]);
        check(changed(), &["other.b"], &[Status::Fail, Status::Pass]);
        check(content(&[("a", &["x"], 1, "1")]), &[], &[Status::Fail, Status::Pass]);
        check(content(&[("a", &[], 1, "0"), ("b", &["x"], 2, "2")]), &[], &[Status::Fail, Status::Pass]);
    }
}
