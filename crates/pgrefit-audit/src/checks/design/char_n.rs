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
    sources: &[Source::Columns, Source::Types],
    example: Some(Example { bad: include_str!("char_n/bad.sql"), good: include_str!("char_n/good.sql") }),
    judge,
};

/// `atttypmod` of a text of one character: four more.
const ONE: i32 = 5;

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, _) in facts.columns_of_type(&["bpchar"]) {
        if column.typmod <= ONE {
            continue;
        }
        let characters = column.typmod - 4;
        ruling
            .info(
                facts.column_name(table.oid, column.number),
                format!("char({characters}) fills values up with blanks"),
            )
            .number("characters", characters)
            .sql(facts.retype(table.oid, column, "text"), "ACCESS EXCLUSIVE", true);
    }
}
