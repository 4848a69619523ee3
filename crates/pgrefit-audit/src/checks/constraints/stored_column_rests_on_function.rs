//! A stored column whose values do not follow the function that made them.

use std::collections::HashSet;

use pgrefit_catalog::census::{Column, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling, object};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "stored-column-rests-on-function",
    code: "CON-12",
    group: Group::Constraints,
    title: "A stored generated column calls a function that can be replaced.",
    level: Status::Info,
    required: false,
    matters: "Its values are those that the function gave when each row was written. After CREATE OR REPLACE FUNCTION old rows \
              keep the old values, and no command tells which they are. Functions of PostgreSQL and of extensions are not told.",
    cure: "When the function changes, write the rows again: UPDATE in batches, or drop the column and add it anew, which rewrites \
           the table.",
    sources: &[Source::Columns, Source::Defaults, Source::Routines],
    example: Some(Example {
        bad: include_str!("stored_column_rests_on_function/bad.sql"),
        good: include_str!("stored_column_rests_on_function/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let of_users = routines(facts);
    for table in facts.root_tables().filter(|it| facts.lasting_table(it.oid).is_some()) {
        let stored = |it: &&&Column| it.generated == Some('s') && !it.inherited;
        for column in facts.columns(table.oid).iter().filter(stored) {
            ruling.saw();
            let Some(default) = facts.default(table.oid, column.number) else { continue };
            if let Some(function) = default.functions.iter().find(|it| of_users.contains(*it)) {
                let message = format!("its rows keep what {function} gave when they were written");
                ruling.info(facts.column_name(table.oid, column.number), message).hint(format!(
                    "whenever {function} is replaced, write the rows of {} again: UPDATE … SET {} = DEFAULT",
                    facts.name(table.oid),
                    quote_ident(&column.name)
                ));
            }
        }
    }
}

/// The names of users' functions, with and without quotes.
fn routines(facts: &Facts<'_>) -> HashSet<String> {
    let names = facts.census.routines.iter().filter_map(|it| {
        let schema = &facts.namespace(it.namespace)?.name;
        Some([format!("{schema}.{}", it.name), object::qualified(schema, &it.name)])
    });
    names.flatten().collect()
}
