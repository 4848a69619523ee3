//! Directives: comments that tell pgrefit how to run a migration and that any other tool passes over.

use std::time::Duration;

use squawk_syntax::{SyntaxKind, SyntaxNode};
use thiserror::Error;

use crate::parse::Parsed;
use crate::{BackfillOptions, Place, parse_duration};

/// A directive of a migration file: a line comment `-- pgrefit:<name> <value>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// `lock-timeout 2s`: how long a statement of this file may wait for a lock.
    LockTimeout(Duration),
    /// `statement-timeout 5min`: how long a statement of this file may run.
    StatementTimeout(Duration),
    /// `changes documents, document_sources`: the tables whose rows this file changes on purpose. Verification that
    /// compares contents fails for a table that changed and that no applied file names.
    Changes(Vec<String>),
    /// `phase expand|contract`: whether old application versions still work after this file.
    Phase(Phase),
    /// `backfill batch=5000 pause=50ms`: the next statement runs in batches over ranges of a key, each a transaction of
    /// its own.
    Backfill(BackfillOptions),
    /// `allow drop-column retired in V12`: the finding of a lint rule that a person has thought about.
    Allow(Allow),
}

/// What `-- pgrefit:allow` says: it stands on a line before the statement, or on the statement's own line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Id of the rule.
    pub rule: String,
    /// Why it is right here.
    pub reason: String,
}

/// The half of an expand/contract change that a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Adds; the old and the new application both work.
    Expand,
    /// Removes what only the old application used.
    Contract,
}

/// A directive that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DirectiveError {
    /// No directive has this name.
    #[error("line {}: unknown directive `pgrefit:{name}`", place.line)]
    Unknown {
        /// Where the comment stands.
        place: Place,
        /// The name as written.
        name: String,
        /// The nearest name that exists.
        nearest: Option<&'static str>,
    },
    /// The value does not fit the directive.
    #[error("line {}: `pgrefit:{name}` takes {wanted}, not `{found}`", place.line)]
    Value {
        /// Where the comment stands.
        place: Place,
        /// The directive's name.
        name: String,
        /// What it takes.
        wanted: &'static str,
        /// What was written.
        found: String,
    },
}

impl DirectiveError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean `pgrefit:{nearest}`?"),
            Self::Unknown { nearest: None, .. } => format!("known directives: {}", NAMES.join(", ")),
            Self::Value { wanted, .. } => format!("write {wanted}"),
        }
    }

    /// Where the comment stands.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Unknown { place, .. } | Self::Value { place, .. } => *place,
        }
    }
}

const MARK: &str = "pgrefit:";
const NAMES: [&str; 6] = ["allow", "backfill", "changes", "lock-timeout", "phase", "statement-timeout"];
const DURATION: &str = "a duration such as 500ms, 2s or 5min";
const ALLOW: &str = "the id of a rule and a reason, such as `drop-column no release reads it any more`";
const BACKFILL: &str = "nothing, or any of batch=5000 target=200ms pause=50ms max-lag=10s";

/// The directives of a script, in order. Only real line comments count: a directive inside a string is text.
///
/// # Errors
/// The first directive that is unknown or has a value that does not fit.
pub fn directives(text: &str) -> Result<Vec<Directive>, DirectiveError> {
    if !text.contains(MARK) {
        return Ok(Vec::new());
    }
    let placed = placed(text, &crate::parse::parse(text).syntax_node())?;
    Ok(placed.into_iter().map(|(_, directive)| directive).collect())
}

/// The directives of a text that is parsed already, with the byte offsets of their comments.
///
/// # Errors
/// As for [`directives`].
pub fn directives_of(text: &str, parse: &Parsed) -> Result<Vec<(usize, Directive)>, DirectiveError> {
    if text.contains(MARK) { placed(text, &parse.syntax_node()) } else { Ok(Vec::new()) }
}

/// The directives below a node with the byte offsets of their comments.
pub(crate) fn placed(text: &str, root: &SyntaxNode) -> Result<Vec<(usize, Directive)>, DirectiveError> {
    root.descendants_with_tokens()
        .filter_map(squawk_syntax::SyntaxElement::into_token)
        .filter(|token| token.kind() == SyntaxKind::COMMENT)
        .filter_map(|token| {
            let line = token.text().strip_prefix("--")?.trim().strip_prefix(MARK)?;
            let offset = token.text_range().start().into();
            Some(parse(line, Place::of_byte(text, offset)).map(|directive| (offset, directive)))
        })
        .collect()
}

fn parse(line: &str, place: Place) -> Result<Directive, DirectiveError> {
    let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let value = value.trim();
    let wrong =
        |wanted| DirectiveError::Value { place, name: name.to_owned(), wanted, found: value.to_owned() };
    match name {
        "backfill" => backfill(value).map(Directive::Backfill).ok_or_else(|| wrong(BACKFILL)),
        "allow" => allow(value).map(Directive::Allow).ok_or_else(|| wrong(ALLOW)),
        "changes" => {
            tables(value).map(Directive::Changes).ok_or_else(|| wrong("table names divided by commas"))
        }
        "lock-timeout" => limit(value).map(Directive::LockTimeout).ok_or_else(|| wrong(DURATION)),
        "statement-timeout" => limit(value).map(Directive::StatementTimeout).ok_or_else(|| wrong(DURATION)),
        "phase" => match value {
            "expand" => Ok(Directive::Phase(Phase::Expand)),
            "contract" => Ok(Directive::Phase(Phase::Contract)),
            _ => Err(wrong("`expand` or `contract`")),
        },
        _ => Err(DirectiveError::Unknown { place, name: name.to_owned(), nearest: nearest(name) }),
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    NAMES
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= known.len() / 2)
        .min()
        .map(|(_, known)| known)
}

