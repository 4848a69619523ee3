//! The form for a browser: one page that needs nothing else, neither a network nor a font nor a script.
//!
//! Without its script it is the whole report; with it, findings can be filtered and statements copied. All that a
//! server or a file said is escaped, and should that ever fail, the page's own policy lets no other script run.

mod checks;
mod cure;
mod entry;
mod finding;
mod head;
mod markup;
mod policy;
mod values;

use markup::{each, escaped, filled, given};

use crate::grouped::{Group, groups, has_groups};
use crate::{Report, Status};

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The whole report as one HTML page.
#[must_use]
pub fn render_html(report: &Report) -> String {
    let groups = groups(report, |finding| finding.status > Status::Pass && finding.suppressed.is_none());
    let title = format!("pgrefit {}: {}", report.command, report.outcome.status);
    let (style, script) = (format!("\n{STYLE}"), format!("\n{SCRIPT}"));
    filled(
        PAGE,
        &[
            ("policy", policy::of(&style, &script)),
            ("title", escaped(&title)),
            ("style", style.clone()),
            ("header", head::header(report, &groups)),
            ("filters", head::filters(&groups)),
            ("main", main(report, &groups)),
            ("version", escaped(&report.version)),
            ("script", script.clone()),
        ],
    )
}

/// What the command did comes first, what it found in what is there after it; of an audit, what it found.
fn main(report: &Report, groups: &[Group<'_>]) -> String {
    let error = given(report.outcome.error.as_ref(), head::failure);
    let tables = each(&report.tables, values::table);
    let findings = each(groups, |group| entry::group(group, has_groups(report)));
    let none = "<p class=\"none\" id=\"none\" hidden=\"hidden\">Nothing matches these filters.</p>\n";
    let findings = if groups.is_empty() { findings } else { findings + none };
    let unseen = checks::unseen(report);
    let suppressed = finding::suppressed(report);
    let list = checks::list(report);
    if list.is_empty() {
        [error, tables, findings, unseen, suppressed].concat()
    } else {
        [error, findings, unseen, tables, suppressed, list].concat()
    }
}

#[cfg(test)]
mod tests;
