//! The page of something that goes on, such as a watch over databases: the same report, fetched again while it is open.
//!
//! It comes whole from the server and can be read without its script. With it, what moves is replaced in place every few seconds;
//! the focus, what is unfolded and what is filtered stay. Findings are replaced only when nobody reads them.

use super::markup::{badge, each, escaped, given, pairs};
use super::{Page, checks, entry, finding, head, lines, values};
use crate::grouped::{Group, groups, has_groups};
use crate::{Chart, Report, Status};

pub(super) const SCRIPT: &str = include_str!("live.js");
const STYLE: &str = include_str!("live.css");

/// The page of something that goes on.
#[derive(Debug, Clone)]
pub struct LivePage<'a> {
    /// What it is of, for the head of the page and the browser's title.
    pub title: &'a str,
    /// How it stands: outcome, facts, tables, findings and checks. Its times and exit code are not shown.
    pub report: &'a Report,
    /// Where and when: names and values, in order.
    pub circumstances: Vec<(&'static str, String)>,
    /// Drawn above the tables.
    pub charts: Vec<Chart>,
    /// The other pages.
    pub links: Vec<LiveLink>,
    /// Every how many seconds it is fetched again; at least 1.
    pub refresh_s: u32,
    /// Changes whenever the findings do.
    pub edition: String,
}

/// A way to another page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveLink {
    /// What it is of.
    pub title: String,
    /// Its path at the same server.
    pub path: String,
    /// How that stands.
    pub status: Status,
    /// Whether it is this page.
    pub is_here: bool,
}

/// The page as HTML.
#[must_use]
pub fn render_live_html(live: &LivePage<'_>) -> String {
    let groups = groups(live.report, |finding| finding.status > Status::Pass && finding.suppressed.is_none());
    Page {
        title: &format!("{}: {} · pgrefit", live.title, live.report.outcome.status),
        style: &format!("{}{STYLE}", lines::STYLE),
        header: header(live),
        filters: head::filters(&groups),
        main: main(live, &groups),
        version: &live.report.version,
        is_live: true,
    }
    .html()
}

fn header(live: &LivePage<'_>) -> String {
    let outcome = &live.report.outcome;
    let verdict = format!(
        "<div id=\"live-head\">\n<p class=\"what\"><span class=\"brand\">pgrefit <b>{}</b></span>{}</p>\n<h1>{}</h1>\n",
        escaped(live.title),
        badge(outcome.status),
        escaped(&outcome.summary)
    );
    let known = live.circumstances.iter().map(|(name, value)| ((*name).to_owned(), escaped(value)));
    [
        verdict,
        pairs("where", known),
        values::facts(&live.report.facts),
        "</div>\n".to_owned(),
        links(&live.links),
        bar(live),
    ]
    .concat()
}

/// What says how fresh the page is, and stops it.
fn bar(live: &LivePage<'_>) -> String {
    let every = live.refresh_s.max(1);
    format!(
        "<div class=\"live\" id=\"live\" data-refresh=\"{every}\">\
         <button type=\"button\" id=\"pause\" aria-pressed=\"false\" hidden=\"hidden\">Pause</button>\
         <button type=\"button\" id=\"renew\" hidden=\"hidden\">Findings have changed: show them</button>\
         <span id=\"live-note\" role=\"status\"></span></div>\n"
    )
}

fn links(links: &[LiveLink]) -> String {
    if links.len() < 2 {
        return String::new();
    }
    let items = each(links, |link| {
        let here = if link.is_here { " aria-current=\"page\"" } else { "" };
        let (path, title, status) = (escaped(&link.path), escaped(&link.title), link.status);
        format!(
            "<li><a class=\"s-{status}\" href=\"{path}\"{here} aria-label=\"{title}: {status}\">{title}</a></li>\n"
        )
    });
    format!("<nav aria-label=\"Databases\"><ul class=\"links\" id=\"live-links\">\n{items}</ul></nav>\n")
}

fn main(live: &LivePage<'_>, groups: &[Group<'_>]) -> String {
    let report = live.report;
    let error = given(report.outcome.error.as_ref(), head::failure);
    let values = [error, lines::charts(&live.charts), each(&report.tables, values::table)].concat();
    let findings = each(groups, |group| entry::group(group, has_groups(report)));
    let none = "<p class=\"none\" id=\"none\" hidden=\"hidden\">Nothing matches these filters.</p>\n";
    let findings = if groups.is_empty() { findings } else { findings + none };
    let rest = [checks::unseen(report), finding::suppressed(report), checks::list(report)].concat();
    format!(
        "<div id=\"live-values\">\n{values}</div>\n<div id=\"findings\" data-edition=\"{}\">\n{findings}{rest}</div>\n",
        escaped(&live.edition)
    )
}

#[cfg(test)]
mod tests {
    use super::{LiveLink, LivePage, render_live_html};
    use crate::{Status, sample};

    fn page(links: Vec<LiveLink>) -> String {
        let report = sample::audit();
        let circumstances = vec![("Server", "<b>\u{1b}[31m".to_owned())];
        render_live_html(&LivePage {
            title: "<shop>",
            report: &report,
            circumstances,
            charts: Vec::new(),
            links,
            refresh_s: 0,
            edition: "\"7".to_owned(),
        })
    }

    fn link(title: &str, is_here: bool) -> LiveLink {
        LiveLink { title: title.to_owned(), path: format!("/{title}"), status: Status::Fail, is_here }
    }

    #[test]
    fn nothing_of_a_server_is_markup_and_nothing_is_fetched_too_often() {
        let html = page(Vec::new());
        assert!(html.contains("&lt;shop&gt;") && html.contains("&lt;b&gt;\\u{1b}[31m"), "{html}");
        assert!(html.contains("data-refresh=\"1\"") && html.contains("data-edition=\"&quot;7\""), "{html}");
        assert!(html.contains("connect-src &#39;self&#39;") || html.contains("connect-src 'self'"), "{html}");
        assert!(!html.contains("<nav"), "{html}");
        assert!(!html.contains("loads nothing"), "{html}");
    }

    #[test]
    fn other_pages_are_reached_by_name_and_judgement() {
        let html = page(vec![link("a", true), link("b<", false)]);
        assert!(html.contains("href=\"/a\" aria-current=\"page\" aria-label=\"a: fail\""), "{html}");
        assert!(html.contains("href=\"/b&lt;\" aria-label=\"b&lt;: fail\">b&lt;</a>"), "{html}");
    }
}
