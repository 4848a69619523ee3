//! What a table is, written down before anything is changed, and what keeps it from being archived.

use pgrefit_catalog::Name;
use pgrefit_pg::digest::{SentColumn, sent_columns};
use pgrefit_pg::introspect::{Scope, catalog_of};
use pgrefit_pg::types::Type;
use pgrefit_pg::{ReadOnly, Row, Snapshot};
use serde::{Deserialize, Serialize};

use crate::definition::{Definition, ForeignKey, Script};
use crate::{Error, Obstacle, Parent};

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
        let columns = match found(&snapshot, table).await? {
            Some(_) => sent_columns(&snapshot, table).await.map_err(Error::Source)?,
            None => return Err(Error::NoTable { table: table.clone() }),
        };
        let row = found(&snapshot, table).await?.ok_or_else(|| Error::NoTable { table: table.clone() })?;
        let facts = Facts::of(&row).map_err(|error| Error::Source(exchange(error)))?;
        let obstacles = obstacles(&snapshot, &facts, &columns).await?;
        if !obstacles.is_empty() {
            return Err(Error::Refused { table: table.clone(), obstacles });
        }
        let catalog = catalog_of(&snapshot, &Scope::everything()).await.map_err(Error::Source)?;
        let extensions = extensions(&snapshot, facts.oid).await?;
        let definition = Definition::of(&catalog, table, &extensions);
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

/// The row of `plan.sql`.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name of its own")]
struct Facts {
    oid: u32,
    table: Name,
    kind: String,
    is_temporary: bool,
    owner: String,
    is_owner: bool,
    row_security: bool,
    bytes: u64,
    can_create: bool,
    is_partition: bool,
    parent: Option<Parent>,
    parent_owner: Option<String>,
    is_parent_owner: bool,
    default_partition: Option<String>,
    child: Option<String>,
    role: String,
    database: String,
    version_num: u32,
    encoding: String,
}

type Got<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Facts {
    fn of(row: &Row) -> Got<Self> {
        let version_num: i64 = row.try_get("version_num")?;
        let bytes: i64 = row.try_get("bytes")?;
        Ok(Self {
            oid: row.try_get("oid")?,
            table: Name::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?),
            kind: row.try_get("kind")?,
            is_temporary: row.try_get("is_temporary")?,
            owner: row.try_get("owner")?,
            is_owner: row.try_get("is_owner")?,
            row_security: row.try_get("row_security")?,
            bytes: bytes.unsigned_abs(),
            can_create: row.try_get("can_create")?,
            is_partition: row.try_get::<_, Option<bool>>("is_partition")?.unwrap_or_default(),
            parent: parent(row)?,
            parent_owner: row.try_get("parent_owner")?,
            is_parent_owner: row.try_get::<_, Option<bool>>("is_parent_owner")?.unwrap_or(true),
            default_partition: row.try_get("default_partition")?,
            child: row.try_get("child")?,
            role: row.try_get("role")?,
            database: row.try_get("database")?,
            version_num: u32::try_from(version_num)?,
            encoding: row.try_get("encoding")?,
        })
    }

    fn obstacles(&self) -> Vec<Obstacle> {
        let mut found = Vec::new();
        if self.kind != "table" {
            found.push(Obstacle::NotATable { kind: self.kind.clone() });
        }
        if self.is_temporary {
            found.push(Obstacle::Temporary);
        }
        let not_owner = |table: &Name, owner: &str| Obstacle::NotOwner {
            table: table.clone(),
            role: self.role.clone(),
            owner: owner.to_owned(),
        };
        if !self.is_owner {
            found.push(not_owner(&self.table, &self.owner));
        }
        if self.row_security {
            found.push(Obstacle::RowSecurity { role: self.role.clone() });
        }
        if !self.can_create {
            found.push(Obstacle::NoCreate { schema: self.table.schema.clone() });
        }
        found.extend(
            self.child
                .as_ref()
                .and_then(|child| child.parse().ok())
                .map(|child| Obstacle::HasChildren { child }),
        );
        found.extend(self.parent_obstacles(not_owner));
        found
    }

    fn parent_obstacles(&self, not_owner: impl Fn(&Name, &str) -> Obstacle) -> Vec<Obstacle> {
        let Some(parent) = &self.parent else { return Vec::new() };
        if !self.is_partition {
            return vec![Obstacle::Inherits { parent: parent.table.clone() }];
        }
        let owner = self.parent_owner.as_deref().unwrap_or_default();
        let foreign = (!self.is_parent_owner).then(|| not_owner(&parent.table, owner));
        let default = self.default_partition.as_ref().and_then(|name| name.parse().ok());
        foreign.into_iter().chain(default.map(|partition| Obstacle::DefaultPartition { partition })).collect()
    }
}

