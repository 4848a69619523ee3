//! A database that migrations belong to, and that has no history of them.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "history-missing",
    code: "HIS-01",
    group: Group::History,
    title: "The database has no history of migrations, or an empty one.",
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
    // Those of refinery and pgrefit are there before the first migration.
    let own = |it: &Relation| it.name.starts_with("refinery_") || it.name.starts_with("pgrefit_");
    let tables = facts.tables().filter(|it| !own(it)).count();
    let what = match &facts.census.history {
        None => "no history of migrations",
        Some(rows) if rows.is_empty() => "no row in the history of migrations",
        Some(_) => return,
    };
    if tables > 0 {
        ruling
            .warn("history", format!("there are {tables} tables and {what}"))
            .number("tables", tables)
            .hint("`pgrefit baseline --check` compares the schema with the first migration");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_history_that_was_emptied_is_none() {
        let sample = |table: &str, applied: &[i64]| {
            let sample = Sample::new(18).relation(100, RelationKind::Table, table, |_| {});
            sample.history(applied).migrations(&[1]).status(&CHECK)
        };
        assert_eq!(sample("t", &[1]), Status::Pass);
        assert_eq!(sample("t", &[]), Status::Warn);
        assert_eq!(sample("refinery_schema_history", &[]), Status::Pass);
        let none = Sample::new(18).relation(100, RelationKind::Table, "t", |_| {}).migrations(&[1]);
        assert_eq!(none.status(&CHECK), Status::Warn);
    }
}
