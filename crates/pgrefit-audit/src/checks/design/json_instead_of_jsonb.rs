//! Columns of type json.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "json-instead-of-jsonb",
    code: "TYP-01",
    group: Group::Design,
    title: "A column is of type json.",
    level: Status::Info,
    required: false,
    matters: "json is kept as text: it is parsed at each access, has no operator for equality, so that DISTINCT and GROUP BY fail, \
              and no index can serve it. It keeps spaces, the order of keys and double keys; where the text itself matters, it \
              is right.",
    cure: "ALTER TABLE … TYPE jsonb, which rewrites the table; for a large one, a new column, a trigger and a backfill.",
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
    example: Some(Example {
        bad: include_str!("json_instead_of_jsonb/bad.sql"),
        good: include_str!("json_instead_of_jsonb/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, held) in facts.columns_holding(&["json"]) {
        let mut told = ruling.info(
            facts.column_name(table.oid, column.number),
            "json is kept as text, cannot be compared and not be indexed",
        );
        told.number("rows", facts.rows(table.oid));
        let to = held.as_type("jsonb");
        facts.tell_retype(&mut told, (table.oid, column), &to, (true, false));
    }
}
