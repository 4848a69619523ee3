//! What makes two copies of a database differ in the proposed settings and nothing else.

use super::script::set;
use super::trial::fitting;
use super::{Facts, Proposal};

/// The statements for either copy: the same settings, once as they are and once as proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// As the live server has them.
    pub now: Vec<String>,
    /// As proposed, with as much shared buffers as there may be.
    pub proposed: Vec<String>,
    /// What is set to less than was proposed, in words.
    pub reduced: Vec<String>,
}

impl Sides {
    /// `ALTER SYSTEM` statements, each for a message of its own. More than `shared_buffers_max` bytes of shared buffers are set to
    /// that much, on either side.
    #[must_use]
    pub fn new(facts: &Facts, proposals: &[Proposal], shared_buffers_max: u64) -> Self {
        let is = |proposal: &Proposal| {
            let raw = facts.setting(&proposal.name).map_or_else(String::new, |it| it.value.clone());
            Proposal { value: proposal.now.clone(), raw, ..proposal.clone() }
        };
        let as_is: Vec<Proposal> = proposals.iter().map(is).collect();
        let (now, mut reduced) = fitting(shared_buffers_max, facts, &as_is);
        let (proposed, less) = fitting(shared_buffers_max, facts, proposals);
        reduced.extend(less);
        let statements = |all: &[Proposal]| all.iter().map(|one| set(&one.name, &one.value)).collect();
        Self { now: statements(&now), proposed: statements(&proposed), reduced }
    }
}
