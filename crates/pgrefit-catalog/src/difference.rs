//! The difference between two catalogs.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::canonical::canonical;
use crate::fingerprint::Fingerprint;
use crate::outline::{Fact, Node, outline};
use crate::{Catalog, Change, Object, What, quote_ident};

/// How closely two catalogs are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Everything that a catalog describes.
    #[default]
    Exact,
    /// All but where and how rows are kept: column order, storage, compression, storage parameters of tables. The answer
    /// of every statement that names its columns is the same.
    Logical,
}

/// What differs between an expected catalog and a live one, in a fixed order. Displayed as one line per change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Each object before what belongs to it; objects by kind and name.
    pub changes: Vec<Change>,
}

impl Difference {
    /// Whether the two catalogs are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// A name for this difference: 24 hex digits of a SHA-256.
    ///
    /// It is the same for the same two schemas, whichever supported PostgreSQL majors they were read from and however the
    /// changes are ordered; and, with a `home`, whatever that schema is called.
    #[must_use]
    pub fn fingerprint(&self, home: Option<&str>) -> String {
        let home = home.map(quote_ident);
        let changes: BTreeSet<String> =
            self.changes.iter().map(|change| change_fingerprint(change, home.clone())).collect();
        let mut fingerprint = Fingerprint::new("difference");
        for change in &changes {
            fingerprint.text(change);
        }
        fingerprint.finish()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}

impl Catalog {
    /// What would have to change in `live` to make it equal to `self`, the expected state.
    ///
    /// Extension versions and the server's major are not compared. Columns in another order are one change of the table.
    #[must_use]
    pub fn difference(&self, live: &Self, how: Comparison) -> Difference {
        let mut changes = Vec::new();
        compare_all(&outline(self), &outline(live), how, &mut changes);
        Difference { changes }
    }

    /// A name for this schema: 24 hex digits of a SHA-256 over all that [`Comparison::Exact`] compares.
    ///
    /// It is the same for the same schema, whichever supported PostgreSQL major it was read from.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new("catalog");
        hash_all(&outline(self), &mut fingerprint);
        fingerprint.finish()
    }
}

fn compare_all(expected: &[Node], live: &[Node], how: Comparison, changes: &mut Vec<Change>) {
    let (expected, live) = (Node::by_object(expected), Node::by_object(live));
    let objects: BTreeSet<_> = expected.keys().chain(live.keys()).collect();
    for object in objects {
        match (expected.get(object), live.get(object)) {
            (Some(expected), Some(live)) => compare(expected, live, how, changes),
            (Some(node), None) => changes.push(one(node, What::Missing)),
            (None, Some(node)) => {
                let mut content = String::new();
                describe(node, &mut content);
                changes.push(one(node, What::Unexpected { content }));
            }
            (None, None) => {}
        }
    }
}

fn compare(expected: &Node, live: &Node, how: Comparison, changes: &mut Vec<Change>) {
    let fields: BTreeSet<_> = expected.facts.keys().chain(live.facts.keys()).collect();
    for field in fields {
        let (wanted, found) = (fact(expected, field, how), fact(live, field, how));
        if wanted.map(|fact| &fact.canonical) != found.map(|fact| &fact.canonical) {
            let value = |fact: Option<&Fact>| fact.map(|fact| fact.value.clone());
            changes.push(changed(expected, field, value(wanted), value(found)));
        }
    }
    if let Some((wanted, found)) = reordered(expected, live).filter(|_| how == Comparison::Exact) {
        changes.push(changed(expected, "column order", Some(wanted), Some(found)));
    }
    compare_all(&expected.children, &live.children, how, changes);
}

fn fact<'a>(node: &'a Node, field: &str, how: Comparison) -> Option<&'a Fact> {
    node.facts.get(field).filter(|fact| how == Comparison::Exact || !fact.physical)
}

fn changed(node: &Node, field: &'static str, expected: Option<String>, found: Option<String>) -> Change {
    one(node, What::Changed { field: field.into(), expected, found })
}

fn one(node: &Node, what: What) -> Change {
    Change { object: node.object.clone(), what }
}

/// The columns that both sides have, in the order of each, if the orders differ.
fn reordered(expected: &Node, live: &Node) -> Option<(String, String)> {
    let (left, right): (BTreeSet<_>, BTreeSet<_>) = (expected.columns().collect(), live.columns().collect());
    let common = |node: &Node| {
        let columns = node.columns().filter(|name| left.contains(name) && right.contains(name));
        columns.map(|name| last_part(name, node)).collect::<Vec<_>>().join(", ")
    };
    let (expected, found) = (common(expected), common(live));
    (expected != found).then_some((expected, found))
}

/// The column's own name within its qualified one.
fn last_part<'a>(column: &'a str, table: &Node) -> &'a str {
    column.strip_prefix(&table.object.name).map_or(column, |rest| rest.trim_start_matches('.'))
}

fn change_fingerprint(change: &Change, home: Option<String>) -> String {
    let mut fingerprint = Fingerprint::new("change").at_home_in(home);
    hash_object(&change.object, &mut fingerprint);
    match &change.what {
        What::Missing => fingerprint.text("missing"),
        What::Unexpected { content } => {
            fingerprint.text("unexpected");
            fingerprint.text(content);
        }
        What::Changed { field, expected, found } => {
            fingerprint.text(field);
            fingerprint.option(expected.as_deref().map(canonical).as_deref());
            fingerprint.option(found.as_deref().map(canonical).as_deref());
        }
    }
    fingerprint.finish()
}

/// An object with all that belongs to it, in its canonical form.
fn describe(node: &Node, text: &mut String) {
    let on = node.object.on.as_deref().unwrap_or_default();
    let _ = writeln!(text, "{} {} {on}", node.object.kind, node.object.name);
    for (field, fact) in &node.facts {
        let _ = writeln!(text, "{field}: {}", fact.canonical);
    }
    for child in &node.children {
        describe(child, text);
    }
    text.push_str("end\n");
}

fn hash_all(nodes: &[Node], fingerprint: &mut Fingerprint) {
    for node in nodes {
        hash_object(&node.object, fingerprint);
        for (field, fact) in &node.facts {
            fingerprint.text(field);
            fingerprint.text(&fact.canonical);
        }
        fingerprint.text("(");
        hash_all(&node.children, fingerprint);
        fingerprint.text(")");
    }
}

fn hash_object(object: &Object, fingerprint: &mut Fingerprint) {
    fingerprint.text(&object.kind.to_string());
    fingerprint.text(&object.name);
    fingerprint.option(object.on.as_deref());
}
