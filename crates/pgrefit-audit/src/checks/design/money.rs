//! Columns of type money.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "money",
    code: "TYP-04",
    group: Group::Design,
    title: "A column is of type money.",
    level: Status::Warn,
    required: false,
    matters: "It stores a number without its currency, and lc_monetary of the session says which currency that is and how many \
              digits are cents: a dump that is restored under another locale reads other amounts. Division rounds to whole \
              cents.",
    cure: "numeric, with the currency in a column beside it.",
    sources: &[
        Source::Columns,
        Source::Types,
        Source::PartitionKeys,
        Source::Defaults,
        Source::Policies,
        Source::Rules,
        Source::Triggers,
        Source::Constraints,
    ],
    example: Some(Example { bad: include_str!("money/bad.sql"), good: include_str!("money/good.sql") }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, held) in facts.columns_holding(&["money"]) {
        let mut told = ruling.warn(
            facts.column_name(table.oid, column.number),
            "what the amounts are depends on lc_monetary of the session that reads them",
        );
        told.number("rows", facts.rows(table.oid));
        let to = held.as_type("numeric");
        facts.tell_retype(&mut told, (table.oid, column), &to, (true, true));
    }
}
