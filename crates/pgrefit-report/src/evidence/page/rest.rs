//! The parts that are text: the draft of what leads forward, findings, links.

use crate::evidence::{Evidence, Link};
use crate::grouped::groups;
use crate::html::cure::code;
use crate::html::markup::{each, escaped, given, paragraph};
use crate::html::{entry, finding};
use crate::{Outcome, Report, Status};

/// SQL that leads out of a failed verification.
pub(super) fn roll_forward(evidence: &Evidence) -> String {
    given(evidence.roll_forward.as_deref(), |sql| {
        let about =
            "A draft: nobody has run it. Read it, try it on the restored copy, and make it a migration.";
        paragraph("lead", about) + &code(sql) + "\n"
    })
}

/// What lint and preflight found, as a report shows it.
pub(super) fn findings(evidence: &Evidence) -> String {
    let outcome = Outcome::new(0, Status::Pass, "");
    let mut report = Report::new("migrate", "", "", outcome);
    report.findings.clone_from(&evidence.findings);
    let groups = groups(&report, |it| it.status > Status::Pass && it.suppressed.is_none());
    each(&groups, |group| entry::entries(group)) + &finding::suppressed(&report)
}

/// Where more is to be found. Only what leads to a page or to a file beside this one is made a link.
pub(super) fn links(links: &[Link]) -> String {
    let items = each(links, |Link { title, uri }| {
        let (title, address) = (escaped(title), escaped(uri));
        if leads_somewhere(uri) {
            format!("<li><a href=\"{address}\" rel=\"noreferrer\">{title}</a></li>\n")
        } else {
            format!("<li>{title} <code class=\"object\">{address}</code></li>\n")
        }
    });
    if items.is_empty() { items } else { format!("<ul class=\"links\">\n{items}</ul>\n") }
}

/// Whether an address is a page, or a file named relative to this page: a scheme such as `javascript:` is neither.
pub(in crate::evidence) fn leads_somewhere(uri: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/?#=&%+@".contains(c);
    let rest = uri.strip_prefix("https://");
    let is_page = rest.is_some_and(|rest| rest.chars().all(|c| is_plain(c) || c == ':'));
    is_page || !uri.is_empty() && !uri.starts_with('/') && uri.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::leads_somewhere;

    #[test]
    fn only_pages_and_files_are_links() {
        let check = |uri: &str, expected: bool| assert_eq!(leads_somewhere(uri), expected, "{uri}");
        check("https://ci.shop.example:8443/jobs/4711?tab=log#end", true);
        check("evidence.json", true);
        check("logs/run.txt", true);
        check("", false);
        check("javascript:alert(1)", false);
        check("http://ci.shop.example", false);
        check("//ci.shop.example", false);
        check("data:text/html,x", false);
        check("https://x/\"><script>", false);
    }
}
