//! The evidence as one page: verdict, checklist, what ran, what was locked, what came of it, and the proofs.

mod backup;
mod chart;
mod checklist;
mod durations;
mod head;
mod locks;
mod noticed;
mod pipeline;
mod policy;
mod proofs;
mod queries;
mod rest;
mod table;
mod timeline;
mod traffic;
mod verification;

use super::Evidence;
use crate::html::Page;
use crate::html::markup::each;

pub(super) use rest::leads_somewhere;

const STYLE: &str = include_str!("page/page.css");

/// A part of the page that has something to say.
struct Section {
    /// Its place behind `#`.
    id: &'static str,
    /// What people read.
    title: &'static str,
    /// Its markup; empty if there is nothing to say.
    content: String,
}

/// The evidence as one HTML page that needs neither a network nor a script.
#[must_use]
pub fn render_evidence_html(evidence: &Evidence) -> String {
    let sections = sections(evidence);
    Page {
        title: &format!("pgrefit migrate: {}", evidence.outcome.status),
        style: STYLE,
        header: head::header(evidence, &sections),
        filters: String::new(),
        main: head::what_to_do(evidence) + &each(&sections, section),
        version: &evidence.version,
        is_live: false,
    }
    .html()
}

/// All parts that have something to say, in the order in which to read them.
fn sections(evidence: &Evidence) -> Vec<Section> {
    let mut sections: Vec<Section> =
        parts(evidence).into_iter().filter(|it| !it.content.is_empty()).collect();
    let is_there = |id: &str| sections.iter().any(|it| it.id == id);
    let content = checklist::lines(&evidence.checklist, is_there);
    // What leads forward is needed first; after it, the checklist is what the page is for.
    let place = usize::from(is_there("roll-forward"));
    sections.insert(place, Section { id: "checklist", title: "Checklist", content });
    sections
}

fn parts(evidence: &Evidence) -> [Section; 12] {
    let section = |id, title, content| Section { id, title, content };
    [
        section("roll-forward", "Roll-forward draft", rest::roll_forward(evidence)),
        section("pipeline", "Pipeline", pipeline::pipeline(evidence)),
        section("locks", "Locks", locks::locks(evidence)),
        section("durations", "Statements", durations::durations(evidence)),
        section("verification", "Verification", verification::checks(&evidence.verification)),
        section("queries", "Queries", queries::queries(&evidence.queries)),
        section("traffic", "Traffic", each(&evidence.traffic, |it| traffic::traffic(it, &evidence.steps))),
        section("backup", "Backup", evidence.backup.as_ref().map_or_else(String::new, backup::backup)),
        section("proofs", "Proofs at the gate", proofs::proofs(&evidence.proofs)),
        section("policy", "Policy", policy::policy(evidence)),
        section("findings", "Findings", rest::findings(evidence)),
        section("links", "More", rest::links(&evidence.links)),
    ]
}

fn section(section: &Section) -> String {
    let Section { id, title, content } = section;
    format!(
        "<section class=\"part\" id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n{content}</section>\n"
    )
}

#[cfg(test)]
mod tests;
