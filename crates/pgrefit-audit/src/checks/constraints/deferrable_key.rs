//! A unique key that is checked late, and so cannot do what keys are for.

use pgrefit_catalog::census::{ConstraintKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "deferrable-key",
    code: "CON-13",
    group: Group::Constraints,
    title: "A unique key is deferrable: nothing can refer to it, and ON CONFLICT cannot use it.",
    level: Status::Info,
    required: false,
    matters: "The server refuses a foreign key to a deferrable key, ON CONFLICT on it, and logical replication by it; the planner \
              does not rest on it. That is the price of renumbering rows in one statement. A key whose columns have another \
              unique index that is checked at once is not told.",
    cure: "If no statement renumbers rows, make it again NOT DEFERRABLE; from a unique index built CONCURRENTLY that is quick.",
    sources: &[Source::Constraints, Source::Indexes],
    example: Some(Example {
        bad: include_str!("deferrable_key/bad.sql"),
        good: include_str!("deferrable_key/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for key in facts.declared_constraints() {
        let what = match key.kind {
            ConstraintKind::PrimaryKey => "the primary key",
            ConstraintKind::Unique => "the unique key",
            _ => continue,
        };
        ruling.saw();
        if key.deferrable && facts.unique_index_within(key.relation, &key.columns).is_none() {
            let columns = facts.column_list(key.relation, &key.columns);
            ruling
                .info(
                    facts.constraint_name(key),
                    format!("{what} on ({columns}) is deferrable: no foreign key, no ON CONFLICT can use it"),
                )
                .hint("if no statement renumbers rows, make it again as NOT DEFERRABLE");
        }
    }
}
