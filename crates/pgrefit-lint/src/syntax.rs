//! What is wrong with a file before any rule can look at it.

use std::ops::Range;

use pgrefit_report::Status;
use pgrefit_sql::{DirectiveError, Obstacle, Script, SyntaxError};

use crate::found::Draft;

/// At most this many syntax errors of a file are told: what follows the first ones is often their echo.
const MOST: usize = 3;

/// A directive that cannot be followed.
pub(crate) fn directive(text: &str, error: &DirectiveError) -> Draft {
    let range = line_of(text, error.place().line);
    let line = &text[range.clone()];
    let message = error.to_string();
    let message = message.split_once(": ").map_or(message.as_str(), |(_, rest)| rest);
    let comment = range.start + line.find("--").unwrap_or(0)..range.end;
    draft("directive", Status::Fail, comment, message, &error.hint())
}

/// The errors of the parser, or what its confusion comes from.
pub(crate) fn errors(text: &str, errors: &[SyntaxError], script: &Script, is_migration: bool) -> Vec<Draft> {
    let from_psql = script
        .first_obstacle()
        .filter(|(_, obstacle)| matches!(obstacle, Obstacle::PsqlCommand | Obstacle::NeedsPsql));
    if from_psql.is_some() {
        return obstacles(text, script, is_migration);
    }
    let mut errors: Vec<&SyntaxError> = errors.iter().collect();
    // The second error of a line is the echo of the first.
    errors.dedup_by_key(|error| text[..text.floor_char_boundary(error.offset)].matches('\n').count());
    let mut drafts = Vec::new();
    for error in errors.iter().take(MOST) {
        let range = marked(text, error.offset);
        let message = plain(&error.message, &text[range.clone()]);
        let help = "PostgreSQL's own parser has the last word: if it accepts the file, allow `syntax-error` with the reason";
        drafts.push(draft("syntax-error", Status::Fail, range, &message, help));
    }
    if errors.len() > MOST
        && let Some(last) = drafts.last_mut()
    {
        last.message = format!("{} (and {} more)", last.message, errors.len() - MOST);
    }
    drafts
}

/// The word at a point, which is all that the parser names of most errors. Behind the last word of the text, that word's end.
fn marked(text: &str, at: usize) -> Range<usize> {
    let last = text.trim_end().len();
    if at >= last {
        return last..last;
    }
    let at = text.floor_char_boundary(at);
    let rest = &text[at..];
    let word = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    let length = word.max(rest.chars().next().map_or(0, char::len_utf8));
    at..at + length
}

/// The message of the parser without the names of its tokens.
fn plain(message: &str, at: &str) -> String {
    let found = if at.is_empty() { "the end of the file".to_owned() } else { format!("`{at}`") };
    if message.starts_with("expected command, found ") {
        return format!("expected `;` or the beginning of a statement, found {found}");
    }
    let mut words: Vec<String> = Vec::new();
    for word in message.split(' ') {
        let bare = word.trim_matches(|letter: char| !letter.is_ascii_uppercase());
        let is_token = bare.len() > 1 && bare.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let is_found = words.last().is_some_and(|before| before == "found" || before == "got");
        words.push(match (is_token, is_found) {
            (true, true) => found.clone(),
            (true, false) => word.replace(bare, &token(bare)),
            _ => word.to_owned(),
        });
    }
    words.join(" ")
}

/// A kind of token as it is written.
fn token(kind: &str) -> String {
    let sign = match kind {
        "SEMICOLON" => ";",
        "COMMA" => ",",
        "L_PAREN" => "(",
        "R_PAREN" => ")",
        "L_BRACK" => "[",
        "R_BRACK" => "]",
        "EQ" => "=",
        "DOT" => ".",
        "IDENT" => return "a name".to_owned(),
        "STRING" => return "a string".to_owned(),
        "INT_NUMBER" => return "a number".to_owned(),
        "EOF" => return "the end of the file".to_owned(),
        _ => kind.trim_end_matches("_KW"),
    };
    format!("`{sign}`")
}

/// What `pgrefit migrate` refuses to run.
pub(crate) fn obstacles(text: &str, script: &Script, is_migration: bool) -> Vec<Draft> {
    let level = if is_migration { Status::Fail } else { Status::Info };
    let mut drafts: Vec<Draft> = Vec::new();
    for (statement, obstacle) in script.statements().iter().filter_map(|found| Some((found, found.obstacle?)))
    {
        let (rule, message, help) = match obstacle {
            Obstacle::ControlsTransaction => (
                "transaction-control",
                "the runner opens and ends the transaction; a statement that does it too would commit half of the migration",
                "take it out; `pgrefit migrate` runs what cannot be in a transaction on its own",
            ),
            Obstacle::NeedsPsql => (
                "needs-psql",
                "the rows of this COPY follow in the file or go to the terminal, which only psql can do",
                "write INSERT, or COPY from a file on the server",
            ),
            Obstacle::PsqlCommand => (
                "needs-psql",
                "a line that begins with a backslash is a command of psql and no SQL",
                "write it in SQL",
            ),
            Obstacle::Unnamed => (
                "unnamed-concurrent-index",
                "a concurrent index without a name: after an interruption nobody could tell which index it made",
                "give it a name",
            ),
            Obstacle::NotBatches(reason) => ("directive", reason, "see `pgrefit migrate --help`"),
            Obstacle::RefusedInTransaction => continue,
        };
        // One word about BEGIN and COMMIT is enough.
        if drafts.iter().any(|draft| draft.rule == rule && rule == "transaction-control") {
            continue;
        }
        let level = if rule == "directive" { Status::Fail } else { level };
        // Of a text that is not understood the statement is all of it.
        let range = if script.is_understood() {
            statement.range.clone()
        } else {
            line_of(text, statement.place.line)
        };
        drafts.push(draft(rule, level, range, message, help));
    }
    drafts
}

/// The bytes of a line, counted from 1, without the blanks around it.
fn line_of(text: &str, number: usize) -> Range<usize> {
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
    let start = (line.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
    start..start + line.len()
}

fn draft(rule: &'static str, status: Status, span: Range<usize>, message: &str, help: &str) -> Draft {
    let mut draft = Draft::new(rule, status, span, message);
    draft.help(help);
    draft
}

#[cfg(test)]
mod tests {
    use super::{marked, plain};

    #[test]
    fn messages_name_what_is_written() {
        let check = |message: &str, at: &str, expected: &str| {
            assert_eq!(plain(message, at), expected);
        };
        check(
            "expected command, found INT_KW",
            "int",
            "expected `;` or the beginning of a statement, found `int`",
        );
        check("expected SEMICOLON", "x", "expected `;`");
        check("expected L_PAREN, got IDENT", "x", "expected `(`, got `x`");
        check("expected FUNCTION or PROCEDURE", "x", "expected `FUNCTION` or `PROCEDURE`");
        check("expected name, got EOF", "", "expected name, got the end of the file");
        check("missing comma", "x", "missing comma");
    }

    #[test]
    fn a_point_is_the_word_at_it() {
        let check = |text: &str, at: usize, expected: &str| {
            assert_eq!(&text[marked(text, at)], expected, "{text:?} {at}");
        };
        check("SELECT 1 froom t;", 9, "froom");
        check("SELECT é;", 7, "é");
        check("SELECT (;", 7, "(");
        check("SELECT (\n\n", 9, "");
        check("", 0, "");
    }
}
