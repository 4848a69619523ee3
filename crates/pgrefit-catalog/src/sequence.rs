//! Sequences.

use serde::{Deserialize, Serialize};

use crate::Name;

/// A sequence; its name is the key it is filed under. Its current value is data, not schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// `smallint`, `integer` or `bigint`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The first value.
    pub start: i64,
    /// The step; negative for a descending sequence.
    pub increment: i64,
    /// The smallest value.
    pub min: i64,
    /// The largest value.
    pub max: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Whether it starts again at the end.
    pub cycle: bool,
    /// The column it is dropped with: that of `OWNED BY`, `serial` or `IDENTITY`.
    pub owned_by: Option<(Name, String)>,
}
