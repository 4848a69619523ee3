//! Views and materialized views.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Index, Rule, Trigger};

/// A view or a materialized view; its name is the key it is filed under. Whether the latter is populated is data, not schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Whether it keeps its rows.
    pub materialized: bool,
    /// `pg_get_viewdef`: the query.
    pub definition: String,
    /// Options such as `security_barrier=true`, or storage parameters, sorted.
    pub options: Vec<String>,
    /// Indexes by name, of a materialized view.
    pub indexes: BTreeMap<String, Index>,
    /// `INSTEAD OF` triggers by name.
    pub triggers: BTreeMap<String, Trigger>,
    /// Rewrite rules by name, other than the one that makes the view.
    pub rules: BTreeMap<String, Rule>,
}
