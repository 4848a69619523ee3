//! What a table is, written down before anything is changed, and what keeps it from being archived.

mod facts;

use pgrefit_catalog::Name;
use pgrefit_pg::digest::{SentColumn, sent_columns};
use pgrefit_pg::introspect::{Scope, catalog_of};
use pgrefit_pg::types::Type;
use pgrefit_pg::{ReadOnly, Snapshot};
use serde::{Deserialize, Serialize};

use crate::definition::{Definition, ForeignKey, Script};
use crate::{Error, Parent};

/// What a table is, written down before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The table.
    pub table: Name,
    /// Its oid: a table of the same name is another one.
    pub oid: u32,
    /// Its owner.
    pub owner: String,
    /// The partitioned table that it was a partition of.
    pub parent: Option<Parent>,
    /// The columns that are archived: all that are not generated, in order.
    pub columns: Vec<ArchivedColumn>,
    /// `pg_table_size`: with TOAST, without indexes.
    pub table_bytes: u64,
    /// The script that makes the table on its own again in its database, without its foreign keys.
    pub definition: Script,
    /// The same for an empty database: without defaults, triggers, policies and rules, with the types that it needs.
    pub bare_definition: Script,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Extensions that it cannot be made without.
    pub extensions: Vec<String>,
    /// Sequences that go with the table when it is dropped.
    pub sequences: Vec<SequenceState>,
    /// The database.
    pub database: String,
    /// Its encoding.
    pub encoding: String,
    /// `server_version_num`.
    pub server_version_num: u32,
    /// Of the cluster; `None` where the role may not ask.
    pub system_identifier: Option<i64>,
}

/// A column of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedColumn {
    /// Unquoted.
    pub name: String,
    /// `format_type` with the modifier.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `NOT NULL`, and true of every row.
    pub not_null: bool,
    /// The type's send function, where it is one of PostgreSQL's own or of pgvector: it decides how the values are kept.
    pub send: Option<String>,
}

/// The range of values of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    /// The column.
    pub column: String,
    /// The smallest value as text; `None` without rows, or where all are NULL.
    pub min: Option<String>,
    /// The greatest.
    pub max: Option<String>,
}

/// Where a sequence stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceState {
    /// The sequence.
    pub sequence: Name,
    /// Its last value; `None` if it was never used.
    pub last_value: Option<i64>,
}

impl Plan {
    /// Reads what the table is.
    ///
    /// Reads `pg_catalog` in one snapshot; locks: those of [`catalog_of`].
    pub(crate) async fn read(session: &mut ReadOnly, table: &Name) -> Result<Self, Error> {
        let system_identifier = session.facts().await.map_err(Error::Source)?.system_identifier;
        let snapshot = session.snapshot().await.map_err(Error::Source)?;
        let facts = facts::facts(&snapshot, table).await?;
        let facts = facts.ok_or_else(|| Error::NoTable { table: table.clone() })?;
        let columns = sent_columns(&snapshot, table).await.map_err(Error::Source)?;
        let obstacles = facts::obstacles(&snapshot, &facts, &columns).await?;
        if !obstacles.is_empty() {
            return Err(Error::Refused { table: table.clone(), obstacles });
        }
        let catalog = catalog_of(&snapshot, &Scope::everything()).await.map_err(Error::Source)?;
        let extensions = extensions(&snapshot, facts.oid).await?;
        let mut definition = Definition::of(&catalog, table, &extensions);
        let belongings = belongings(&snapshot, facts.oid).await?;
        definition.full.finish.extend(belongings.iter().flat_map(|statement| [statement.as_str(), ";\n"]));
        let sequences = sequences(&snapshot, &definition.sequences).await?;
        Ok(Self {
            table: table.clone(),
            oid: facts.oid,
            owner: facts.owner,
            parent: facts.parent.filter(|_| facts.is_partition),
            columns: columns.iter().filter(|column| !column.is_generated).map(ArchivedColumn::of).collect(),
            table_bytes: facts.bytes,
            definition: definition.full,
            bare_definition: definition.bare,
            foreign_keys: definition.foreign_keys,
            extensions,
            sequences,
            database: facts.database,
            encoding: facts.encoding,
            server_version_num: facts.version_num,
            system_identifier,
        })
    }

    /// The columns, quoted, as they stand in a `COPY`.
    pub(crate) fn column_list(&self) -> String {
        let quoted = self.columns.iter().map(|column| pgrefit_catalog::quote_ident(&column.name));
        quoted.collect::<Vec<_>>().join(", ")
    }

    /// The same archive's plan with what the table is now. What it was as a partition stays.
    pub(crate) fn again(&self, now: Self) -> Self {
        if now.columns == self.columns {
            return Self { table_bytes: now.table_bytes, sequences: now.sequences, ..self.clone() };
        }
        Self { parent: self.parent.clone(), ..now }
    }

    /// Whether these are the table's columns still, by name and type; generated ones do not count.
    pub(crate) fn has_columns(&self, columns: &[SentColumn]) -> bool {
        let kept = columns.iter().filter(|column| !column.is_generated);
        kept.map(|column| (&column.name, &column.type_name))
            .eq(self.columns.iter().map(|column| (&column.name, &column.type_name)))
    }

    /// The columns of the archive as some server has them, in the order of the archive.
    pub(crate) fn sent(&self, columns: &[SentColumn]) -> Option<Vec<SentColumn>> {
        let find = |own: &ArchivedColumn| columns.iter().find(|column| column.name == own.name).cloned();
        self.columns.iter().map(find).collect()
    }
}

impl ArchivedColumn {
    fn of(column: &SentColumn) -> Self {
        Self {
            name: column.name.clone(),
            type_name: column.type_name.clone(),
            not_null: column.is_not_null,
            send: column.well_known_send.clone(),
        }
    }
}

/// Statements for what no catalog has: owner, privileges, comments, replica identity.
async fn belongings(snapshot: &Snapshot<'_>, oid: u32) -> Result<Vec<String>, Error> {
    let rows = snapshot
        .query(include_str!("plan/belongings.sql"), &[(&oid, Type::OID)])
        .await
        .map_err(Error::Source)?;
    let statements = rows.iter().map(|row| row.try_get("statement")).collect::<Result<_, _>>();
    statements.map_err(|error| Error::Source(exchange(error.into())))
}

async fn extensions(snapshot: &Snapshot<'_>, oid: u32) -> Result<Vec<String>, Error> {
    let rows = snapshot
        .query(include_str!("plan/extensions.sql"), &[(&oid, Type::OID)])
        .await
        .map_err(Error::Source)?;
    let names = rows.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>();
    names.map_err(|error| Error::Source(exchange(error.into())))
}

async fn sequences(snapshot: &Snapshot<'_>, names: &[Name]) -> Result<Vec<SequenceState>, Error> {
    let mut states = Vec::new();
    for sequence in names {
        let sql = format!("SELECT CASE WHEN is_called THEN last_value END AS last_value FROM {sequence}");
        let rows = snapshot.query(&sql, &[]).await.map_err(Error::Source)?;
        let last_value = rows.first().map(|row| row.try_get("last_value")).transpose();
        let last_value = last_value.map_err(|error| Error::Source(exchange(error.into())))?.flatten();
        states.push(SequenceState { sequence: sequence.clone(), last_value });
    }
    Ok(states)
}

pub(crate) fn exchange(cause: Box<dyn std::error::Error + Send + Sync>) -> pgrefit_pg::Error {
    pgrefit_pg::Error::Exchange(cause)
}
