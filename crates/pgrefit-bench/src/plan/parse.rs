//! Reads what `EXPLAIN (FORMAT JSON)` prints. Unknown keys are passed over, so that a newer server can be read.

use std::fmt::Write as _;

use pgrefit_catalog::{Name, quote_ident};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{PlanNode, PlanShape};
use crate::{Buffers, Error};

/// Deeper plans do not come from any planner; it bounds the recursion.
const DEPTH_MAX: u32 = 500;

/// The plan in the answer of `EXPLAIN (FORMAT JSON)`.
pub(super) fn parse(json: &str) -> Result<PlanShape, Error> {
    let top = top(json)?;
    let mut nodes = Vec::new();
    walk(&top, 0, &mut nodes);
    let total_cost = top.get("Total Cost").and_then(Value::as_f64).unwrap_or_default();
    Ok(PlanShape { fingerprint: fingerprint(&nodes), total_cost, nodes })
}

/// The blocks in the answer of `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)`.
pub(crate) fn buffers(json: &str) -> Result<Buffers, Error> {
    let top = top(json)?;
    let count = |key: &str| top.get(key).and_then(Value::as_u64);
    let shared_hit_blocks = count("Shared Hit Blocks").ok_or(Error::Unexpected("EXPLAIN (BUFFERS)"))?;
    let temp = |key| count(key).unwrap_or_default();
    Ok(Buffers {
        shared_hit_blocks,
        shared_read_blocks: count("Shared Read Blocks").unwrap_or_default(),
        temp_blocks: temp("Temp Read Blocks") + temp("Temp Written Blocks"),
    })
}

fn top(json: &str) -> Result<Value, Error> {
    let mut answer: Value = serde_json::from_str(json).map_err(|_| Error::Unexpected("EXPLAIN"))?;
    answer
        .get_mut(0)
        .and_then(|first| first.get_mut("Plan"))
        .filter(|plan| plan.is_object())
        .map(Value::take)
        .ok_or(Error::Unexpected("EXPLAIN"))
}

fn walk(plan: &Value, depth: u32, nodes: &mut Vec<PlanNode>) {
    nodes.push(node(plan, depth));
    if depth >= DEPTH_MAX {
        return;
    }
    for child in plan.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        walk(child, depth + 1, nodes);
    }
}

fn node(plan: &Value, depth: u32) -> PlanNode {
    let text = |key: &str| plan.get(key).and_then(Value::as_str).map(str::to_owned);
    let is = |key: &str| plan.get(key).and_then(Value::as_bool).unwrap_or_default();
    let relation = text("Relation Name").map(|name| match text("Schema") {
        Some(schema) => Name::new(schema, name).to_string(),
        None => quote_ident(&name),
    });
    let rows = plan.get("Plan Rows").and_then(Value::as_f64).unwrap_or_default();
    PlanNode {
        depth,
        node_type: text("Node Type").unwrap_or_else(|| "?".to_owned()),
        relationship: text("Parent Relationship"),
        strategy: text("Strategy").filter(|strategy| strategy != "Plain"),
        join_type: text("Join Type"),
        relation,
        alias: text("Alias"),
        index: text("Index Name").map(|name| quote_ident(&name)),
        backward: text("Scan Direction").is_some_and(|direction| direction == "Backward"),
        parallel_aware: is("Parallel Aware"),
        rows_estimated: whole(rows),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cut to the range of u64 on purpose"
)]
fn whole(rows: f64) -> u64 {
    rows.max(0.0) as u64
}

/// The first 64 bits of a SHA-256 over the outline with what each node is to its parent.
fn fingerprint(nodes: &[PlanNode]) -> String {
    let mut hash = Sha256::new();
    for node in nodes {
        let relationship = node.relationship.as_deref().unwrap_or_default();
        let alias = node.alias.as_deref().unwrap_or_default();
        hash.update(format!("{} {relationship} {} {alias}\n", node.depth, node.outline()));
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
