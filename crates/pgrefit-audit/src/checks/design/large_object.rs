//! References to large objects that nobody cleans up.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "large-object",
    code: "TYP-08",
    group: Group::Design,
    title: "A column refers to large objects, and nothing removes those that are no longer referred to.",
    level: Status::Warn,
    required: false,
    matters: "A large object lives on when the row that refers to it is deleted or refers to another: pg_largeobject only grows. \
              The trigger lo_manage of the extension lo unlinks it. Told of columns of type lo without such a trigger, which is \
              known by its function not being one of users.",
    cure: "The trigger lo_manage, and vacuumlo once for those that are lost already; or bytea instead of large objects.",
    sources: &[Source::Columns, Source::Types, Source::Triggers, Source::Routines, Source::Extensions],
    example: Some(Example {
        bad: include_str!("large_object/bad.sql"),
        good: include_str!("large_object/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(extension) = facts.census.extensions.iter().find(|it| it.name == "lo") else {
        ruling.skip("the extension lo is not installed");
        return;
    };
    for (table, column, _) in facts.declared_columns() {
        let declared = facts.type_of(column.type_oid);
        if declared.is_none_or(|it| it.extension.as_deref() != Some("lo")) {
            continue;
        }
        ruling.saw();
        if is_managed(facts, table) {
            continue;
        }
        let (name, column_name, schema) =
            (facts.name(table.oid), quote_ident(&column.name), quote_ident(&extension.schema));
        let trigger = quote_ident(&format!("{}_lo_manage", column.name));
        ruling
            .warn(
                facts.column_name(table.oid, column.number),
                "a large object stays behind when its row is deleted or changed",
            )
            .number("rows", facts.rows(table.oid))
            .sql(
                format!(
                    "CREATE TRIGGER {trigger} BEFORE UPDATE OR DELETE ON {name}\n    \
                     FOR EACH ROW EXECUTE FUNCTION {schema}.lo_manage({column_name});"
                ),
                "SHARE ROW EXCLUSIVE",
                true,
            );
    }
}

/// Whether a row trigger, before DELETE, calls a function that is not a user's.
fn is_managed(facts: &Facts<'_>, table: &Relation) -> bool {
    const ROW_BEFORE_DELETE: i16 = 1 | 2 | 8;
    let managing = |events: i16| events & ROW_BEFORE_DELETE == ROW_BEFORE_DELETE;
    facts.triggers(table.oid).iter().any(|trigger| {
        let of_user = facts.census.routines.iter().any(|it| it.oid == trigger.function);
        !trigger.internal && managing(trigger.events) && trigger.enabled != 'D' && !of_user
    })
}
