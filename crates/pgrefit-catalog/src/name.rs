//! Names as PostgreSQL writes them: quoted only where it would quote them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::keywords::{is_reserved, is_reserved_as_name};

/// `ident` as PostgreSQL's own `quote_ident` writes it: bare when it is lower-case, plain and not a key word.
#[must_use]
pub fn quote_ident(ident: &str) -> String {
    if is_plain(ident) && !is_reserved(ident) {
        return ident.to_owned();
    }
    format!("\"{}\"", ident.replace('"', "\"\""))
}

/// Whether a table or a column of that name is found only in quotes. [`quote_ident`] quotes more than that, as PostgreSQL's does: letters
/// beyond ASCII, a `$`, and words that are names of tables and columns without quotes, such as `position`.
#[must_use]
pub fn must_be_quoted(ident: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_' || !c.is_ascii();
    let is_bare =
        ident.starts_with(is_letter) && ident.chars().all(|c| is_letter(c) || c.is_ascii_digit() || c == '$');
    !is_bare || is_reserved_as_name(ident)
}

/// Whether the lexer reads `ident` back unchanged without quotes, key words aside.
pub(crate) fn is_plain(ident: &str) -> bool {
    ident.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && ident.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The name of an object in a schema. Shown, parsed and serialised in its SQL form, such as `public."Mixed Case"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Name {
    /// The schema, unquoted.
    pub schema: String,
    /// The name within the schema, unquoted.
    pub name: String,
}

impl Name {
    /// A name from its two unquoted parts.
    #[must_use]
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        parse(text).ok_or_else(|| InvalidName(text.to_owned()))
    }
}

/// The text is not a schema-qualified name such as `public.documents`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidName(String);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a schema-qualified name: {}", self.0)
    }
}

impl std::error::Error for InvalidName {}

fn parse(text: &str) -> Option<Name> {
    let (schema, rest) = ident(text)?;
    let (name, rest) = ident(rest.strip_prefix('.')?)?;
    rest.is_empty().then_some(Name { schema, name })
}

/// One identifier at the start of `text`, and what follows it. Unquoted text is folded to lower case, as by the server.
fn ident(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['.', '"']).unwrap_or(text.len());
        let (bare, rest) = text.split_at(end);
        let folded = bare.to_ascii_lowercase();
        return is_plain(&folded).then_some((folded, rest));
    };
    let mut ident = String::new();
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('"')?;
        ident.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                ident.push('"');
                rest = more;
            }
            None => return (!ident.is_empty()).then_some((ident, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: &str, name: &str, sql: &str) {
        let expected = Name::new(schema, name);
        assert_eq!(expected.to_string(), sql);
        assert_eq!(sql.parse(), Ok(expected));
    }

    #[test]
    fn names_are_written_as_the_server_writes_them_and_read_back() {
        check("public", "documents", "public.documents");
        check("public", "_a1", "public._a1");
        check("public", "1a", "public.\"1a\"");
        check("public", "a$", "public.\"a$\"");
        check("public", "Mixed Case", "public.\"Mixed Case\"");
        check("Odd.Schema", "with \"quotes\"", "\"Odd.Schema\".\"with \"\"quotes\"\"\"");
        check("public", "user", "public.\"user\"");
        check("public", "größe", "public.\"größe\"");
        check("a", "\"", "a.\"\"\"\"");
    }

    #[test]
    fn what_is_not_a_qualified_name_is_refused() {
        for text in ["", "documents", "a.b.c", "a.", ".b", "a.\"b", "a.\"\"", "a.b c", "\"a\"b.c", "a.1"] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }

    #[test]
    fn unquoted_letters_are_folded() {
        assert_eq!("Public.Documents".parse(), Ok(Name::new("public", "documents")));
    }

    #[test]
    fn only_what_must_be_quoted_must_be() {
        let check = |name: &str, expected: bool| assert_eq!(must_be_quoted(name), expected, "{name}");
        for name in ["documents", "position", "values", "time", "größe", "a$b", "_a1"] {
            check(name, false);
        }
        for name in ["", "User", "user", "order", "left", "a b", "a-b", "1a", "$a"] {
            check(name, true);
        }
    }
}
