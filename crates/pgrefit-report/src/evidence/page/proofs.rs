//! What the gate was shown, and what it said.

use super::table::Table;
use crate::evidence::Proof;
use crate::html::markup::{badge, each, escaped, given};
use crate::{Cell, human_duration, phrase};

const TABLE: Table<'_> = Table {
    first: "proof",
    columns: &[("verdict", false), ("age", true), ("made", false), ("signed by", false)],
    class: "proofs",
};

/// Every proof.
pub(super) fn proofs(proofs: &[Proof]) -> String {
    if proofs.is_empty() {
        return String::new();
    }
    TABLE.around(&each(proofs, row))
}

fn row(proof: &Proof) -> String {
    let name = format!(
        "<b>{}</b> <code class=\"digest\">{}</code><span class=\"said\">{}</span>",
        escaped(&proof.kind),
        escaped(&proof.digest),
        escaped(&proof.reason)
    );
    let cells = [
        badge(proof.status),
        given(proof.age_ms, human_duration),
        escaped(&phrase::value(&Cell::Timestamp(proof.made_at.clone()))),
        given(proof.signed_by.as_deref(), escaped),
    ];
    TABLE.row("", &name, &cells)
}
