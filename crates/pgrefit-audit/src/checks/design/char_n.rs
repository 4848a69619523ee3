//! Columns of type char(n).

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "char-n",
    code: "TYP-02",
    group: Group::Design,
    title: "A column is of type char(n).",
    level: Status::Info,
    required: false,
    matters: "Values are filled up with blanks to n characters, which are stored and sent, and ignored by = but not by LIKE or a \
              regular expression. It is neither shorter nor faster than text, and does not reject what is too short. char(1) \
              is not told.",
    cure: "text, with a CHECK on its length if that matters. The blanks go when it is cast.",
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
    example: Some(Example { bad: include_str!("char_n/bad.sql"), good: include_str!("char_n/good.sql") }),
    judge,
};

/// `atttypmod` of a text of one character: four more.
const ONE: i32 = 5;

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, held) in facts.columns_holding(&["bpchar"]) {
        if held.typmod <= ONE {
            continue;
        }
        let characters = held.typmod - 4;
        let mut told = ruling.info(
            facts.column_name(table.oid, column.number),
            format!("char({characters}) fills values up with blanks"),
        );
        told.number("characters", characters);
        facts.tell_retype(&mut told, (table.oid, column), &held.as_type("text"), (true, true));
    }
}
