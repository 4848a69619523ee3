//! How a plan comes at each relation, and how it joins them: what a person looks for in a plan.

use super::{PlanNode, PlanShape};

/// How a plan reads one relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// The relation, with its schema.
    pub(crate) relation: String,
    /// The relation's name in the query, which tells two reads of it apart.
    pub(crate) alias: String,
    /// `Seq Scan`, `Index Scan`, `Bitmap Heap Scan`, …
    pub(crate) method: String,
    /// The indexes, in the order of the plan.
    pub(crate) indexes: Vec<String>,
}

impl Access {
    /// Whether all of the relation is read, block by block.
    pub(crate) fn is_sequential(&self) -> bool {
        self.method == "Seq Scan"
    }

    /// `Index Scan using documents_pkey`.
    pub(crate) fn outline(&self) -> String {
        if self.indexes.is_empty() {
            return self.method.clone();
        }
        format!("{} using {}", self.method, self.indexes.join(", "))
    }
}

/// One for each node that reads a relation, in the order of the plan. A bitmap heap scan has the indexes of the nodes below it.
pub(crate) fn accesses(plan: &PlanShape) -> Vec<Access> {
    let reads =
        plan.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, node, node.relation.as_ref()?)));
    reads.map(|(at, node, relation)| access(&plan.nodes[at..], node, relation)).collect()
}

fn access(from_here: &[PlanNode], node: &PlanNode, relation: &str) -> Access {
    let below = from_here.iter().skip(1).take_while(|below| below.depth > node.depth);
    let bitmaps = below.filter(|below| node.node_type == "Bitmap Heap Scan" && below.relation.is_none());
    Access {
        relation: relation.to_owned(),
        alias: node.alias.clone().unwrap_or_default(),
        method: node.node_type.clone(),
        indexes: node.index.iter().cloned().chain(bitmaps.filter_map(|below| below.index.clone())).collect(),
    }
}

/// The join nodes, in the order of the plan: `Hash Join Inner`.
pub(crate) fn joins(plan: &PlanShape) -> Vec<String> {
    let joins = plan.nodes.iter().filter(|node| node.join_type.is_some());
    joins
        .map(|node| format!("{} {}", node.node_type, node.join_type.as_deref().unwrap_or_default()))
        .collect()
}
