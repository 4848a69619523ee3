//! Columns of type oid.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "oid-column",
    code: "TYP-08b",
    group: Group::Design,
    title: "A column is of type oid.",
    level: Status::Info,
    required: false,
    matters: "An oid names an object of the server, and a dump that is restored gives most objects other ones. As a number it is \
              four bytes without a sign, and comes back to its beginning. As a reference to a large object it says so only if \
              it is of type lo, for which vacuumlo and lo_manage work as well.",
    cure: "The name instead of the oid, bigint for a number, lo or bytea for a large object.",
    sources: &[Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("oid_column/bad.sql"),
        good: include_str!("oid_column/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    ruling.saw_many(facts.declared_columns().count());
    for (table, column, base) in facts.columns_of_type(&["oid"]) {
        // A domain, such as lo, says what it is for.
        if column.type_oid == base.oid {
            ruling
                .info(
                    facts.column_name(table.oid, column.number),
                    "an oid names an object of this server, or a large object",
                )
                .number("rows", facts.rows(table.oid))
                .hint("the name instead of the oid, bigint for a number, lo or bytea for a large object");
        }
    }
}
