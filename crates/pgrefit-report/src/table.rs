//! Tables, facts and the typed values in them.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::Status;

/// One typed value. The type decides how people read it; in JSON a number stays a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words; may come from the server and hold anything.
    Text(String),
    /// A count.
    Integer(i64),
    /// A ratio or measurement. Not finite means missing.
    Float(f64),
    /// A yes or no.
    Bool(bool),
    /// A span of time in milliseconds; its key ends with `_ms`.
    DurationMs(u64),
    /// A size in bytes; its key ends with `_bytes`.
    Bytes(u64),
    /// A moment, RFC 3339.
    Timestamp(String),
    /// A judgement.
    Status(Status),
    /// Not known, not measured or not applicable.
    Missing,
}

impl Cell {
    /// Whole milliseconds of `duration`, saturating.
    #[must_use]
    pub fn duration(duration: Duration) -> Self {
        Self::DurationMs(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

/// Counts beyond `i64::MAX` saturate.
impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// Counts beyond `i64::MAX` saturate.
impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<Status> for Cell {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// One named value of a report, such as the number of pending migrations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    /// JSON key: `snake_case`, unit last, unique within the report.
    pub key: Cow<'static, str>,
    /// What people read.
    pub title: Cow<'static, str>,
    /// The value.
    pub value: Cell,
}

impl Fact {
    /// A fact.
    pub fn new(key: &'static str, title: &'static str, value: impl Into<Cell>) -> Self {
        Self { key: key.into(), title: title.into(), value: value.into() }
    }
}

/// On which side the text of a column is flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// What one column of a [`Table`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// JSON key: `snake_case`, unit last, unique within the table.
    pub key: &'static str,
    /// What people read.
    pub title: &'static str,
    /// Words left, numbers right.
    pub align: Align,
    /// Printed after the title in brackets. `None` for durations and sizes, which carry their unit in each cell.
    pub unit: Option<&'static str>,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub const fn text(key: &'static str, title: &'static str) -> Self {
        Self { key, title, align: Align::Left, unit: None }
    }

    /// A column of numbers, durations or sizes.
    #[must_use]
    pub const fn number(key: &'static str, title: &'static str) -> Self {
        Self { key, title, align: Align::Right, unit: None }
    }

    /// The same column with `unit` in its heading.
    #[must_use]
    pub const fn in_unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }
}

/// Rows of typed values under typed columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// JSON key: `snake_case`, unique within the report.
    pub id: &'static str,
    /// What people read.
    pub title: String,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows; each has one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// The same in fewer columns and rows, for a terminal; every other form has the whole.
    pub brief: Option<Box<Table>>,
}

impl Table {
    /// A table without rows.
    pub fn new(id: &'static str, title: impl Into<String>, columns: impl Into<Vec<Column>>) -> Self {
        Self { id, title: title.into(), columns: columns.into(), rows: Vec::new(), brief: None }
    }

    /// Adds one row, which must have one cell per column.
    pub fn push(&mut self, row: impl Into<Vec<Cell>>) {
        let row = row.into();
        debug_assert_eq!(row.len(), self.columns.len(), "a row of table {} has the wrong length", self.id);
        self.rows.push(row);
    }
}
