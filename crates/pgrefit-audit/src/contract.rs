//! What a project promises of its database, as data of `pgrefit.toml`.

use pgrefit_catalog::census::{Relation, RelationKind};
use serde::Deserialize;

use crate::Facts;

/// The table `[contract]` of `pgrefit.toml`. Names of tables are `name` or `schema.name`, as they are, without quotes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contract {
    /// The history table is there, and says that exactly the project's migrations were applied.
    pub history: bool,
    /// Foreign keys that are there, validated and enforced.
    pub foreign_keys: Vec<ForeignKeyPromise>,
    /// Indexes that are there, valid and usable for every row.
    pub indexes: Vec<IndexPromise>,
    /// Columns that have no approximate vector index in any form.
    pub no_vector_index: Vec<NoVectorIndexPromise>,
    /// Tables whose rows are counted in each report.
    pub rows: Vec<RowsPromise>,
}

/// A foreign key that must be there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKeyPromise {
    /// The table that refers.
    pub table: String,
    /// Its columns, in whatever order.
    pub columns: Vec<String>,
    /// The table referred to.
    pub references: String,
}

/// An index that must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IndexPromise {
    /// The table.
    pub table: String,
    /// The first columns of its key, in order. Either these or the name must be given.
    pub columns: Vec<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whether it must be unique.
    pub unique: bool,
    /// Its access method.
    pub method: Option<String>,
}

/// A column that must have no vector index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoVectorIndexPromise {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// A table whose rows are counted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowsPromise {
    /// The table.
    pub table: String,
    /// Fewer rows than this are a failure.
    pub min: Option<u64>,
}

impl Contract {
    /// What no database could be held against, if there is such a thing in it.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let without_table = || {
            let index = self.indexes.iter().find(|it| it.table.is_empty())?;
            Some(format!("an index ({}) without a table", index.columns.join(", ")))
        };
        let without_columns = || {
            let index = self.indexes.iter().find(|it| it.columns.is_empty() && it.name.is_none())?;
            Some(format!("an index of {} without columns and without a name", index.table))
        };
        let key_without_columns = || {
            let key = self.foreign_keys.iter().find(|it| it.columns.is_empty())?;
            Some(format!("a foreign key of {} without columns", key.table))
        };
        without_table().or_else(without_columns).or_else(key_without_columns)
    }
}

impl<'a> Facts<'a> {
    /// The table or materialized view that a contract names: `schema.name`, or `name`, which is that of `public` or the only one of that name.
    ///
    /// # Errors
    /// There is none, or more than one: why, in words.
    pub fn promised_table(&self, name: &str) -> Result<&'a Relation, String> {
        let named = |it: &&Relation| {
            it.name == name
                || name
                    .split_once('.')
                    .is_some_and(|(schema, table)| it.name == table && self.schema_of(it) == schema)
        };
        let views = self.heaps().filter(|it| it.kind == RelationKind::MaterializedView);
        let mut found: Vec<&Relation> = self.tables().chain(views).filter(named).collect();
        if found.len() > 1 {
            found.sort_by_key(|it| self.schema_of(it) != "public");
            if self.schema_of(found[0]) != "public" {
                return Err(format!("there are {} tables {name}: name the schema", found.len()));
            }
        }
        found.first().copied().ok_or_else(|| format!("there is no table {name}"))
    }

    /// The columns that a contract names, by number.
    pub(crate) fn promised_columns(&self, table: &Relation, names: &[String]) -> Result<Vec<i16>, String> {
        let number = |name: &String| {
            let column = self.column_named(table.oid, name).map(|column| column.number);
            column.ok_or_else(|| format!("{} has no column {name}", self.name(table.oid)))
        };
        names.iter().map(number).collect()
    }
}
