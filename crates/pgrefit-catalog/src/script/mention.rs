//! The qualified names in a definition that a server printed.

use std::collections::BTreeSet;

use super::lexer::{Token, token};
use crate::Name;

/// Each pair of identifiers with a dot between them, also in a literal that is cast to a `reg…` type.
///
/// Some pairs are no objects, such as `t.id`; who looks them up does not find them.
pub(super) fn mentions(text: &str) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    collect(text, &mut found);
    found
}

fn collect(text: &str, found: &mut BTreeSet<Name>) {
    let mut qualifier: Option<String> = None;
    let mut after_dot = false;
    let mut rest = text;
    while let Some(token) = token(rest) {
        let len = token.len();
        match token {
            Token::Word(word, _) => {
                if let Some(schema) = qualifier.take().filter(|_| after_dot) {
                    found.insert(Name::new(schema, &word));
                }
                qualifier = Some(word);
                after_dot = false;
            }
            Token::Literal(content, len) => {
                if rest[len..].starts_with("::reg") {
                    collect(&content, found);
                }
                qualifier = None;
                after_dot = false;
            }
            Token::Other(".") => after_dot = true,
            Token::Other(_) => {
                qualifier = None;
                after_dot = false;
            }
        }
        rest = &rest[len..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: BTreeSet<_> = expected.iter().map(|(schema, name)| Name::new(*schema, *name)).collect();
        assert_eq!(mentions(text), expected, "{text}");
    }

    #[test]
    fn qualified_names_are_found() {
        check("SELECT id FROM app.t WHERE app.f(id)", &[("app", "t"), ("app", "f")]);
        check("\"Odd.Schema\".\"a \"\"b\"\"\"[]", &[("Odd.Schema", "a \"b\"")]);
        check("nextval('public.\"Seq 1\"'::regclass)", &[("public", "Seq 1")]);
        check("nextval(E'a.\"\\'b\"'::regclass)", &[("a", "'b")]);
        check("'ok'::public.mood", &[("public", "mood")]);
        check("a.b.c", &[("a", "b"), ("b", "c")]);
    }

    #[test]
    fn texts_and_lone_words_are_none() {
        check("'public.t'::text || E'x\\'.y' || t", &[]);
        check("1.5 + (a).b", &[("1", "5")]);
        check("a . b", &[]);
        for text in ["", ".", "\"", "'", "E'", "a.", "é.", "'\\"] {
            let _ = mentions(text);
        }
    }
}
