//! What hangs on one table beyond what a catalog says: facts for whoever is going to put another table in its place.

use std::time::Duration;

use pgrefit_catalog::Name;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::ForeignKey;
use super::parts::{foreign_key, get, name};
use crate::introspect::neutral;
use crate::{Error, ReadOnly, Snapshot};

/// A table and what hangs on it; columns, constraints, indexes, triggers, policies and rules themselves are in a
/// [`Catalog`](pgrefit_catalog::Catalog).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name of its own")]
pub struct TableFacts {
    /// `pg_class.oid`.
    pub oid: u32,
    /// Its name.
    pub name: Name,
    /// Who owns it.
    pub owner: String,
    /// The role whose privileges count.
    pub role: String,
    /// Whether that role owns it, or may act as its owner.
    pub owned: bool,
    /// Whether it may make tables in the schema.
    pub can_create: bool,
    /// The tablespace, if it is not the database's.
    pub tablespace: Option<String>,
    /// `CREATE TABLE … OF type`.
    pub typed: bool,
    /// Tables that inherit from it, or are its partitions.
    pub children: Vec<Name>,
    /// How replication tells rows apart.
    pub replica_identity: ReplicaIdentity,
    /// The comment on it.
    pub comment: Option<String>,
    /// Whether a read by this role is cut short by row security.
    pub row_security_applies: bool,
    /// As the last `VACUUM` or `ANALYZE` found; `None` if there was none.
    pub rows: Option<u64>,
    /// Heap, TOAST and indexes, as the last `VACUUM` or `ANALYZE` found.
    pub bytes: u64,
    /// `ALTER COLUMN … SET STATISTICS` and `SET (n_distinct = …)`: what follows the column, quoted, such as `id SET STATISTICS 500`.
    pub column_settings: Vec<String>,
    /// Its indexes.
    pub indexes: Vec<IndexFacts>,
    /// Its triggers for each row.
    pub row_triggers: Vec<RowTrigger>,
    /// Comments on what belongs to it, columns aside.
    pub comments: Vec<ObjectComment>,
    /// Extended statistics on it.
    pub statistics: Vec<StatisticsFacts>,
    /// Publications that it is in.
    pub publications: Vec<Publication>,
    /// Views and materialized views that read it, not those that read only such a view.
    pub views: Vec<ViewFacts>,
    /// Functions with a body that the server has bound to it (`BEGIN ATOMIC`).
    pub functions: Vec<FunctionFacts>,
    /// Whatever else is bound to it, or to its row type.
    pub others: Vec<OtherDependent>,
    /// Foreign keys that refer to it.
    pub inbound: Vec<ForeignKey>,
}

/// `pg_class.relreplident`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicaIdentity {
    /// By the primary key.
    Default,
    /// Not at all.
    Nothing,
    /// By the whole row.
    Full,
    /// By an index.
    Index,
}

/// What an index is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFacts {
    /// Its name, in the schema of the table.
    pub name: String,
    /// The columns of its key, in order; `None` for an expression. `INCLUDE`d ones are no part of it.
    pub columns: Vec<Option<String>>,
    /// Whether it has a condition.
    pub partial: bool,
    /// The tablespace, if it is not the database's.
    pub tablespace: Option<String>,
}

/// A trigger for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowTrigger {
    /// Its name.
    pub name: String,
    /// Whether it comes before the row is written, and may change it.
    pub before: bool,
    /// `REFERENCING … TABLE AS …`.
    pub transition_tables: bool,
    /// `DEFERRABLE`, `CREATE CONSTRAINT TRIGGER`.
    pub constraint: bool,
    /// The source of its function, as far as there is one.
    pub source: String,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectComment {
    /// `CONSTRAINT`, `INDEX`, `TRIGGER`, `POLICY` or `RULE`.
    pub kind: String,
    /// The name of the object.
    pub name: String,
    /// The text.
    pub text: String,
}

/// `CREATE STATISTICS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatisticsFacts {
    /// Its name.
    pub name: Name,
    /// The whole `CREATE STATISTICS`.
    pub definition: String,
    /// `ALTER STATISTICS … SET STATISTICS`.
    pub target: Option<i32>,
    /// The comment on it.
    pub comment: Option<String>,
}

/// A publication that a table is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// How it comes to have the table.
    pub reach: PublicationReach,
    /// `publish_via_partition_root`.
    pub via_root: bool,
    /// Whether this role owns it, or may act as its owner.
    pub owned: bool,
}

