//! The form for a browser: one page that needs nothing else, neither a network nor a font nor a script.
//!
//! Without its script it is the whole report; with it, findings can be filtered and statements copied. All that a
//! server or a file said is escaped, and should that ever fail, the page's own policy lets no other script run.

mod checks;
pub(crate) mod cure;
pub(crate) mod entry;
pub(crate) mod finding;
pub(crate) mod head;
mod lines;
mod live;
pub(crate) mod markup;
mod policy;
pub(crate) mod values;

pub use live::{LiveLink, LivePage, render_live_html};

use markup::{each, escaped, filled, given};

use crate::grouped::{Group, groups, has_groups};
use crate::{Chart, Report, Status};

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
const WHOLE: &str = "This page holds the whole report and loads nothing.";
const FETCHED: &str = "This page comes whole from the exporter and loads nothing else.";

/// The whole report as one HTML page.
#[must_use]
pub fn render_html(report: &Report) -> String {
    render_html_with(report, &[])
}

/// The same with charts above its tables.
#[must_use]
pub fn render_html_with(report: &Report, charts: &[Chart]) -> String {
    let groups = groups(report, |finding| finding.status > Status::Pass && finding.suppressed.is_none());
    Page {
        title: &format!("pgrefit {}: {}", report.command, report.outcome.status),
        style: if charts.is_empty() { "" } else { lines::STYLE },
        header: head::header(report, &groups),
        filters: head::filters(&groups),
        main: lines::charts(charts) + &main(report, &groups),
        version: &report.version,
        is_live: false,
    }
    .html()
}

/// What differs from page to page.
pub(crate) struct Page<'a> {
    /// Text for the browser's title.
    pub(crate) title: &'a str,
    /// Style besides that of all pages.
    pub(crate) style: &'a str,
    /// Markup of the head of the page.
    pub(crate) header: String,
    /// Markup of what stands beside the content.
    pub(crate) filters: String,
    /// Markup of the content.
    pub(crate) main: String,
    /// Version of pgrefit.
    pub(crate) version: &'a str,
    /// Whether it fetches itself again.
    pub(crate) is_live: bool,
}

impl Page<'_> {
    /// The page, with the policy that lets nothing run but its own script.
    pub(crate) fn html(self) -> String {
        let (more, about) = if self.is_live { (live::SCRIPT, FETCHED) } else { ("", WHOLE) };
        let (style, script) = (format!("\n{STYLE}{}", self.style), format!("\n{SCRIPT}{more}"));
        filled(
            PAGE,
            &[
                ("policy", policy::of(&style, &script, self.is_live)),
                ("title", escaped(self.title)),
                ("style", style.clone()),
                ("header", self.header),
                ("filters", self.filters),
                ("main", self.main),
                ("version", escaped(self.version)),
                ("about", about.to_owned()),
                ("script", script.clone()),
            ],
        )
    }
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
pub(crate) mod tests;
