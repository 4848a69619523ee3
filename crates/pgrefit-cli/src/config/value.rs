//! The types a configuration value can have, read from TOML and from text.

use std::fmt;
use std::time::Duration;

use pgrefit_sql::{format_duration, parse_duration};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Duration(Duration),
    Text(String),
    Integer(i64),
    Switch(bool),
    List(Vec<String>),
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Duration,
    Text,
    Integer,
    Switch,
    List,
}

impl Kind {
    /// What the type takes, as the end of "it takes …".
    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Self::Duration => "a duration such as \"500ms\", \"2s\", \"5min\" or \"1h\"",
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Switch => "true or false",
            Self::List => "a list of texts",
        }
    }
}

impl Value {
    /// From text, as in a variable or a flag; the items of a list are divided by commas.
    pub(crate) fn parse(kind: Kind, text: &str) -> Result<Self, String> {
        let value = match kind {
            Kind::Duration => parse_duration(text).map(Self::Duration),
            Kind::Text => Some(Self::Text(text.to_owned())),
            Kind::Integer => text.trim().parse().ok().map(Self::Integer),
            Kind::Switch => text.trim().parse().ok().map(Self::Switch),
            Kind::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(Self::List(items.map(str::to_owned).collect()))
            }
        };
        value.ok_or_else(|| format!("it takes {}, not `{text}`", kind.wanted()))
    }

    /// From TOML.
    pub(crate) fn from_toml(kind: Kind, value: &toml::Value) -> Result<Self, String> {
        let found = match (kind, value) {
            (Kind::Duration | Kind::Text, toml::Value::String(text)) => return Self::parse(kind, text),
            (Kind::Integer, toml::Value::Integer(number)) => Some(Self::Integer(*number)),
            (Kind::Switch, toml::Value::Boolean(on)) => Some(Self::Switch(*on)),
            (Kind::List, toml::Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .map(Self::List),
            _ => None,
        };
        found.ok_or_else(|| format!("it takes {}, not `{value}`", kind.wanted()))
    }

    /// The type.
    #[cfg(test)]
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Duration(_) => Kind::Duration,
            Self::Text(_) => Kind::Text,
            Self::Integer(_) => Kind::Integer,
            Self::Switch(_) => Kind::Switch,
            Self::List(_) => Kind::List,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration(duration) => f.write_str(&format_duration(*duration)),
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Switch(on) => write!(f, "{on}"),
            Self::List(items) => f.write_str(&items.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_divided_by_commas() {
        let list = Value::parse(Kind::List, " a, b,,").unwrap();
        assert_eq!(list, Value::List(vec!["a".into(), "b".into()]));
        assert_eq!(list.to_string(), "a, b");
    }
}
