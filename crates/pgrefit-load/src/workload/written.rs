//! A workload file as it is written.

use serde::Deserialize;
use toml::Spanned;

use super::Results;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenWorkload {
    pub(super) name: String,
    pub(super) results: Option<Results>,
    pub(super) statements: Vec<Spanned<WrittenStatement>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStatement {
    pub(super) name: String,
    pub(super) sql: Option<String>,
    pub(super) file: Option<String>,
    pub(super) weight: Option<u32>,
    pub(super) budget: Option<String>,
    #[serde(default)]
    pub(super) writes: bool,
    pub(super) results: Option<Results>,
    pub(super) params: Option<Vec<WrittenSource>>,
    pub(super) rows: Option<Vec<Vec<Cell>>>,
    pub(super) from: Option<String>,
    pub(super) rows_max: Option<usize>,
}

/// One of the first six, with what belongs to it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenSource {
    pub(super) values: Option<Vec<Cell>>,
    pub(super) query: Option<String>,
    pub(super) integer: Option<(i64, i64)>,
    pub(super) zipf: Option<(i64, i64)>,
    pub(super) uuid: Option<u8>,
    pub(super) text: Option<(usize, usize)>,
    pub(super) serial: Option<i64>,
    pub(super) rows_max: Option<usize>,
    pub(super) exponent: Option<f64>,
}

/// A value: what TOML has, and `{ null = true }`; an empty text with `false`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Null(WrittenNull),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenNull {
    null: bool,
}

impl Cell {
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(number) => Some(number.to_string()),
            Self::Float(number) => Some(number.to_string()),
            Self::Boolean(truth) => Some(truth.to_string()),
            Self::Null(written) => (!written.null).then(String::new),
        }
    }
}
