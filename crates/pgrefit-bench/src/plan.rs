//! How the server runs a query: its plan without what changes from day to day.

mod access;
mod parse;

use serde::{Deserialize, Serialize};

use crate::Error;

pub(crate) use access::{Access, accesses, joins};
pub(crate) use parse::buffers;

/// A plan: its nodes from the top down, each before its children.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanShape {
    /// Sixteen hexadecimal digits over everything but numbers: two plans of one shape have the same.
    pub fingerprint: String,
    /// The planner's estimate of the whole cost, in its own unit.
    pub total_cost: f64,
    /// The nodes.
    pub nodes: Vec<PlanNode>,
}

/// One node of a plan. See "Using EXPLAIN" in the PostgreSQL manual.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanNode {
    /// Steps below the top.
    pub depth: u32,
    /// `Seq Scan`, `Hash Join`, …
    pub node_type: String,
    /// What it is to its parent: `Outer`, `Inner`, `SubPlan`, …
    pub relationship: Option<String>,
    /// `Sorted`, `Hashed`, … of an aggregate or a set operation.
    pub strategy: Option<String>,
    /// `Inner`, `Left`, `Semi`, … of a join.
    pub join_type: Option<String>,
    /// The relation, with its schema, quoted as SQL would quote it.
    pub relation: Option<String>,
    /// The relation's name in the query.
    pub alias: Option<String>,
    /// The index.
    pub index: Option<String>,
    /// Whether it is read backward.
    pub backward: bool,
    /// Whether parallel workers share the work.
    pub parallel_aware: bool,
    /// Rows the planner expects, each time it is run.
    pub rows_estimated: u64,
}

impl PlanShape {
    /// Reads the answer of `EXPLAIN (FORMAT JSON)` of any version; keys that are not known are passed over.
    ///
    /// # Errors
    /// [`Error::Unexpected`] for text that is no such answer.
    pub fn parse(json: &str) -> Result<Self, Error> {
        parse::parse(json)
    }

    /// The plan as lines, indented, without numbers.
    #[must_use]
    pub fn outline(&self) -> String {
        let line = |node: &PlanNode| format!("{}{}\n", "  ".repeat(node.depth as usize), node.outline());
        self.nodes.iter().map(line).collect()
    }
}

impl PlanNode {
    /// `Index Scan using documents_pkey on public.documents d`, as EXPLAIN says it.
    #[must_use]
    pub fn outline(&self) -> String {
        let mut text = String::new();
        if self.parallel_aware {
            text.push_str("Parallel ");
        }
        text.push_str(&self.node_type);
        for (word, value) in [(" ", &self.join_type), (" ", &self.strategy), (" using ", &self.index)] {
            if let Some(value) = value {
                text.push_str(word);
                text.push_str(value);
            }
        }
        if self.backward {
            text.push_str(" backward");
        }
        if let Some(relation) = &self.relation {
            text.push_str(" on ");
            text.push_str(relation);
        }
        text
    }
}

#[cfg(test)]
mod tests;
