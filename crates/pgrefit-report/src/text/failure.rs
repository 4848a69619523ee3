//! The error block: what broke, why, where, and what to do.

use super::hang::Label;
use super::paint::{BOLD, ERROR, PLAIN};
use super::{TextOptions, snippet};
use crate::Failure;

/// What is about the error stands this far in.
const INDENT: &str = "  ";

/// The lines of the block.
pub(super) fn lines(failure: &Failure, options: &TextOptions) -> Vec<String> {
    let label = |indent, word, style| Label::new(indent, word, style, options);
    let mut lines = label(0, "error:", ERROR).before(&failure.message, options);
    for cause in &failure.causes {
        lines.extend(label(2, "caused by:", PLAIN).before(cause, options));
    }
    if let Some(location) = &failure.location {
        let narrower = TextOptions { width: options.width.saturating_sub(INDENT.len()), ..*options };
        let place = snippet::lines(location, None, &[], ERROR, &narrower);
        lines.extend(place.iter().map(|line| format!("{INDENT}{line}")));
    }
    if let Some(sqlstate) = &failure.sqlstate {
        lines.extend(label(2, "SQLSTATE", PLAIN).before(sqlstate, options));
    }
    if let Some(hint) = &failure.hint {
        lines.extend(label(2, "hint:", BOLD).before(hint, options));
    }
    lines
}
