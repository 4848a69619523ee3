//! What a statement asks of each relation it reads, read from a plan in which no index is used: all conditions stand at the scan
//! itself there, and every order is a `Sort`.

use std::collections::BTreeSet;

use pgrefit_catalog::{Name, quote_ident};
use serde_json::Value;

use super::clause::{Atom, Clause, Operand};
use super::clause_text::{bare_names, clauses, columns, operand};

/// Deeper plans do not come from any planner; it bounds the recursion.
const DEPTH_MAX: usize = 500;

/// What one statement asks of one relation in one place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Demand {
    /// The relation that is scanned; a leaf, if it is a partition.
    pub(super) relation: Name,
    /// Conditions that hold together.
    pub(super) clauses: Vec<Clause>,
    /// Expressions that are compared with `=` to another relation's.
    pub(super) joins: Vec<Operand>,
    /// The order in which the rows are wanted.
    pub(super) order: Vec<SortKey>,
    /// Whether only the first rows of that order are wanted.
    pub(super) is_limited: bool,
    /// The expressions by which the rows are grouped.
    pub(super) groups: Vec<Operand>,
    /// The columns that the statement needs of the relation besides those in `clauses`, and perhaps names that are no columns; none if
    /// it needs whole rows.
    pub(super) needed: Option<BTreeSet<String>>,
}

/// One item of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SortKey {
    pub(super) on: Operand,
    pub(super) is_descending: bool,
    pub(super) nulls_first: bool,
}

/// The demands in a plan: the object below `Plan` of `EXPLAIN (VERBOSE, FORMAT JSON)`.
pub(super) fn demands(plan: &Value) -> Vec<Demand> {
    let mut found = Vec::new();
    walk(plan, &mut Vec::new(), &mut found);
    found
}

fn walk<'a>(node: &'a Value, above: &mut Vec<&'a Value>, found: &mut Vec<Demand>) {
    if above.len() > DEPTH_MAX {
        return;
    }
    found.extend(scan(node, above));
    above.push(node);
    for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        walk(child, above, found);
    }
    above.pop();
}

fn text<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Value::as_str)
}

fn texts<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    node.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn kind(node: &Value) -> &str {
    text(node, "Node Type").unwrap_or_default()
}

/// The conditions of a node, wherever they are written.
fn conditions(node: &Value) -> impl Iterator<Item = &str> {
    const KEYS: [&str; 4] = ["Filter", "Index Cond", "Recheck Cond", "One-Time Filter"];
    KEYS.into_iter().filter_map(|key| text(node, key))
}

fn scan(node: &Value, above: &[&Value]) -> Option<Demand> {
    if kind(node) == "ModifyTable" {
        return None;
    }
    let relation = Name::new(text(node, "Schema")?, text(node, "Relation Name")?);
    let alias = text(node, "Alias")?;
    let (order, is_limited) = order(above, alias);
    Some(Demand {
        relation,
        clauses: conditions(node).flat_map(|condition| clauses(condition, alias)).collect(),
        joins: joins(above, alias),
        order,
        is_limited,
        groups: groups(above, alias),
        needed: needed(node, above, alias),
    })
}

/// Nodes that hand on the rows of a scan one by one: what is asked above of them is asked of the scan.
fn hands_on(node: &Value) -> bool {
    const KINDS: [&str; 9] = [
        "Limit",
        "Append",
        "Merge Append",
        "Gather",
        "Gather Merge",
        "Result",
        "LockRows",
        "Nested Loop",
        "Hash Join",
    ];
    KINDS.contains(&kind(node))
}

/// The nearest order above the scan, and whether a `Limit` cuts it.
fn order(above: &[&Value], alias: &str) -> (Vec<SortKey>, bool) {
    for (at, node) in above.iter().enumerate().rev() {
        match kind(node) {
            "Sort" | "Incremental Sort" => {
                let keys: Option<Vec<SortKey>> =
                    texts(node, "Sort Key").map(|key| sort_key(key, alias)).collect();
                let cut = above[..at].last().is_some_and(|parent| kind(parent) == "Limit");
                return (keys.unwrap_or_default(), cut);
            }
            "Aggregate" => {
                let last: Vec<SortKey> = extreme(node, alias).into_iter().collect();
                let is_limited = !last.is_empty();
                return (last, is_limited);
            }
            _ if hands_on(node) => (),
            _ => break,
        }
    }
    (Vec::new(), false)
}

