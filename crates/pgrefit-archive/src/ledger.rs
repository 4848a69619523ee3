//! The ledger: one row an archive, in the database itself, so that it changes in the transaction that it tells of.

mod row;
mod write;

use pgrefit_catalog::{Name, quote_ident};
use pgrefit_history::History;
use pgrefit_pg::types::Type;
use pgrefit_pg::{Connector, Migrator, ReadOnly};

use crate::manifest::Export;
use crate::{Error, Plan, State};

pub(crate) use write::{Change, Exported, literal};

/// The name of the ledger. It stands in the schema of the history table, because a role that only owns its schema cannot create
/// another one.
pub const LEDGER_TABLE: &str = pgrefit_history::ARCHIVE_TABLE;

/// One archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// What the table was.
    pub plan: Plan,
    /// What was exported, once something was.
    pub export: Option<Export>,
    /// The store, without credentials, once it is there.
    pub store: Option<String>,
    /// The key of the manifest there.
    pub manifest: Option<String>,
    /// The oid of the table that was made again.
    pub loaded_oid: Option<u32>,
    /// Every state with the moment it was reached, RFC 3339, UTC; more than once where it was exported again.
    pub moments: Vec<(State, String)>,
    /// Which program wrote last.
    pub tool: String,
}

impl Record {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &Name {
        &self.plan.table
    }

    /// What was exported, which is there from that state on.
    pub(crate) fn exported(&self) -> Result<&Export, Error> {
        self.export.as_ref().ok_or_else(|| Error::Unreadable {
            what: format!("the ledger's row of archive {}", self.id),
            source: format!("it is {}, but nothing was exported", self.state).into(),
        })
    }
}

/// The ledger's place.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// Qualified and quoted.
    table: String,
    schema: String,
}

impl Ledger {
    /// Finds the place; nothing is made.
    pub(crate) async fn find(connector: &Connector, history: &str) -> Result<Self, Error> {
        let mut session = connector.read_only().await.map_err(Error::Source)?;
        let history =
            History::read(&mut session, history).await.map_err(|error| Error::NoLedger(Box::new(error)))?;
        Ok(Self { table: format!("{}.{LEDGER_TABLE}", quote_ident(&history.schema)), schema: history.schema })
    }

    /// Makes the table where it is missing.
    ///
    /// Locks: that of `CREATE TABLE` on the schema.
    pub(crate) async fn create(&self, session: &mut Migrator) -> Result<(), Error> {
        if self.exists(session).await? {
            return Ok(());
        }
        let sql = include_str!("ledger/create.sql").replace("{ledger}", &self.table);
        session.batch(&sql).await.map_err(Error::Source)
    }

    /// Whether it was made already.
    pub(crate) async fn exists(&self, session: &mut Migrator) -> Result<bool, Error> {
        let params: pgrefit_pg::Params<'_> = &[(&self.schema, Type::NAME), (&LEDGER_TABLE, Type::NAME)];
        Ok(!session.query(EXISTS, params).await.map_err(Error::Source)?.is_empty())
    }

    /// All rows, the latest first; none where there is no ledger.
    pub(crate) async fn all(&self, session: &ReadOnly) -> Result<Vec<Record>, Error> {
        let params: pgrefit_pg::Params<'_> = &[(&self.schema, Type::NAME), (&LEDGER_TABLE, Type::NAME)];
        if session.query(EXISTS, params).await.map_err(Error::Source)?.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{} ORDER BY planned_at DESC, id DESC", self.select());
        let rows = session.query(&sql, &[]).await.map_err(Error::Source)?;
        rows.iter().map(row::read).collect()
    }

    /// The archive of a table that is being made; at most one is.
    pub(crate) async fn open(&self, session: &mut Migrator, table: &Name) -> Result<Option<Record>, Error> {
        let sql = format!("{} WHERE relation = $1 AND is_open", self.select());
        let rows = session.query(&sql, &[(&table.to_string(), Type::TEXT)]).await.map_err(Error::Source)?;
        rows.first().map(row::read).transpose()
    }

    /// The archive of this name.
    pub(crate) async fn get(&self, session: &mut Migrator, id: &str) -> Result<Option<Record>, Error> {
        let sql = format!("{} WHERE id = $1", self.select());
        let rows = session.query(&sql, &[(&id, Type::TEXT)]).await.map_err(Error::Source)?;
        rows.first().map(row::read).transpose()
    }

    fn select(&self) -> String {
        format!(
            "SELECT id, state, plan::text, export::text, store, manifest, loaded_oid, moments::text, tool FROM {}",
            self.table
        )
    }
}

const EXISTS: &str = "SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname = $1 AND c.relname = $2";

/// All archives of a database, the latest first.
///
/// Reads the ledger; locks: ACCESS SHARE on it. `history` is the name of the history table.
///
/// # Errors
/// What the server says; a row that this version does not understand.
pub async fn records(connector: &Connector, history: &str) -> Result<Vec<Record>, Error> {
    let ledger = Ledger::find(connector, history).await?;
    let session = connector.read_only().await.map_err(Error::Source)?;
    ledger.all(&session).await
}