fn parent(row: &Row) -> Got<Option<Parent>> {
    let schema: Option<String> = row.try_get("parent_schema")?;
    let name: Option<String> = row.try_get("parent_name")?;
    let Some((schema, name)) = schema.zip(name) else { return Ok(None) };
    Ok(Some(Parent {
        table: Name::new(schema, name),
        oid: row.try_get("parent_oid")?,
        key: row.try_get::<_, Option<String>>("key")?.unwrap_or_default(),
        bound: row.try_get::<_, Option<String>>("bound")?.unwrap_or_default(),
        constraint: row.try_get("bound_constraint")?,
    }))
}

async fn found(snapshot: &Snapshot<'_>, table: &Name) -> Result<Option<Row>, Error> {
    let params: pgrefit_pg::Params<'_> = &[(&table.schema, Type::NAME), (&table.name, Type::NAME)];
    let rows = snapshot.query(include_str!("plan.sql"), params).await.map_err(Error::Source)?;
    Ok(rows.into_iter().next())
}

async fn obstacles(
    snapshot: &Snapshot<'_>,
    facts: &Facts,
    columns: &[SentColumn],
) -> Result<Vec<Obstacle>, Error> {
    let mut found = facts.obstacles();
    if !found.is_empty() {
        // What follows has no meaning for a view.
        return Ok(found);
    }
    found.extend(references(snapshot, facts.oid).await?);
    found.extend(needs(snapshot, facts.oid).await?);
    let kept = columns.iter().filter(|column| !column.is_generated);
    found.extend(kept.clone().filter_map(|column| {
        let why = column.obstacle.clone()?;
        Some(Obstacle::Column { column: column.name.clone(), why })
    }));
    if kept.count() == 0 {
        found.push(Obstacle::NoColumns);
    }
    Ok(found)
}

async fn references(snapshot: &Snapshot<'_>, oid: u32) -> Result<Vec<Obstacle>, Error> {
    let rows =
        snapshot.query(include_str!("references.sql"), &[(&oid, Type::OID)]).await.map_err(Error::Source)?;
    let one = |row: &Row| -> Got<Obstacle> {
        let by = Name::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?);
        Ok(Obstacle::Referenced { by, constraint: row.try_get("constraint_name")? })
    };
    rows.iter().map(one).collect::<Got<_>>().map_err(|error| Error::Source(exchange(error)))
}

async fn needs(snapshot: &Snapshot<'_>, oid: u32) -> Result<Vec<Obstacle>, Error> {
    let rows =
        snapshot.query(include_str!("needs.sql"), &[(&oid, Type::OID)]).await.map_err(Error::Source)?;
    let one = |row: &Row| -> Got<Obstacle> { Ok(Obstacle::Needed { by: row.try_get("needed_by")? }) };
    rows.iter().map(one).collect::<Got<_>>().map_err(|error| Error::Source(exchange(error)))
}

async fn extensions(snapshot: &Snapshot<'_>, oid: u32) -> Result<Vec<String>, Error> {
    let rows =
        snapshot.query(include_str!("extensions.sql"), &[(&oid, Type::OID)]).await.map_err(Error::Source)?;
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
