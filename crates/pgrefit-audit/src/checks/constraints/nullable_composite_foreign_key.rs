//! A foreign key of several columns that a row escapes by leaving one of them null.

use pgrefit_catalog::census::{Constraint, ConstraintKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "nullable-composite-foreign-key",
    code: "CON-08",
    group: Group::Constraints,
    title: "A foreign key of several columns does not check rows in which one of them is null.",
    level: Status::Warn,
    required: false,
    matters: "With MATCH SIMPLE, the default, one null is enough: a row with half a reference is never checked. It is told where \
              two columns or more can be null and no CHECK looks at all of them. One nullable column beside others that are \
              NOT NULL, such as (tenant_id, parent_id), says by its null that there is no reference, and is left alone. \
              A CHECK (… IS NOT NULL) and a domain that is NOT NULL count as NOT NULL.",
    cure: "A CHECK that all of them or none of them are null, or MATCH FULL.",
    sources: &[Source::Constraints, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("nullable_composite_foreign_key/bad.sql"),
        good: include_str!("nullable_composite_foreign_key/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for key in facts.enforced_foreign_keys().filter(|key| key.columns.len() > 1) {
        ruling.saw();
        let columns = key.columns.iter().filter_map(|it| facts.column(key.relation, *it));
        let nullable: Vec<i16> = columns.filter(|it| facts.can_be_null(it)).map(|it| it.number).collect();
        if key.match_type == Some('s') && nullable.len() > 1 && !is_checked(facts, key, &nullable) {
            report(facts, ruling, key, &nullable);
        }
    }
}

/// Whether some check looks at all of these columns.
fn is_checked(facts: &Facts<'_>, key: &Constraint, nullable: &[i16]) -> bool {
    let looks = |it: &&Constraint| {
        it.kind == ConstraintKind::Check
            && it.enforced
            && nullable.iter().all(|column| it.columns.contains(column))
    };
    facts.constraints(key.relation).iter().any(looks)
}

fn report(facts: &Facts<'_>, ruling: &mut Ruling, key: &Constraint, nullable: &[i16]) {
    let (table, columns) = (facts.name(key.relation), facts.column_list(key.relation, nullable));
    let check = quote_ident(&format!("{}_whole", key.name));
    let sql = format!(
        "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK (num_nulls({columns}) IN (0, {})) NOT VALID;\n\
         ALTER TABLE {table} VALIDATE CONSTRAINT {check};",
        nullable.len()
    );
    let message = format!("a row is not checked if one of {columns} is null and the others are not");
    ruling.warn(facts.part_name(key.relation, &key.name), message).sql(sql, "ACCESS EXCLUSIVE", true);
}
