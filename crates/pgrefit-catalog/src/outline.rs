//! A catalog flattened for comparison: a tree of named nodes that carry facts.
//!
//! Every kind of object is described in one function here; comparing and hashing know nodes and facts only.

use std::collections::BTreeMap;

use crate::canonical::canonical;
use crate::{Kind, Name, Object, quote_ident};

mod objects;
mod relations;

pub(crate) use objects::outline;

/// One object with its properties and the objects that live and die with it.
pub(crate) struct Node {
    pub(crate) object: Object,
    /// By field; a property that the object does not have is no fact.
    pub(crate) facts: BTreeMap<&'static str, Fact>,
    pub(crate) children: Vec<Node>,
}

/// One property, as the server printed it and as it is compared.
pub(crate) struct Fact {
    pub(crate) value: String,
    pub(crate) canonical: String,
    /// Where and how rows are kept, not what they may be.
    pub(crate) physical: bool,
}

impl Node {
    pub(crate) fn new(kind: Kind, name: &(impl ToString + ?Sized)) -> Self {
        let object = Object { kind, name: name.to_string(), on: None };
        Self { object, facts: BTreeMap::new(), children: Vec::new() }
    }

    fn on(mut self, owner: &Name) -> Self {
        self.object.on = Some(owner.to_string());
        self
    }

    fn fact(self, field: &'static str, value: impl Into<Value>) -> Self {
        self.push(field, value.into(), false)
    }

    fn physical(self, field: &'static str, value: impl Into<Value>) -> Self {
        self.push(field, value.into(), true)
    }

    fn push(mut self, field: &'static str, Value(value): Value, physical: bool) -> Self {
        if let Some(value) = value {
            let canonical = canonical(&value);
            self.facts.insert(field, Fact { value, canonical, physical });
        }
        self
    }

    fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Children by object: the two sides of a comparison are matched by it.
    pub(crate) fn by_object(nodes: &[Self]) -> BTreeMap<&Object, &Self> {
        nodes.iter().map(|node| (&node.object, node)).collect()
    }

    /// The names of the columns in their physical order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = self.children.iter().filter(|child| child.object.kind == Kind::Column);
        columns.map(|child| child.object.name.as_str())
    }
}

/// What a fact can be made of; an empty list is the same as none.
struct Value(Option<String>);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::from(if flag { "yes" } else { "no" })
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(Some(number.to_string()))
    }
}

impl<T: ToString> From<&Option<T>> for Value {
    fn from(value: &Option<T>) -> Self {
        Self(value.as_ref().map(ToString::to_string))
    }
}

impl From<&[String]> for Value {
    fn from(list: &[String]) -> Self {
        Self((!list.is_empty()).then(|| list.join(", ")))
    }
}

impl From<&[Name]> for Value {
    fn from(list: &[Name]) -> Self {
        Self::from(list.iter().map(Name::to_string).collect::<Vec<_>>().as_slice())
    }
}

/// `'a', 'b'`: no label can be mistaken for two.
fn quoted_labels(labels: &[String]) -> String {
    let quoted: Vec<_> = labels.iter().map(|label| format!("'{}'", label.replace('\'', "''"))).collect();
    quoted.join(", ")
}

fn qualified(owner: &Name, name: &str) -> String {
    format!("{owner}.{}", quote_ident(name))
}
