//! Tables in which everything may be missing.

use pgrefit_catalog::census::{Constraint, ConstraintKind, OfNulls, Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "all-columns-nullable",
    code: "TYP-12c",
    group: Group::Design,
    title: "Every column of a table may be null.",
    level: Status::Info,
    required: false,
    matters: "A row of nothing but nulls is then a valid row, and the table has no primary key, which would forbid it. Told of \
              tables with two columns or more, without a CHECK that keeps such a row out or of which that cannot be told; a \
              domain that is NOT NULL is not seen here.",
    cure: "Say NOT NULL where a value must be: ADD CHECK (… IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL, DROP the CHECK.",
    sources: &[Source::Relations, Source::Columns, Source::Constraints],
    example: Some(Example {
        bad: include_str!("all_columns_nullable/bad.sql"),
        good: include_str!("all_columns_nullable/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        if is_loose(facts, table) {
            let columns = facts.columns(table.oid).len();
            ruling
                .info(facts.name(table.oid), format!("each of its {columns} columns may be null"))
                .number("columns", columns)
                .number("rows", facts.rows(table.oid))
                .hint("say NOT NULL where a value must be");
        }
    }
}

fn is_loose(facts: &Facts<'_>, table: &Relation) -> bool {
    let columns = facts.columns(table.oid);
    let may_be_null = columns.len() > 1 && columns.iter().all(|column| !column.not_null);
    may_be_null && facts.constraints(table.oid).iter().all(|it| lets_nulls_pass(facts, it))
}

/// Whether it is known to let a row of nothing but nulls in. New rows are checked by what is not validated, too.
fn lets_nulls_pass(facts: &Facts<'_>, constraint: &Constraint) -> bool {
    if constraint.kind != ConstraintKind::Check || !constraint.enforced {
        return true;
    }
    let said = facts.census.check_expressions.iter().find(|it| it.constraint == constraint.oid);
    let says = said.and_then(|it| it.expression.of_nulls());
    matches!(says, Some(OfNulls::True | OfNulls::Null))
}
