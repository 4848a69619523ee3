//! What was written, key by key, and where; the first source to name a key wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::Error;

use super::keys::{self, KEYS, Use};

/// Where a value was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Url,
    KeyValue,
    Variable(&'static str),
    File { path: PathBuf, line: usize },
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("the URL"),
            Self::KeyValue => f.write_str("the connection string"),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Default => f.write_str("the defaults"),
        }
    }
}

impl Place {
    pub(super) fn error(&self, what: impl Into<String>) -> Error {
        Error::Settings { what: what.into(), place: self.to_string(), nearest: None }
    }
}

/// One value. No `Debug`: it may be the password.
struct Value {
    text: String,
    place: Place,
}

/// All values; an empty text is "set to the default", which still hides later sources, as in libpq.
#[derive(Default)]
pub(super) struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Takes the value unless a source of higher precedence named the key.
    pub(super) fn offer(&mut self, word: &str, text: String, place: &Place) -> Result<(), Error> {
        let key = keys::find(word, place)?;
        if let Use::Only(accepted) = key.usage
            && !text.is_empty()
            && !accepted.contains(&text.as_str())
        {
            return Err(place.error(format!("{word} is not supported with this value")));
        }
        self.0.entry(key.name).or_insert(Value { text, place: place.clone() });
        Ok(())
    }

    /// Replaces what the same source said before: in a connection string the last mention wins.
    pub(super) fn set(&mut self, word: &str, text: String, place: &Place) -> Result<(), Error> {
        self.0.remove(word);
        self.offer(word, text, place)
    }

    /// Fills what is still open from libpq's variables.
    pub(super) fn fill_from_env(&mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
        for key in KEYS {
            if let Some(name) = key.env
                && !self.0.contains_key(key.name)
                && let Some(text) = env(name)
            {
                self.offer(key.name, text, &Place::Variable(name))?;
            }
        }
        Ok(())
    }

    /// Whether anything at all was said.
    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(|value| value.text.is_empty())
    }

    /// The text of a key, unless empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.text.as_str()).filter(|text| !text.is_empty())
    }

    /// Where a key was named.
    pub(super) fn place(&self, name: &str) -> Place {
        self.0.get(name).map_or(Place::Default, |value| value.place.clone())
    }

    /// Takes the text out, for a value that must not linger.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).map(|value| value.text).filter(|text| !text.is_empty())
    }

    /// The value of a key that is a number.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let parsed = text
            .trim()
            .parse()
            .map_err(|_| self.place(name).error(format!("{name} is not a number in range")))?;
        Ok(Some(parsed))
    }

    /// The value of a key that takes one of a few words.
    pub(super) fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Error> {
        let Some(text) = self.get(name) else { return Ok(None) };
        if let Some((_, chosen)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*chosen));
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Err(Error::Settings {
            what: format!("{name} must be one of {}", known.join(", ")),
            place: self.place(name).to_string(),
            nearest: keys::nearest(text, known.into_iter()),
        })
    }
}
