//! The content of a database, read so that two copies can be compared.

mod digests;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pgrefit_catalog::{Catalog, Name};
use pgrefit_pg::digest::{Encoding, KeyRange, Reading, TableDigest, large_objects};
use pgrefit_pg::introspect::{Scope, catalog_of};
use pgrefit_pg::{Connector, Snapshot, Stop};
use serde::{Deserialize, Serialize};

use crate::event::Listener;
use crate::{Error, Thoroughness};
pub(crate) use tables::{Kind, TableFacts};

/// How the content of one side is read.
pub struct Look<'a> {
    /// The database.
    pub connector: &'a Connector,
    /// An exported snapshot; without one, the moment at which reading begins in each session.
    pub snapshot_id: Option<&'a str>,
    /// How many sessions read at once.
    pub jobs: u16,
    /// How values are encoded: the same on both sides.
    pub encoding: Encoding,
    /// How much is read.
    pub thoroughness: Thoroughness,
    /// How long one statement may take.
    pub limit: Duration,
    /// How long a lock is waited for.
    pub lock: Duration,
    /// Ends the reading in order.
    pub stop: &'a Stop,
    /// Is told of each table.
    pub on_event: Listener<'a>,
}

impl std::fmt::Debug for Look<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Look").field("connector", self.connector).finish_non_exhaustive()
    }
}

/// What a database holds: its schema, its rows in digests, its sequences, large objects and extensions, and who may do what.
#[derive(Clone, Debug)]
pub struct Content {
    pub(crate) catalog: Catalog,
    pub(crate) tables: BTreeMap<Name, TableContent>,
    pub(crate) sequences: BTreeMap<Name, SequenceState>,
    /// The sequences as they were when reading had ended; `None` where nobody writes.
    pub(crate) sequences_after: Option<BTreeMap<Name, SequenceState>>,
    pub(crate) large_objects: TableDigest,
    pub(crate) extensions: BTreeMap<String, String>,
    pub(crate) privileges: BTreeSet<String>,
}

/// The rows of one table.
#[derive(Clone, Debug)]
pub(crate) struct TableContent {
    pub(crate) facts: TableFacts,
    /// `None` when it is not read.
    pub(crate) digest: Option<TableDigest>,
    /// Of the whole table, also when the digest is of a sample.
    pub(crate) rows: u64,
    /// Of which rows the digest is; empty for all.
    pub(crate) ranges: Vec<KeyRange>,
}

/// Where a sequence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceState {
    /// Its `last_value`.
    pub last_value: i64,
    /// Whether that value was given out.
    pub is_called: bool,
}

impl Content {
    /// Reads the content of one side. `like` is that of the other side, of which a sample reads the same keys.
    ///
    /// Reads every table whole, or a sample of it. Locks: ACCESS SHARE on all that is read until that is done.
    ///
    /// # Errors
    /// What the server says; [`Error::Stopped`]. `side` makes an error of a connection one of this crate.
    pub async fn read(
        look: &Look<'_>,
        like: Option<&Content>,
        side: fn(pgrefit_pg::Error) -> Error,
    ) -> Result<Self, Error> {
        let mut session = look.connector.read_only().await.map_err(side)?;
        let (mut content, waiting) = {
            let moment = look.moment(&mut session).await.map_err(side)?;
            let content = Self::begin(look, &moment).await.map_err(side)?;
            let waiting = tables::read(&moment).await.map_err(side)?;
            (content, waiting)
        };
        content.tables = digests::read(look, waiting, like, side).await?;
        Ok(content)
    }

    /// Reads the sequences once more, on a source that is in use.
    pub(crate) async fn look_again(
        &mut self,
        look: &Look<'_>,
        side: fn(pgrefit_pg::Error) -> Error,
    ) -> Result<(), Error> {
        let mut session = look.connector.read_only().await.map_err(side)?;
        let moment = session.snapshot().await.map_err(side)?;
        self.sequences_after = Some(tables::sequences(&moment).await.map_err(side)?);
        Ok(())
    }

    /// All but the tables.
    async fn begin(look: &Look<'_>, moment: &Snapshot<'_>) -> Result<Self, pgrefit_pg::Error> {
        // Before everything else: it moves on meanwhile, and what the dump has must lie between the two looks at it.
        let sequences = tables::sequences(moment).await?;
        let reading = Reading { encoding: look.encoding, limit: Some(look.limit), ..Reading::default() };
        Ok(Self {
            sequences,
            sequences_after: None,
            large_objects: large_objects(moment, &reading).await?,
            extensions: tables::extensions(moment).await?,
            privileges: tables::privileges(moment).await?,
            catalog: catalog_of(moment, &Scope::everything()).await?,
            tables: BTreeMap::new(),
        })
    }

    /// The schema.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }
}

impl Look<'_> {
    async fn moment<'s>(
        &self,
        session: &'s mut pgrefit_pg::ReadOnly,
    ) -> Result<Snapshot<'s>, pgrefit_pg::Error> {
        match self.snapshot_id {
            Some(id) => session.join(id, self.limit, self.lock).await,
            None => session.snapshot().await,
        }
    }
}