/// How a publication comes to have a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicationReach {
    /// `FOR TABLE`.
    Table,
    /// `FOR TABLES IN SCHEMA`.
    Schema,
    /// `FOR ALL TABLES`.
    All,
}

/// A view that reads the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewFacts {
    /// Its name.
    pub name: Name,
    /// Whether it keeps its rows.
    pub materialized: bool,
    /// The query, with qualified names, without a semicolon.
    pub definition: String,
    /// Options such as `security_barrier=true`.
    pub options: Vec<String>,
    /// Whether this role owns it, or may act as its owner.
    pub owned: bool,
    /// Constraints of the table without which its query is an error (`GROUP BY` a primary key).
    pub constraints: Vec<String>,
}

/// A function whose body the server has bound to the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFacts {
    /// `public.newest(integer)`.
    pub signature: String,
    /// The whole `CREATE OR REPLACE FUNCTION`.
    pub definition: String,
    /// Whether this role owns it, or may act as its owner.
    pub owned: bool,
}

/// Something else that is bound to the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherDependent {
    /// What the server calls its kind: `policy`, `rule`, `function`, `table column`, ….
    pub kind: String,
    /// As the server describes it: `policy p on table public.other`.
    pub description: String,
}

/// The least and the greatest value of a column, as text in UTC and ISO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extremes {
    /// `None` if there is no row with a value.
    pub min: Option<String>,
    /// As `min`.
    pub max: Option<String>,
}

/// Reads what hangs on an ordinary or partitioned table; `None` if there is none of that name. Eight queries of the catalog.
///
/// # Locks
/// ACCESS SHARE for a moment on the table, and on views that read it until the end of the call; behind an ACCESS EXCLUSIVE lock they wait
/// for the `lock_timeout` of the session (100 ms).
///
/// # Errors
/// [`Error::LockTimeout`] as above, safe to repeat; what the server says.
pub async fn table_facts(session: &mut ReadOnly, table: &Name) -> Result<Option<TableFacts>, Error> {
    let moment = session.snapshot().await?;
    neutral(&moment).await?;
    let of_name = [(&table.schema as _, Type::TEXT), (&table.name as _, Type::TEXT)];
    let rows = moment.query(include_str!("facts/table.sql"), &of_name).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mut facts = table_row(row)?;
    let oid = facts.oid;
    facts.indexes = all(&moment, include_str!("facts/indexes.sql"), oid, index).await?;
    facts.row_triggers = all(&moment, include_str!("facts/triggers.sql"), oid, trigger).await?;
    facts.comments = all(&moment, include_str!("facts/comments.sql"), oid, comment).await?;
    facts.statistics = all(&moment, include_str!("facts/statistics.sql"), oid, statistics).await?;
    facts.publications = all(&moment, include_str!("facts/publications.sql"), oid, publication).await?;
    facts.views = all(&moment, include_str!("facts/views.sql"), oid, view).await?;
    for row in of(&moment, include_str!("facts/others.sql"), oid).await? {
        match get::<Option<String>>(&row, "definition")? {
            Some(definition) => facts.functions.push(FunctionFacts {
                signature: get(&row, "description")?,
                definition,
                owned: get(&row, "owned")?,
            }),
            None => facts
                .others
                .push(OtherDependent { kind: get(&row, "kind")?, description: get(&row, "description")? }),
        }
    }
    let oids = vec![oid];
    let inbound = moment.query(include_str!("inbound.sql"), &[(&oids, Type::OID_ARRAY)]).await?;
    facts.inbound = inbound.iter().map(foreign_key).collect::<Result<_, _>>()?;
    Ok(Some(facts))
}

