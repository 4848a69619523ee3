//! Which rows of a table are read.

use std::fmt::Write as _;
use std::ops::Range;

use pgrefit_catalog::{Name, quote_ident};
use tokio_postgres::types::Type;

use super::literal;
use crate::{Error, Snapshot};

/// Which rows of a table are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All, with those of its partitions and children.
    #[default]
    Whole,
    /// All of its own, without those of children.
    Own,
    /// Its own rows in these pages, which is of use within one server only: a restored table has other pages. From
    /// PostgreSQL 14 only these pages are read.
    Pages(Range<u32>),
    /// Its own rows from a key on, by the index of the key.
    Keys(KeyRange),
}

/// A run of rows in the order of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The columns of a primary key, or of a unique index on columns that are not null.
    pub columns: Vec<String>,
    /// The texts of the first row's values.
    pub from: Vec<String>,
    /// How many rows.
    pub rows: u64,
}

impl Part {
    /// What stands after FROM, under the alias `t`.
    pub(super) fn from(&self, table: &Name) -> String {
        match self {
            Self::Whole => format!("{table} AS t"),
            Self::Own => format!("ONLY {table} AS t"),
            Self::Pages(pages) => format!(
                "ONLY {table} AS t WHERE t.ctid >= '({},0)'::pg_catalog.tid AND t.ctid < '({},0)'::pg_catalog.tid",
                pages.start, pages.end
            ),
            Self::Keys(range) => {
                let key = columns(&range.columns);
                let from: Vec<_> = range.from.iter().map(|text| literal(text)).collect();
                format!(
                    "(SELECT * FROM ONLY {table} AS t WHERE ({key}) >= ({}) ORDER BY {key} LIMIT {}) AS t",
                    from.join(", "),
                    range.rows
                )
            }
        }
    }
}

fn columns(names: &[String]) -> String {
    names.iter().fold(String::new(), |mut list, name| {
        let divider = if list.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(list, "{divider}t.{}", quote_ident(name));
        list
    })
}

/// Ranges of rows, each from the key of the first row of a page on; the pages are chosen at random.
///
/// Reads these pages of the table, under ACCESS SHARE. The same `seed` gives the same ranges of the same table.
///
/// # Errors
/// What the server says.
pub async fn sample_keys(
    snapshot: &Snapshot<'_>,
    table: &Name,
    key: &[String],
    sample: Sample,
) -> Result<Vec<KeyRange>, Error> {
    let texts: Vec<_> = key.iter().map(|name| format!("t.{}::text", quote_ident(name))).collect();
    let sql = format!(
        "SELECT DISTINCT ON ((t.ctid::text::point)[0]) ARRAY[{}] AS key \
         FROM ONLY {table} AS t TABLESAMPLE SYSTEM ({}) REPEATABLE ({}) \
         ORDER BY (t.ctid::text::point)[0], t.ctid LIMIT $1",
        texts.join(", "),
        sample.percent.clamp(0.0, 100.0),
        sample.seed
    );
    let rows = snapshot.query(&sql, &[(&i64::from(sample.count), Type::INT8)]).await?;
    let range = |from| KeyRange { columns: key.to_vec(), from, rows: sample.rows };
    rows.iter().map(|row| row.try_get("key").map(range).map_err(Error::in_session)).collect()
}

/// How many rows are looked at, and which.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The share of pages whose first row begins a range.
    pub percent: f64,
    /// How many ranges at most.
    pub count: u32,
    /// How many rows a range has.
    pub rows: u64,
    /// Which ones.
    pub seed: u32,
}
