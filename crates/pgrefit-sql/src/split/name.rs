//! Names: as PostgreSQL makes them where the user gave none, quoted where they must be, and as words of a file's name.

use crate::parse::parse;
use squawk_syntax::ast::AstNode;

/// PostgreSQL's limit for a name, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// `<first>_<second>_<label>`, of which the longer of the first two is cut to fit, as `makeObjectName` of PostgreSQL does.
pub(super) fn made_of(first: &str, second: &str, label: &str) -> String {
    let (mut first, mut second) = (first.to_owned(), second.to_owned());
    let rest = label.len() + 1 + usize::from(!second.is_empty());
    while first.len() + second.len() + rest > NAME_BYTES_MAX {
        let longer = if first.len() > second.len() { &mut first } else { &mut second };
        longer.pop();
    }
    let parts = [first.as_str(), second.as_str(), label];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// The name as SQL: in quotes if it would be folded, or taken for a keyword, without.
pub(super) fn quoted(name: &str) -> String {
    let starts_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let is_plain =
        starts_plain && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    // A word that can name a table and a column needs no quotes anywhere.
    let is_free = || parse(&format!("SELECT {name} FROM {name}")).errors().is_empty();
    if is_plain && is_free() { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Lower-case letters and digits joined by underscores.
pub(super) fn words(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').flat_map(|word| word.split('_')).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_").to_lowercase()
}

/// The source text of a node.
pub(super) fn text(node: &impl AstNode) -> String {
    node.syntax().text().to_string().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_as_the_server_cuts_them() {
        assert_eq!(made_of("t", "c", "fkey"), "t_c_fkey");
        assert_eq!(made_of("t", "", "pkey"), "t_pkey");
        let long = made_of(&"t".repeat(60), &"c".repeat(20), "key");
        assert_eq!(long, format!("{}_{}_key", "t".repeat(38), "c".repeat(20)));
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let check = |name: &str, expected: &str| assert_eq!(quoted(name), expected);
        check("documents", "documents");
        check("Documents", "\"Documents\"");
        check("a\"b", "\"a\"\"b\"");
        check("select", "\"select\"");
        check("1a", "\"1a\"");
    }
}
