//! SQL that cures, with what running it costs and a button that copies it.

use super::markup::{each, escaped, escaped_lines};
use crate::Remediation;
use crate::grouped::Entry;

/// More lines than this are folded.
const LINES_OPEN: usize = 14;

/// The cures of all findings of an entry.
pub(super) fn all(entry: &Entry<'_>) -> String {
    each(entry.cures(usize::MAX), |cure| one(cure.remediation, &cure.sql))
}

/// Statements with their price.
pub(super) fn one(price: &Remediation, sql: &str) -> String {
    let lock = match &price.lock {
        Some(lock) => format!("takes <b>{}</b>", escaped(lock)),
        None => "takes no lock that matters".to_owned(),
    };
    let back = if price.reversible { "<b>reversible</b>" } else { "<b class=\"final\">not reversible</b>" };
    let lines = sql.lines().count();
    let code = code(sql);
    let code = if lines > LINES_OPEN {
        format!("<details><summary>{lines} lines of SQL</summary>{code}</details>")
    } else {
        code
    };
    format!(
        "<div class=\"cure\">\n<p class=\"price\"><span>Fix</span> <span>{lock}</span> <span>{back}</span></p>\n{code}\n</div>\n"
    )
}

/// SQL as it is; the script adds a button that copies it.
pub(crate) fn code(sql: &str) -> String {
    format!("<pre class=\"sql\" tabindex=\"0\" aria-label=\"SQL\"><code>{}</code></pre>", escaped_lines(sql))
}
