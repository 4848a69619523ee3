//! Says what is in the way of a conversion, what it costs, and what to know, before anything is done.

use crate::{Facts, Judgement, PartitionSet};

/// Judges a table by its facts. Nothing is asked and nothing is written.
#[must_use]
pub fn judge(facts: &Facts, set: &PartitionSet) -> Judgement {
    let _ = set;
    Judgement {
        table: facts.name().clone(),
        refusals: Vec::new(),
        accepted: Vec::new(),
        remarks: Vec::new(),
        unused: Vec::new(),
    }
}
