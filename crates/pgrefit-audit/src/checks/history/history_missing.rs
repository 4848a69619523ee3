//! A database that migrations belong to, and that has no history of them.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "history-missing",
    code: "HIS-01",
    group: Group::History,
    title: "The database has no history of migrations.",
    level: Status::Warn,
    required: false,
    matters: "Nobody can say which migrations were applied, and the next run would begin with the first. Only told where the \
              project has migrations.",
    cure: "`pgrefit baseline` compares the schema with the first migration, and records it as applied if they are equal.",
    sources: &[Source::History, Source::Relations],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.options.migrations.as_ref().is_none_or(Vec::is_empty) {
        return ruling.skip("there are no migrations to compare with");
    }
    ruling.saw();
    let tables = facts.tables().count();
    if facts.census.history.is_none() && tables > 0 {
        ruling
            .warn("history", format!("there are {tables} tables and no history of migrations"))
            .number("tables", tables)
            .hint("`pgrefit baseline --check` compares the schema with the first migration");
    }
}
