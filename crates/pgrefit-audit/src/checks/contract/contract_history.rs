//! A history that is not what the project promises.

use std::collections::BTreeSet;

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "contract-history",
    code: "CTR-01",
    group: Group::Contract,
    title: "The history of migrations is not that of the project.",
    level: Status::Fail,
    required: true,
    matters: "The contract says that the database is what the project's migrations make of it. Without a history nobody knows; \
              with another one, it is not.",
    cure: "`pgrefit status` shows what is missing; `pgrefit migrate` applies it; `pgrefit baseline` adopts a database that \
           has no history.",
    sources: &[Source::History],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if !facts.options.contract.history {
        return ruling.skip("the contract does not speak of the history");
    }
    let Some(history) = &facts.census.history else {
        ruling.saw();
        ruling.fail("history", "there is no history table");
        return;
    };
    let Some(migrations) = &facts.options.migrations else {
        return ruling.skip("there are no migrations to compare the history with");
    };
    ruling.saw_many(migrations.len());
    let applied: BTreeSet<i64> = history.iter().map(|row| row.version).collect();
    let wanted: BTreeSet<i64> = migrations.iter().map(|it| it.version).collect();
    for version in wanted.difference(&applied) {
        ruling.fail(format!("V{version}"), format!("V{version} is not applied"));
    }
    for version in applied.difference(&wanted) {
        ruling.fail(format!("V{version}"), format!("V{version} is applied, and no migration of the project"));
    }
}
