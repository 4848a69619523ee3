//! How a result reads: one report model for every command, and its forms: text, Markdown,
//! JSON, SARIF, JUnit XML, workflow commands, metrics and a page for a browser.
//!
//! Plain data only. Nothing here prints, looks at the clock or touches a file: times come in as values, and every
//! rendering is a `String` that ends with a newline.

mod chart;
pub mod evidence;
mod finding;
mod github;
mod grouped;
mod html;
mod json;
mod junit;
mod location;
mod markdown;
mod moment;
mod phrase;
mod printable;
pub use printable::line as printable;
mod prometheus;
mod quantity;
mod report;
mod rule;
mod sarif;
mod status;
mod table;
mod text;

pub use chart::{Chart, ChartScale, Line};
pub use evidence::{
    EVIDENCE_SCHEMA, EVIDENCE_SCHEMA_ID, Evidence, render_evidence_html, render_evidence_markdown,
    render_evidence_text,
};
pub use finding::{Finding, Label, Remediation, fingerprints};
pub use github::render_github;
pub use html::{LiveLink, LivePage, render_html, render_html_with, render_live_html};
pub use json::{SCHEMA, SCHEMA_ID};
pub use junit::render_junit;
pub use location::{Excerpt, Location};
pub use markdown::render_markdown;
pub use prometheus::render_prometheus;
pub use quantity::{counted, human_bytes, human_duration};
pub use report::{Failure, Outcome, Report, Target};
pub use rule::RuleInfo;
pub use sarif::render_sarif;
pub use status::Status;
pub use table::{Align, Cell, Column, Fact, Table};
pub use text::{TextOptions, render_failure, render_text};

#[cfg(test)]
extern crate self as pgrefit_report;
#[cfg(test)]
mod sample;
