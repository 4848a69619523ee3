//! A generated column that is computed at each read.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "virtual-column",
    code: "CON-12b",
    group: Group::Constraints,
    title: "A generated column is virtual: it is computed each time it is read.",
    level: Status::Info,
    required: false,
    matters: "From PostgreSQL 18 on, a generated column is virtual unless it says STORED. It takes no space; in 18 it can have no \
              index, be no part of a key, and is left out by logical replication. Who meant it to be searched by wants STORED, or \
              an index on the expression.",
    cure: "Nothing, if that is what was meant; else an index on the expression itself.",
    sources: &[Source::Columns],
    example: Some(Example {
        bad: include_str!("virtual_column/bad.sql"),
        good: include_str!("virtual_column/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.major() < 18 {
        ruling.skip("generated columns are stored before PostgreSQL 18");
        return;
    }
    for table in facts.root_tables().filter(|it| facts.lasting_table(it.oid).is_some()) {
        for column in facts.columns(table.oid).iter().filter(|it| !it.inherited) {
            ruling.saw();
            if column.generated == Some('v') {
                ruling
                    .info(
                        facts.column_name(table.oid, column.number),
                        "it is computed each time it is read, can have no index, and is not replicated",
                    )
                    .hint("to search by it, make an index on its expression");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn it_needs_18() {
        assert_eq!(Sample::new(17).status(&CHECK), Status::Skip);
        assert_eq!(Sample::new(18).status(&CHECK), Status::Pass);
    }
}
