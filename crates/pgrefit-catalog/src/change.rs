//! One difference, as data and as one line for a reader.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Longer texts are shortened on display; the data keeps them whole.
const SHOWN_CHARS_MAX: usize = 160;

/// One difference between two catalogs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What differs.
    pub object: Object,
    /// How it differs.
    pub what: What,
}

/// Which object of a database is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Object {
    /// What kind of object it is.
    pub kind: Kind,
    /// Its name as PostgreSQL would quote it; qualified, but for kinds that are named on their relation.
    pub name: String,
    /// The relation or domain, quoted, whose constraint, trigger, policy or rule it is.
    pub on: Option<String>,
}

/// The kinds of objects that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the thing that PostgreSQL calls so")]
pub enum Kind {
    Schema,
    Extension,
    Type,
    Sequence,
    Table,
    Column,
    Constraint,
    Index,
    Trigger,
    Policy,
    Rule,
    View,
    Routine,
}

/// How an object differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum What {
    /// Expected and not there. What belongs to it is not listed separately.
    Missing,
    /// There and not expected. What belongs to it is not listed separately.
    Unexpected {
        /// The object with all that belongs to it, in the form that is compared: who accepts it, accepts it as it is.
        content: String,
    },
    /// There, but different.
    Changed {
        /// Which property, such as `type` or `default`.
        field: Cow<'static, str>,
        /// What it should be; `None`: it should not have this property.
        expected: Option<String>,
        /// What it is.
        found: Option<String>,
    },
}

impl Change {
    /// When it can be taken back, among others: what depends on others is dropped first and made last, and an index is made
    /// before another one goes.
    #[must_use]
    pub fn turn(&self) -> u8 {
        let drops = matches!(self.what, What::Unexpected { .. });
        match (drops, self.object.kind) {
            (true, Kind::Trigger | Kind::Policy | Kind::Rule) => 0,
            (true, Kind::View) => 1,
            (true, Kind::Constraint) => 2,
            (false, Kind::Schema | Kind::Extension) => 3,
            (false, Kind::Type) => 4,
            (false, Kind::Sequence) => 5,
            (false, Kind::Routine) => 6,
            (false, Kind::Table) => 7,
            (false, Kind::Column) => 8,
            (false, Kind::Constraint) => 9,
            (false, Kind::Index) => 10,
            (true, Kind::Index) => 11,
            (false, Kind::View) => 12,
            (false, Kind::Trigger | Kind::Policy | Kind::Rule) => 13,
            (true, _) => 14,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Type => "type",
            Self::Sequence => "sequence",
            Self::Table => "table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::View => "view",
            Self::Routine => "routine",
        })
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        match &self.on {
            Some(on) => write!(f, " on {on}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.object)?;
        match &self.what {
            What::Missing => f.write_str("missing"),
            What::Unexpected { .. } => f.write_str("unexpected"),
            What::Changed { field, expected, found } => {
                write!(f, "{field} is {}, expected {}", shown(found.as_deref()), shown(expected.as_deref()))
            }
        }
    }
}

/// One line, whatever the value.
fn shown(value: Option<&str>) -> String {
    let Some(value) = value else {
        return "none".to_owned();
    };
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(on: Option<&str>, what: What, expected: &str) {
        let (kind, name) =
            if on.is_some() { (Kind::Trigger, "stamp") } else { (Kind::Column, "public.documents.doc_type") };
        let object = Object { kind, name: name.to_owned(), on: on.map(str::to_owned) };
        assert_eq!(Change { object, what }.to_string(), expected);
    }

    fn changed(expected: Option<&str>, found: Option<&str>) -> What {
        What::Changed {
            field: "type".into(),
            expected: expected.map(str::to_owned),
            found: found.map(str::to_owned),
        }
    }

    #[test]
    fn a_change_is_one_line() {
        check(None, What::Missing, "column public.documents.doc_type: missing");
        check(
            Some("public.t"),
            What::Unexpected { content: String::new() },
            "trigger stamp on public.t: unexpected",
        );
        check(
            None,
            changed(Some("doc_type"), Some("text")),
            "column public.documents.doc_type: type is text, expected doc_type",
        );
        check(
            None,
            changed(None, Some("a\n  b")),
            "column public.documents.doc_type: type is a b, expected none",
        );
    }

    #[test]
    fn a_long_text_is_shortened_between_characters() {
        let long = "é".repeat(SHOWN_CHARS_MAX + 1);
        assert_eq!(shown(Some(&long)).chars().count(), SHOWN_CHARS_MAX + 1);
        assert_eq!(shown(Some(&long[2..])), &long[2..]);
    }
}
