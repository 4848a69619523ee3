//! What is known of a table that is to be partitioned. The only file of judging and converting that asks a server.

use std::time::Duration;

use pgrefit_catalog::{Name, Snapshot, Table};
use pgrefit_pg::ReadOnly;
use pgrefit_pg::introspect::{Scope, snapshot};
use pgrefit_pg::partition::{Extremes, TableFacts, extremes, resolve, table_facts};

use crate::{Error, KeyType, PartitionSet, Point};

/// The facts that a judgement and a conversion follow from.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The schema of the database, and the server's clock.
    pub snapshot: Snapshot,
    /// What hangs on the table.
    pub table: TableFacts,
    /// The least and the greatest value of the key; `None` if the table has no such column, or they were not found in time.
    pub extremes: Option<Extremes>,
    /// How many bytes are free where the server keeps its data, if somebody knows: no server tells.
    pub free_bytes: Option<u64>,
}

impl Facts {
    /// Reads them. `look` bounds the search for the least and the greatest value of the key, which reads the whole table where no index
    /// begins with it.
    ///
    /// # Locks
    /// ACCESS SHARE on the table, and for a moment on everything whose definition is printed.
    ///
    /// # Errors
    /// [`Error::NoTable`]; what the server says.
    pub async fn read(session: &mut ReadOnly, set: &PartitionSet, look: Duration) -> Result<Self, Error> {
        let reading = || format!("read what {} is made of", set.table);
        let no_table = || Error::NoTable { table: set.table.clone() };
        let name =
            resolve(session, &set.table).await.map_err(Error::server(reading()))?.ok_or_else(no_table)?;
        let snapshot = snapshot(session, &Scope::everything()).await.map_err(Error::server(reading()))?;
        let table =
            table_facts(session, &name).await.map_err(Error::server(reading()))?.ok_or_else(no_table)?;
        let mut facts = Self { snapshot, table, extremes: None, free_bytes: None };
        if facts.key_type(set).is_some() {
            let found = extremes(session, &name, &set.key, look).await;
            facts.extremes =
                found.map_err(Error::server(format!("find the least and the greatest {}", set.key)))?;
        }
        Ok(facts)
    }

    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.table.name
    }

    /// The table as the catalog has it; `None` if it was dropped between two looks.
    #[must_use]
    pub fn catalog_table(&self) -> Option<&Table> {
        self.snapshot.catalog.tables.get(&self.table.name)
    }

    /// The major version of the server.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.snapshot.server_version_num / 10_000
    }

    /// The server's clock when the facts were read.
    #[must_use]
    pub fn now(&self) -> Option<Point> {
        let text = self.snapshot.taken_at.replace('T', " ");
        KeyType::TimestampTz.point(text.trim_end_matches('Z'))
    }

    /// The type of the key; `None` if there is no such column, or ranges cannot be made of its type.
    #[must_use]
    pub fn key_type(&self, set: &PartitionSet) -> Option<KeyType> {
        let column = self.catalog_table()?.columns.iter().find(|column| column.name == set.key)?;
        KeyType::of(&column.data_type)
    }
}
