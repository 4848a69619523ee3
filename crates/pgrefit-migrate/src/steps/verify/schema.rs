//! The schema afterwards beside the one that the rehearsal has made, and what would put it right.

use std::fmt::Write as _;

use pgrefit_catalog::{Catalog, Change, Comparison};
use pgrefit_report::{Finding, Status};

use crate::steps::gate::Expected;

const CHECK: &str = "schema-differs";

/// Changes that are told one by one.
const TOLD: usize = 50;

/// Every difference from what was rehearsed is a failure.
pub(super) fn judge(expected: Option<&Expected>, now: &Catalog) -> Vec<Finding> {
    let Some(expected) = expected else { return Vec::new() };
    // One that is invalid is told of by itself.
    let now = &now.without_invalid_indexes();
    if expected.fingerprint == now.fingerprint() {
        let message = format!("the schema is the one that was rehearsed ({})", expected.fingerprint);
        return vec![Finding::new(CHECK, Status::Pass, message)];
    }
    let changes = expected.catalog.as_ref().map(|catalog| catalog.difference(now, Comparison::Exact).changes);
    let changes = changes.unwrap_or_default();
    let mut findings: Vec<Finding> = changes.iter().take(TOLD).map(told).collect();
    if changes.len() > TOLD {
        let message = format!("{} more differences", changes.len() - TOLD);
        findings.push(Finding::new(CHECK, Status::Fail, message));
    }
    if findings.is_empty() {
        let message = format!(
            "the schema is not the one that was rehearsed ({} there, {} here)",
            expected.fingerprint,
            now.fingerprint()
        );
        findings.push(Finding::new(CHECK, Status::Fail, message));
    }
    findings
}

fn told(change: &Change) -> Finding {
    let words = change.to_string();
    let message = words.split_once(": ").map_or(words.as_str(), |(_, what)| what).to_owned();
    Finding::new(CHECK, Status::Fail, format!("not as rehearsed: {message}")).about(change.object.to_string())
}

/// A draft of the migration that brings the schema to what was rehearsed; or, where it is that already, or nothing was
/// rehearsed, back to the definitions of before. Nothing when there is no difference, or no statement that
/// would mend one.
pub(super) fn draft(before: &Catalog, expected: Option<&Expected>, now: &Catalog) -> Option<String> {
    let rehearsed = expected.and_then(|expected| expected.catalog.as_ref());
    let rehearsed = rehearsed.filter(|catalog| catalog.fingerprint() != now.fingerprint());
    let (wanted, aim) = match rehearsed {
        Some(catalog) => (catalog, "brings the schema to what the rehearsal has made"),
        None => (before, "restores the definitions of before the run; rows that are gone stay gone"),
    };
    let mut changes = wanted.difference(now, Comparison::Exact).changes;
    if changes.is_empty() {
        return None;
    }
    changes.sort_by_key(Change::turn);
    let mut text = format!(
        "-- Draft of a migration that {aim}.\n-- Read it, test it (`pgrefit migrate --rehearse-only`), and put it among the \
         migrations as the next version.\n"
    );
    let mut statements = 0;
    for change in &changes {
        let words = change.to_string().replace('\n', "\n-- ");
        // Writing to a string cannot fail.
        let _ = write!(text, "\n-- {words}\n");
        match wanted.remedy(now, change) {
            Some(sql) => {
                statements += 1;
                text.push_str(&ended(&sql));
            }
            None => text.push_str("-- No statement could be drafted for this one: it needs a decision.\n"),
        }
    }
    (statements > 0).then_some(text)
}

/// Statements with the semicolon behind the last one.
fn ended(sql: &str) -> String {
    let sql = sql.trim_end();
    if sql.ends_with(';') { format!("{sql}\n") } else { format!("{sql};\n") }
}
