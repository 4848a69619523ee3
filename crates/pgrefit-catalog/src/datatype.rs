//! Types made by users: enums, domains, composites and ranges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Constraint, Name};

/// A type made by `CREATE TYPE` or `CREATE DOMAIN`; its name is the key it is filed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DataType {
    /// `CREATE TYPE … AS ENUM`.
    Enum {
        /// Labels in their sort order.
        labels: Vec<String>,
    },
    /// `CREATE DOMAIN`.
    Domain {
        /// The type underneath, with its modifier.
        base: String,
        /// The collation, if it is not that of the base type.
        collation: Option<Name>,
        /// Whether null is refused.
        not_null: bool,
        /// The default expression.
        default: Option<String>,
        /// Checks by name.
        constraints: BTreeMap<String, Constraint>,
    },
    /// `CREATE TYPE … AS (…)`.
    Composite {
        /// Attributes in order.
        attributes: Vec<Attribute>,
    },
    /// `CREATE TYPE … AS RANGE`.
    Range {
        /// The type of the bounds.
        subtype: String,
        /// The collation of the bounds, if it is not that of the subtype.
        collation: Option<Name>,
        /// The operator class that orders the bounds.
        operator_class: Name,
        /// The canonicalisation and the difference function, if there are any.
        functions: Vec<String>,
    },
}

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Unquoted.
    pub name: String,
    /// `format_type` with the modifier.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The collation, if it is not the default one of the type.
    pub collation: Option<Name>,
}
