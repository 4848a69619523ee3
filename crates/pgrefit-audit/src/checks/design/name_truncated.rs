//! Names that the server has cut off.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling, object};

/// The longest name that the server keeps, in bytes.
const LONGEST: usize = 63;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "name-truncated",
    code: "TYP-13b",
    group: Group::Design,
    title: "A name is as long as a name can be, and may have been cut off.",
    level: Status::Info,
    required: false,
    matters: "What is longer than 63 bytes is cut off with no more than a NOTICE. The program may know another name than the server \
              has, and two long names can become one: CREATE … IF NOT EXISTS then does nothing. Names of indexes, constraints \
              and sequences are not told: the server makes them fit.",
    cure: "Rename it to something shorter.",
    sources: &[Source::Relations, Source::Columns, Source::Routines],
    example: Some(Example {
        bad: include_str!("name_truncated/bad.sql"),
        good: include_str!("name_truncated/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut look = |name: &str, object: &dyn Fn() -> String| {
        ruling.saw();
        if name.len() == LONGEST {
            ruling
                .info(object(), "its name has 63 bytes, and may have been cut off")
                .number("name_bytes", Cell::Bytes(LONGEST as u64))
                .hint("rename it to something shorter");
        }
    };
    let relations = facts.census.relations.iter().filter(|it| !it.of_extension);
    for relation in relations.filter(|it| is_named_by_people(it.kind)) {
        look(&relation.name, &|| facts.name(relation.oid));
        if !relation.is_partition {
            for column in facts.columns(relation.oid).iter().filter(|it| !it.inherited) {
                look(&column.name, &|| facts.column_name(relation.oid, column.number));
            }
        }
    }
    for routine in &facts.census.routines {
        let schema = facts.namespace(routine.namespace).map_or("public", |it| it.name.as_str());
        look(&routine.name, &|| {
            format!("{}({})", object::qualified(schema, &routine.name), routine.signature)
        });
    }
}

const fn is_named_by_people(kind: RelationKind) -> bool {
    use RelationKind::{Foreign, MaterializedView, Partitioned, Table, View};
    matches!(kind, Table | Partitioned | Foreign | View | MaterializedView)
}
