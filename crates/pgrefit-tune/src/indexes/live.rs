//! Names and partitions as the live database has them when files are written: a copy is as old as its backup.

use std::collections::BTreeSet;

use pgrefit_catalog::Name;
use pgrefit_pg::Connector;
use pgrefit_pg::types::Type;
use serde::Deserialize;
use serde_json::json;

use super::Error;
use super::facts::Leaf;
use super::found::{Found, Kept, Part};
use super::name::{free, part_name};

const QUERY: &str = include_str!("live.sql");
const DOING: &str = "read the tables of the live database";

/// What the live database has of the tables that are to get an index.
#[derive(Debug, Default, Deserialize)]
struct Live {
    tables: Vec<LiveTable>,
    names: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct LiveTable {
    schema: String,
    name: String,
    is_partitioned: bool,
    leaves: Vec<Leaf>,
}

/// Gives the kept indexes names that are free in the live database, and the partitions that are there now: one that was made since
/// the backup would lack its index, so that the whole would stay invalid, and the file of one that was dropped would fail. Reads
/// the catalog of the live database; writes and locks nothing there.
///
/// # Errors
/// [`Error::Changed`] if a table is gone or is partitioned on one of both sides only: no file would be right. [`Error::Database`].
pub async fn settle(live: &Connector, found: &mut Found) -> Result<(), Error> {
    if found.kept.is_empty() {
        return Ok(());
    }
    let now = Live::read(live, &found.kept).await?;
    now.give_to(found)
}

impl Live {
    async fn read(live: &Connector, kept: &[Kept]) -> Result<Self, Error> {
        let tables: Vec<_> =
            kept.iter().map(|it| json!({ "schema": it.table.schema, "name": it.table.name })).collect();
        let tables = serde_json::Value::from(tables).to_string();
        let session = live.read_only().await.map_err(Error::doing(DOING))?;
        let rows = session.query(QUERY, &[(&tables, Type::TEXT)]).await.map_err(Error::doing(DOING))?;
        let text: Option<String> = rows.first().and_then(|row| row.try_get(0).ok());
        let read = text.and_then(|text| serde_json::from_str(&text).ok());
        read.ok_or(Error::Unexpected("the tables of the live database"))
    }

    fn give_to(mut self, found: &mut Found) -> Result<(), Error> {
        for at in 0..found.kept.len() {
            let kept = &found.kept[at];
            let leaves = self.leaves(kept)?;
            let (name, was) = (free(&kept.name, &mut self.names), kept.name.clone());
            found.notes.extend(differences(kept, &leaves, &name));
            found.kept[at].partitions = parts(&name, &leaves, &mut self.names);
            found.kept[at].is_deep = leaves.iter().any(|leaf| !leaf.is_direct);
            rename(found, at, &was, &name);
        }
        Ok(())
    }

    fn leaves(&self, kept: &Kept) -> Result<Vec<Leaf>, Error> {
        let own = |it: &&LiveTable| it.schema == kept.table.schema && it.name == kept.table.name;
        let table = self.tables.iter().find(own);
        let alike = table.filter(|it| it.is_partitioned != kept.partitions.is_empty());
        let whole = alike.filter(|it| !it.is_partitioned || !it.leaves.is_empty());
        whole.map(|it| it.leaves.clone()).ok_or_else(|| Error::Changed { table: kept.table.to_string() })
    }
}

/// The index of each leaf, with a name of its own, which is taken from then on.
pub(super) fn parts(index: &str, leaves: &[Leaf], taken: &mut BTreeSet<String>) -> Vec<Part> {
    let part = |(at, leaf): (usize, &Leaf)| Part {
        table: Name::new(leaf.schema.clone(), leaf.name.clone()),
        index: part_name(index, at + 1, taken),
    };
    leaves.iter().enumerate().map(part).collect()
}

/// What somebody who wonders about the files should know.
fn differences(kept: &Kept, leaves: &[Leaf], name: &str) -> Vec<String> {
    let has = |leaf: &Leaf| {
        kept.partitions.iter().any(|it| it.table.schema == leaf.schema && it.table.name == leaf.name)
    };
    let new = leaves.iter().filter(|leaf| !has(leaf)).count();
    let gone = kept.partitions.len().saturating_sub(leaves.len() - new);
    let taken = format!(
        "{} is there already in the live database: look whether it is this index, which is called {name} here",
        kept.name
    );
    let moved = format!(
        "{} has {} that the copy lacks, and lacks {gone} of the copy: the files are for those of now",
        kept.table,
        pgrefit_report::counted(new, "partition")
    );
    let both = [(kept.name != name, taken), (new + gone > 0, moved)];
    both.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).collect()
}

fn rename(found: &mut Found, at: usize, was: &str, name: &str) {
    name.clone_into(&mut found.kept[at].name);
    let indexes = found.statements.iter_mut().flat_map(|one| &mut one.indexes);
    let by = found.superseded.iter_mut().map(|one| &mut one.by);
    indexes.chain(by).filter(|own| *own == was).for_each(|own| name.clone_into(own));
}
