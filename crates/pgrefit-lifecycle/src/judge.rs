//! Says what is in the way of a conversion, what it costs, and what to know, before anything is done.
//!
//! Each file below looks at one side of a table, and is a function of the facts.

mod attached;
mod dependents;
mod key;
mod privileges;
mod publications;
mod rows;
mod shape;
mod unique;

use crate::{Facts, Finding, Judgement, Method, PartitionSet};

pub(crate) use unique::{inbound_name, inbound_survives, is_widened};

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    refusals: Vec<Finding>,
    remarks: Vec<Finding>,
}

impl Found {
    fn refuse(&mut self, finding: Finding) {
        self.refusals.push(finding);
    }

    fn remark(&mut self, finding: Finding) {
        self.remarks.push(finding);
    }
}

/// What a look is about.
struct Case<'a> {
    facts: &'a Facts,
    set: &'a PartitionSet,
    table: &'a pgrefit_catalog::Table,
}

impl Case<'_> {
    /// `public.documents.part`.
    fn place(&self, part: &str) -> String {
        format!("{}.{}", self.facts.name(), pgrefit_catalog::quote_ident(part))
    }
}

const LOOKS: [fn(&Case<'_>, &mut Found); 8] = [
    shape::look,
    key::look,
    unique::look,
    attached::look,
    dependents::look,
    publications::look,
    privileges::look,
    rows::look,
];

/// Judges a table by its facts. Nothing is asked and nothing is written.
#[must_use]
pub fn judge(facts: &Facts, set: &PartitionSet) -> Judgement {
    let mut found = Found::default();
    match facts.catalog_table() {
        Some(table) => {
            let case = Case { facts, set, table };
            for look in LOOKS {
                look(&case, &mut found);
            }
        }
        None => found.refuse(Finding::new(
            "gone",
            facts.name().to_string(),
            "the table was dropped or renamed while it was looked at",
            "look again",
        )),
    }
    if matches!(set.method, Method::List(_)) {
        found.refuse(Finding::new(
            "method:list",
            facts.name().to_string(),
            "the table as it is holds rows of all values, so that it cannot become one partition of a list",
            "make a partitioned table beside it and copy; maintenance and status know lists",
        ));
    }
    let (accepted, refusals): (Vec<_>, Vec<_>) = found
        .refusals
        .into_iter()
        .partition(|finding| finding.acceptable && set.accept.contains(&finding.name));
    let is_used = |name: &&String| accepted.iter().any(|finding| finding.name == **name);
    let unused = set.accept.iter().filter(|name| !is_used(name)).cloned().collect();
    Judgement { table: facts.name().clone(), refusals, accepted, remarks: found.remarks, unused }
}
