//! What the run was held to, and which database the proofs are about.

use super::table::Table;
use crate::evidence::{Evidence, Policy, Source};
use crate::html::markup::{each, escaped, given, pairs};
use crate::html::values::{measured, value};
use crate::{Cell, phrase};

const LIMITS: Table<'_> =
    Table { first: "limit", columns: &[("value", true), ("from", false)], class: "limits" };

/// The limits, each with where it came from, and the source.
pub(super) fn policy(evidence: &Evidence) -> String {
    given(evidence.source.as_ref(), source) + &given(evidence.policy.as_ref(), limits)
}

fn limits(policy: &Policy) -> String {
    let rows = each(&policy.limits, |limit| {
        LIMITS.row("", &escaped(&limit.fact.title), &[measured(&limit.fact.value), escaped(&limit.origin)])
    });
    let title = format!("<p class=\"lead\">The limits of <b>{}</b></p>\n", escaped(&policy.environment));
    if rows.is_empty() { title + "<p class=\"none\">none</p>\n" } else { title + &LIMITS.around(&rows) }
}

fn source(source: &Source) -> String {
    let mut known = vec![
        ("System identifier", source.system_identifier.clone()),
        ("Database", source.database.clone()),
        ("PostgreSQL", source.server_version.clone()),
    ];
    known.extend(source.snapshot_lsn.iter().map(|lsn| ("Snapshot at LSN", lsn.clone())));
    let taken = source.snapshot_at.as_ref().map(|at| phrase::value(&Cell::Timestamp(at.clone())));
    known.extend(taken.map(|at| ("Snapshot taken", at)));
    let known = known.into_iter().map(|(name, text)| (name.to_owned(), value(&Cell::Text(text))));
    format!("<p class=\"lead\">What the proofs are about</p>\n{}", pairs("where", known))
}
