//! Whether two scripts mean the same to the server.

use squawk_syntax::SyntaxKind;

use crate::parse::parse;

/// The text without what editors and checkouts add: byte order mark, carriage returns before line feeds.
#[must_use]
pub fn plain_text(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

/// Whether two scripts differ in nothing but line ends, byte order mark, blanks and comments.
///
/// Both must parse: the syntax trees without blanks and comments are compared word by word, so one changed literal,
/// name or letter of a function body is a difference. (A hash that ignores literals, as query fingerprints do, would
/// call `DEFAULT 1` and `DEFAULT 2` equal.) Scripts the parser does not understand are never called the same, unless
/// their plain texts are.
#[must_use]
pub fn same_meaning(one: &str, other: &str) -> bool {
    let (one, other) = (plain_text(one), plain_text(other));
    one == other || matches!((words(&one), words(&other)), (Some(a), Some(b)) if a == b)
}

/// The tokens that matter, or nothing if the text does not parse.
fn words(text: &str) -> Option<Vec<(SyntaxKind, String)>> {
    let parse = parse(text);
    if !parse.errors().is_empty() {
        return None;
    }
    let words = parse
        .syntax_node()
        .descendants_with_tokens()
        .filter_map(squawk_syntax::SyntaxElement::into_token)
        .filter(|token| !matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT))
        .map(|token| (token.kind(), token.text().to_owned()))
        .collect();
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::same_meaning;

    #[test]
    fn only_blanks_and_comments_may_differ() {
        let check = |one: &str, other: &str, same: bool| {
            assert_eq!(same_meaning(one, other), same, "{one:?} / {other:?}");
            assert_eq!(same_meaning(other, one), same, "{other:?} / {one:?}");
        };
        let sql = "CREATE TABLE t (a int DEFAULT 1);\n";
        check(sql, sql, true);
        check(sql, "CREATE TABLE t (a int DEFAULT 1);\r\n", true);
        check(sql, "\u{feff}CREATE TABLE t (a int DEFAULT 1);", true);
        check(sql, "-- why\nCREATE TABLE t (\n  a int DEFAULT 1 /* one */\n);  \n\n", true);
        check(sql, "CREATE TABLE t (a int DEFAULT 2);", false);
        check(sql, "CREATE TABLE t2 (a int DEFAULT 1);", false);
        check(sql, "CREATE TABLE t (a bigint DEFAULT 1);", false);
        check(sql, "", false);
        check("SELECT 'a b'", "SELECT 'a  b'", false);
        check("SELECT 'a\r\nb'", "SELECT 'a\nb'", true);
        check("DO $$ BEGIN NULL; END $$", "DO $$ BEGIN  NULL; END $$", false);
        check("SELECT -1", "SELECT --1\n 2", false);
        check("SELEC 1", "SELEC  1", false);
        check("SELEC 1\r\n", "SELEC 1\n", true);
    }
}