/// The least and the greatest value of a column. With an index that begins with it that is two looks; else the table is read whole.
/// `None` when that takes longer than `limit`.
///
/// # Locks
/// ACCESS SHARE on the table.
///
/// # Errors
/// What the server says, such as for a missing privilege.
pub async fn extremes(
    session: &mut ReadOnly,
    table: &Name,
    column: &str,
    limit: Duration,
) -> Result<Option<Extremes>, Error> {
    let moment = session.snapshot().await?;
    neutral(&moment).await?;
    let limit = limit.as_millis().max(1);
    let set = format!("SELECT pg_catalog.set_config('statement_timeout', '{limit}', true)");
    moment.query(&set, &[]).await?;
    let column = pgrefit_catalog::quote_ident(column);
    let sql = format!("SELECT min({column})::text AS min, max({column})::text AS max FROM {table}");
    match moment.query(&sql, &[]).await {
        Ok(rows) => {
            let row = rows.first().ok_or_else(|| Error::Exchange("no row of an aggregate".into()))?;
            Ok(Some(Extremes { min: get(row, "min")?, max: get(row, "max")? }))
        }
        Err(Error::Cancelled(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn of(moment: &Snapshot<'_>, sql: &str, oid: u32) -> Result<Vec<Row>, Error> {
    moment.query(sql, &[(&oid, Type::OID)]).await
}

async fn all<T>(
    moment: &Snapshot<'_>,
    sql: &str,
    oid: u32,
    make: fn(&Row) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    of(moment, sql, oid).await?.iter().map(make).collect()
}

fn table_row(row: &Row) -> Result<TableFacts, Error> {
    let rows: Option<f64> = get(row, "rows")?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, and not negative"
    )]
    let rows = rows.map(|rows| rows.max(0.0) as u64);
    let (schemas, names): (Vec<String>, Vec<String>) = (get(row, "child_schemas")?, get(row, "child_names")?);
    Ok(TableFacts {
        oid: get(row, "oid")?,
        name: name(row)?,
        owner: get(row, "owner")?,
        role: get(row, "role")?,
        owned: get(row, "owned")?,
        can_create: get(row, "can_create")?,
        tablespace: get(row, "tablespace")?,
        typed: get(row, "typed")?,
        children: schemas.into_iter().zip(names).map(|(schema, name)| Name { schema, name }).collect(),
        replica_identity: match get(row, "replica_identity")? {
            "n" => ReplicaIdentity::Nothing,
            "f" => ReplicaIdentity::Full,
            "i" => ReplicaIdentity::Index,
            _ => ReplicaIdentity::Default,
        },
        comment: get(row, "comment")?,
        row_security_applies: get(row, "row_security_applies")?,
        rows,
        bytes: get::<i64>(row, "bytes")?.unsigned_abs(),
        column_settings: get(row, "column_settings")?,
        indexes: Vec::new(),
        row_triggers: Vec::new(),
        comments: Vec::new(),
        statistics: Vec::new(),
        publications: Vec::new(),
        views: Vec::new(),
        functions: Vec::new(),
        others: Vec::new(),
        inbound: Vec::new(),
    })
}

fn index(row: &Row) -> Result<IndexFacts, Error> {
    Ok(IndexFacts {
        name: get(row, "name")?,
        columns: get(row, "columns")?,
        partial: get(row, "partial")?,
        tablespace: get(row, "tablespace")?,
    })
}

fn trigger(row: &Row) -> Result<RowTrigger, Error> {
    Ok(RowTrigger {
        name: get(row, "name")?,
        before: get(row, "before")?,
        transition_tables: get(row, "transition_tables")?,
        constraint: get(row, "constraint")?,
        source: get(row, "source")?,
    })
}

fn comment(row: &Row) -> Result<ObjectComment, Error> {
    Ok(ObjectComment { kind: get(row, "kind")?, name: get(row, "name")?, text: get(row, "text")? })
}

fn statistics(row: &Row) -> Result<StatisticsFacts, Error> {
    Ok(StatisticsFacts {
        name: name(row)?,
        definition: get(row, "definition")?,
        target: get(row, "target")?,
        comment: get(row, "comment")?,
    })
}

fn publication(row: &Row) -> Result<Publication, Error> {
    Ok(Publication {
        name: get(row, "name")?,
        reach: match get(row, "reach")? {
            "all" => PublicationReach::All,
            "schema" => PublicationReach::Schema,
            _ => PublicationReach::Table,
        },
        via_root: get(row, "via_root")?,
        owned: get(row, "owned")?,
    })
}

fn view(row: &Row) -> Result<ViewFacts, Error> {
    let definition: String = get(row, "definition")?;
    Ok(ViewFacts {
        name: name(row)?,
        materialized: get(row, "materialized")?,
        definition: definition.trim().trim_end_matches(';').to_owned(),
        options: get(row, "options")?,
        owned: get(row, "owned")?,
        constraints: get(row, "constraints")?,
    })
}
