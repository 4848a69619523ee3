//! What is wrong with a file before any rule can look at it.

use std::ops::Range;

use pgrefit_report::Status;
use pgrefit_sql::{DirectiveError, Obstacle, Parsed, Script};

use crate::found::Draft;

/// At most this many syntax errors of a file are told: what follows the first ones is often their echo.
const MOST: usize = 3;

/// A directive that cannot be followed.
pub(crate) fn directive(text: &str, error: &DirectiveError) -> Draft {
    let line = text.lines().nth(error.place().line - 1).unwrap_or_default();
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    let message = error.to_string();
    let message = message.split_once(": ").map_or(message.as_str(), |(_, rest)| rest);
    let comment = start + line.find("--").unwrap_or(0)..start + line.len();
    draft("directive", Status::Fail, comment, message, &error.hint())
}

/// The errors of the parser, or what its confusion comes from.
pub(crate) fn errors(text: &str, parse: &Parsed, script: &Script, is_migration: bool) -> Vec<Draft> {
    let from_psql = script
        .first_obstacle()
        .filter(|(_, obstacle)| matches!(obstacle, Obstacle::PsqlCommand | Obstacle::NeedsPsql));
    if from_psql.is_some() {
        return obstacles(script, is_migration);
    }
    let errors = parse.errors();
    let mut drafts = Vec::new();
    for error in errors.iter().take(MOST) {
        let range = error.offset..end_of_word(text, error.offset);
        let help = "PostgreSQL's own parser has the last word: if it accepts the file, allow `syntax-error` with the reason";
        drafts.push(draft("syntax-error", Status::Fail, range, &error.message, help));
    }
    if errors.len() > MOST
        && let Some(last) = drafts.last_mut()
    {
        last.message = format!("{} (and {} more)", last.message, errors.len() - MOST);
    }
    drafts
}

/// What `pgrefit migrate` refuses to run.
pub(crate) fn obstacles(script: &Script, is_migration: bool) -> Vec<Draft> {
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
        drafts.push(draft(rule, level, statement.range.clone(), message, help));
    }
    drafts
}

/// The end of the word at a byte, or of the one letter if it is none.
fn end_of_word(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let word = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
    let one = rest.chars().next().map_or(0, char::len_utf8);
    at + word.max(one)
}

fn draft(rule: &'static str, status: Status, span: Range<usize>, message: &str, help: &str) -> Draft {
    let mut draft = Draft::new(rule, status, span, message);
    draft.help(help);
    draft
}