/// Table names as `schema.table` or `table`, quoted where SQL would quote them.
fn tables(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    names.iter().all(|name| !name.is_empty() && !name.contains(char::is_whitespace)).then_some(names)
}

/// A rule's id and at least two letters of reason behind it.
fn allow(text: &str) -> Option<Allow> {
    let (rule, reason) = text.split_once(char::is_whitespace)?;
    let reason = reason.trim_start_matches([' ', '\t', ':', '-', '—']).trim();
    let is_id =
        rule.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
    let says_something = reason.chars().filter(|letter| letter.is_alphabetic()).count() >= 2;
    (is_id && says_something).then(|| Allow { rule: rule.to_owned(), reason: reason.to_owned() })
}

fn backfill(text: &str) -> Option<BackfillOptions> {
    let mut options = BackfillOptions::default();
    for word in text.split_whitespace() {
        match word.split_once('=')? {
            ("batch", rows) => options.batch = Some(rows.parse().ok().filter(|rows| *rows > 0)?),
            ("target", duration) => options.target = Some(limit(duration)?),
            ("pause", duration) => options.pause = Some(parse_duration(duration)?),
            ("max-lag", duration) => options.max_lag = Some(limit(duration)?),
            _ => return None,
        }
    }
    Some(options)
}

/// A time limit; zero would mean "no limit" to the server and is not accepted.
fn limit(text: &str) -> Option<Duration> {
    parse_duration(text).filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let check = |text: &str, expected: &[Directive]| {
            assert_eq!(directives(text).as_deref(), Ok(expected), "{text:?}");
        };
        check("SELECT 1;", &[]);
        check("-- pgrefit:lock-timeout 2s\nSELECT 1;", &[Directive::LockTimeout(Duration::from_secs(2))]);
        check(
            "--pgrefit:statement-timeout 5 min\r\n",
            &[Directive::StatementTimeout(Duration::from_mins(5))],
        );
        check("SELECT 1; -- pgrefit:phase contract", &[Directive::Phase(Phase::Contract)]);
        check("-- pgrefit:changes a, app.b", &[Directive::Changes(vec!["a".into(), "app.b".into()])]);
        let allow = Allow { rule: "drop-column".into(), reason: "nobody reads it".into() };
        check("-- pgrefit:allow drop-column nobody reads it\n", &[Directive::Allow(allow)]);
        check("-- pgrefit:backfill\n", &[Directive::Backfill(BackfillOptions::default())]);
        let options = BackfillOptions {
            batch: Some(5000),
            target: Some(Duration::from_millis(200)),
            pause: Some(Duration::ZERO),
            max_lag: Some(Duration::from_secs(10)),
        };
        check(
            "-- pgrefit:backfill batch=5000 target=200ms pause=0s max-lag=10s\n",
            &[Directive::Backfill(options)],
        );
        check("SELECT '-- pgrefit:nonsense';", &[]);
        check("/* pgrefit:nonsense */", &[]);
    }

    #[test]
    fn wrong_directives_say_where_and_what() {
        let check = |text: &str, message: &str, hint: &str| {
            let error = directives(text).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.hint().as_str()), (message, hint));
        };
        check(
            "\n-- pgrefit:lock-timeot 2s",
            "line 2: unknown directive `pgrefit:lock-timeot`",
            "did you mean `pgrefit:lock-timeout`?",
        );
        check(
            "-- pgrefit:xyz",
            "line 1: unknown directive `pgrefit:xyz`",
            "known directives: allow, backfill, changes, lock-timeout, phase, statement-timeout",
        );
        check(
            "-- pgrefit:lock-timeout 0s",
            "line 1: `pgrefit:lock-timeout` takes a duration such as 500ms, 2s or 5min, not `0s`",
            "write a duration such as 500ms, 2s or 5min",
        );
        check(
            "-- pgrefit:allow drop-column",
            "line 1: `pgrefit:allow` takes the id of a rule and a reason, such as `drop-column no release reads it any \
             more`, not `drop-column`",
            "write the id of a rule and a reason, such as `drop-column no release reads it any more`",
        );
        check(
            "-- pgrefit:changes a,,b",
            "line 1: `pgrefit:changes` takes table names divided by commas, not `a,,b`",
            "write table names divided by commas",
        );
        check(
            "-- pgrefit:backfill batch=0",
            "line 1: `pgrefit:backfill` takes nothing, or any of batch=5000 target=200ms pause=50ms max-lag=10s, not `batch=0`",
            "write nothing, or any of batch=5000 target=200ms pause=50ms max-lag=10s",
        );
        check(
            "-- pgrefit:phase shrink",
            "line 1: `pgrefit:phase` takes `expand` or `contract`, not `shrink`",
            "write `expand` or `contract`",
        );
    }
}
