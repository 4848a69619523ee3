//! Columns of types that `pg_upgrade` refuses.

use pgrefit_catalog::census::{ColumnType, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::design::BuiltIn as _;
use crate::{Facts, Ruling};

/// Types that hold an oid which `pg_upgrade` does not preserve. It does those behind regclass, regrole and regtype.
const REFUSED: [&str; 8] = [
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
];

/// From which version on `aclitem` has its present form.
const ACLITEM_SINCE: u32 = 16;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "reg-type",
    code: "TYP-08c",
    group: Group::Design,
    title: "A column is of a type with which pg_upgrade refuses to run.",
    level: Status::Warn,
    required: false,
    matters: "The next major version by pg_upgrade waits until the column is gone. These types hold the oid of an object that has \
              another oid afterwards: regproc, regprocedure, regoper, regoperator, regconfig, regdictionary, regnamespace, \
              regcollation; and aclitem, whose form changed with 16. regclass, regrole and regtype are preserved. So it is in \
              pg_upgrade's check.c. Arrays count, and materialized views.",
    cure: "Store the name as text, and cast where it is used.",
    sources: &[
        Source::Relations,
        Source::Columns,
        Source::Types,
        Source::PartitionKeys,
        Source::Defaults,
        Source::Policies,
        Source::Rules,
        Source::Triggers,
        Source::Constraints,
    ],
    example: Some(Example { bad: include_str!("reg_type/bad.sql"), good: include_str!("reg_type/good.sql") }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let views = facts.heaps().filter(|it| it.kind == RelationKind::MaterializedView);
    for relation in facts.root_tables().chain(views) {
        for column in facts.columns(relation.oid).iter().filter(|it| !it.inherited) {
            ruling.saw();
            let Some(refused) = refused(facts, column.type_oid) else { continue };
            let mut told = ruling.warn(
                facts.column_name(relation.oid, column.number),
                format!("pg_upgrade refuses to run while there is a column of type {refused}"),
            );
            if relation.kind == RelationKind::MaterializedView {
                told.hint("cast it to text in the query of the materialized view");
            } else {
                let to = to(facts, column.type_oid);
                facts.tell_retype(&mut told, (relation.oid, column), to, (true, true));
            }
        }
    }
}

/// The name of the type that is refused: of the column, or of the elements of its array.
fn refused<'a>(facts: &Facts<'a>, oid: u32) -> Option<&'a str> {
    let base = facts.base_type(oid)?;
    let element = facts.base_type(base.element).filter(|_| base.category == 'A');
    let is_refused = |it: &&ColumnType| {
        it.is_built_in(&REFUSED) || facts.major() < ACLITEM_SINCE && it.is_built_in(&["aclitem"])
    };
    [Some(base), element].into_iter().flatten().find(is_refused).map(|it| it.name.as_str())
}

fn to(facts: &Facts<'_>, oid: u32) -> &'static str {
    if facts.base_type(oid).is_some_and(|base| base.category == 'A') { "text[]" } else { "text" }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn versions_differ() {
        let check = |major: u32, name: &str, expected: bool| {
            let sample = Sample::new(major).relation(100, RelationKind::Table, "t", |_| {});
            let found = sample.column(100, "c", name, |_| {}).objects(&CHECK);
            assert_eq!(found == ["public.t.c"], expected, "{major} {name}");
        };
        check(15, "aclitem", true);
        check(16, "aclitem", false);
        check(18, "regproc", true);
        check(18, "regtype", false);
    }
}