/// `d.created_at DESC NULLS LAST`
fn sort_key(text: &str, alias: &str) -> Option<SortKey> {
    let (text, nulls) = match (text.strip_suffix(" NULLS FIRST"), text.strip_suffix(" NULLS LAST")) {
        (Some(rest), _) => (rest, Some(true)),
        (_, Some(rest)) => (rest, Some(false)),
        _ => (text, None),
    };
    let (text, is_descending) = text.strip_suffix(" DESC").map_or((text, false), |rest| (rest, true));
    // Another operator or collation than the default one is another index.
    if text.contains(" USING ") || text.contains(" COLLATE ") {
        return None;
    }
    let on = operand(text, alias)?;
    Some(SortKey { on, is_descending, nulls_first: nulls.unwrap_or(is_descending) })
}

/// `max(d.created_at)` alone: the last row of an order.
fn extreme(node: &Value, alias: &str) -> Option<SortKey> {
    let mut output = texts(node, "Output");
    let (Some(only), None, None) = (output.next(), output.next(), node.get("Group Key")) else { return None };
    let is_max = only.starts_with("max(");
    let inside = only.strip_prefix("max(").or_else(|| only.strip_prefix("min("))?.strip_suffix(')')?;
    // Without the relation's name, where there is one relation only.
    let on =
        operand(inside, alias).or_else(|| operand(&format!("{}.{inside}", quote_ident(alias)), alias))?;
    Some(SortKey { on, is_descending: is_max, nulls_first: is_max })
}

fn groups(above: &[&Value], alias: &str) -> Vec<Operand> {
    let through = |node: &&&Value| hands_on(node) || matches!(kind(node), "Sort" | "Incremental Sort");
    let nearest = above.iter().rev().find(|node| !through(node));
    let Some(node) = nearest.filter(|node| kind(node) == "Aggregate") else { return Vec::new() };
    let keys: Option<Vec<Operand>> = texts(node, "Group Key").map(|key| operand(key, alias)).collect();
    keys.unwrap_or_default()
}

fn joins(above: &[&Value], alias: &str) -> Vec<Operand> {
    const KEYS: [&str; 3] = ["Hash Cond", "Merge Cond", "Join Filter"];
    let mut found: Vec<Operand> = Vec::new();
    let conditions = above.iter().flat_map(|node| KEYS.into_iter().filter_map(|key| text(node, key)));
    for clause in conditions.flat_map(|condition| clauses(condition, alias)) {
        if let Atom::Equal(on, _) = clause.atom
            && !found.contains(&on)
        {
            found.push(on);
        }
    }
    found
}

/// What the nodes above the scan name of its columns. A scan itself often puts out all columns.
fn needed(node: &Value, above: &[&Value], alias: &str) -> Option<BTreeSet<String>> {
    const LISTS: [&str; 4] = ["Output", "Sort Key", "Group Key", "Presorted Key"];
    const TEXTS: [&str; 5] = ["Filter", "Hash Cond", "Merge Cond", "Join Filter", "One-Time Filter"];
    if above.iter().any(|node| matches!(kind(node), "ModifyTable" | "LockRows")) {
        return None;
    }
    let own = if above.is_empty() { texts(node, "Output").collect() } else { Vec::new() };
    let lists = above.iter().flat_map(|node| LISTS.into_iter().flat_map(|key| texts(node, key)));
    let conds = above.iter().flat_map(|node| TEXTS.into_iter().filter_map(|key| text(node, key)));
    let all: Vec<&str> = lists.chain(conds).chain(own).collect();
    let mut named: BTreeSet<String> = all.iter().flat_map(|text| columns(text, alias)).collect();
    let outputs = above.iter().copied().chain(above.is_empty().then_some(node));
    named.extend(outputs.flat_map(|node| texts(node, "Output")).flat_map(bare_names));
    (!named.contains("*")).then_some(named)
}

#[cfg(test)]
mod tests;
