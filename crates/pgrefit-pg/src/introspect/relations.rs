//! Tables and views.

use std::collections::HashMap;

use pgrefit_catalog::{Column, Generated, Identity, Name, Partition, Persistence, Table, TableKind, View};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::attached::Attached;
use super::reader::{Reader, collation, decode, get, name, sorted};
use crate::Error;

/// A row of `relations.sql`, to be made into a table or a view once all that hangs on it has been read.
pub(super) struct Relation {
    pub(super) oid: u32,
    pub(super) name: Name,
    pub(super) kind: String,
    row: Row,
}

impl Reader<'_> {
    /// Tables, views and sequences.
    pub(super) async fn relations(&self, schemas: &[u32], out: &[Name]) -> Result<Vec<Relation>, Error> {
        let out_schemas: Vec<&str> = out.iter().map(|name| name.schema.as_str()).collect();
        let out_names: Vec<&str> = out.iter().map(|name| name.name.as_str()).collect();
        let rows = self
            .rows(
                include_str!("relations.sql"),
                &[
                    (&schemas, Type::OID_ARRAY),
                    (&out_schemas, Type::TEXT_ARRAY),
                    (&out_names, Type::TEXT_ARRAY),
                ],
            )
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Relation { oid: get(&row, "oid")?, name: name(&row)?, kind: get(&row, "kind")?, row })
            })
            .collect()
    }

    /// Columns by table, in order.
    pub(super) async fn columns(&self, relations: &[Relation]) -> Result<HashMap<u32, Vec<Column>>, Error> {
        let compression = if self.major >= 14 { "a.attcompression::text" } else { "''" };
        let sql = include_str!("columns.sql").replace("{compression}", compression);
        self.lists(&sql, relations, column).await
    }

    /// Parents by table, in order.
    pub(super) async fn parents(&self, relations: &[Relation]) -> Result<HashMap<u32, Vec<Name>>, Error> {
        self.lists(include_str!("parents.sql"), relations, name).await
    }

    async fn lists<T>(
        &self,
        sql: &str,
        relations: &[Relation],
        make: fn(&Row) -> Result<T, Error>,
    ) -> Result<HashMap<u32, Vec<T>>, Error> {
        let oids: Vec<u32> = relations.iter().map(|relation| relation.oid).collect();
        let mut lists: HashMap<u32, Vec<T>> = HashMap::new();
        for row in self.rows(sql, &[(&oids, Type::OID_ARRAY)]).await? {
            lists.entry(get(&row, "relation")?).or_default().push(make(&row)?);
        }
        Ok(lists)
    }
}

impl Relation {
    pub(super) fn is_view(&self) -> bool {
        matches!(self.kind.as_str(), "v" | "m")
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "p" | "f")
    }

    pub(super) fn into_view(self, attached: &mut Attached) -> Result<View, Error> {
        Ok(View {
            materialized: self.kind == "m",
            definition: get(&self.row, "definition")?,
            options: sorted(&self.row, "options")?,
            indexes: attached.indexes.remove(&self.oid).unwrap_or_default(),
            triggers: attached.triggers.remove(&self.oid).unwrap_or_default(),
            rules: attached.rules.remove(&self.oid).unwrap_or_default(),
        })
    }

    pub(super) fn into_table(
        self,
        columns: Vec<Column>,
        mut parents: Vec<Name>,
        attached: &mut Attached,
    ) -> Result<Table, Error> {
        let bound: Option<String> = get(&self.row, "bound")?;
        let partition_of = bound.and_then(|bound| parents.pop().map(|parent| Partition { parent, bound }));
        Ok(Table {
            kind: self.table_kind()?,
            persistence: decode(&self.row, "persistence", PERSISTENCE)?,
            partition_of,
            inherits: parents,
            columns,
            constraints: attached.constraints.remove(&self.oid).unwrap_or_default(),
            indexes: attached.indexes.remove(&self.oid).unwrap_or_default(),
            triggers: attached.triggers.remove(&self.oid).unwrap_or_default(),
            policies: attached.policies.remove(&self.oid).unwrap_or_default(),
            rules: attached.rules.remove(&self.oid).unwrap_or_default(),
            row_security: get(&self.row, "row_security")?,
            row_security_forced: get(&self.row, "row_security_forced")?,
            options: sorted(&self.row, "options")?,
        })
    }

    fn table_kind(&self) -> Result<TableKind, Error> {
        Ok(match self.kind.as_str() {
            "p" => TableKind::Partitioned { key: get(&self.row, "partition_key")? },
            "f" => TableKind::Foreign {
                server: get(&self.row, "server")?,
                options: sorted(&self.row, "server_options")?,
            },
            _ => TableKind::Ordinary,
        })
    }
}

const PERSISTENCE: &[(&str, Persistence)] = &[("p", Persistence::Permanent), ("u", Persistence::Unlogged)];

const IDENTITY: &[(&str, Option<Identity>)] =
    &[("", None), ("a", Some(Identity::Always)), ("d", Some(Identity::ByDefault))];

const STORAGE: &[(&str, &str)] = &[("p", "plain"), ("e", "external"), ("x", "extended"), ("m", "main")];

const COMPRESSION: &[(&str, Option<&str>)] = &[("", None), ("p", Some("pglz")), ("l", Some("lz4"))];

fn column(row: &Row) -> Result<Column, Error> {
    let expression: Option<String> = get(row, "expression")?;
    let generated: &str = get(row, "generated")?;
    let (default, generated) = match (generated, expression) {
        ("", default) => (default, None),
        (_, None) => (None, None),
        (how, Some(expression)) => (None, Some(Generated { expression, stored: how == "s" })),
    };
    let storage: Option<&str> = get(row, "storage")?;
    Ok(Column {
        name: get(row, "name")?,
        data_type: get(row, "type")?,
        not_null: get(row, "not_null")?,
        default,
        identity: decode(row, "identity", IDENTITY)?,
        generated,
        collation: collation(row)?,
        storage: storage.map(|_| decode(row, "storage", STORAGE)).transpose()?.map(str::to_owned),
        compression: decode(row, "compression", COMPRESSION)?.map(str::to_owned),
    })
}
