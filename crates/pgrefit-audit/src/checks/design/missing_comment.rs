//! What has no comment, schema by schema.

use pgrefit_catalog::census::{Namespace, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "missing-comment",
    code: "TYP-15",
    group: Group::Design,
    title: "Tables, columns or functions of a schema have no comment.",
    level: Status::Info,
    required: false,
    matters: "A comment is what the next reader of the schema finds, in psql, in a dump and in generated code. Told once a schema \
              that has a comment on something, with numbers: where nobody writes comments, that is a choice. Partitions and \
              keys of one column are not counted.",
    cure: "COMMENT ON TABLE … IS '…'.",
    sources: &[Source::Namespaces, Source::Relations, Source::Columns, Source::Routines],
    example: Some(Example {
        bad: include_str!("missing_comment/bad.sql"),
        good: include_str!("missing_comment/good.sql"),
    }),
    judge,
};

/// How many there are, and how many of them have no comment.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    bare: usize,
}

impl Count {
    const fn add(&mut self, has_comment: bool) {
        self.all += 1;
        self.bare += !has_comment as usize;
    }
}

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for namespace in facts.census.namespaces.iter().filter(|it| !it.of_extension) {
        ruling.saw();
        let counts = count(facts, namespace);
        let [tables, columns, routines] = counts;
        let (all, bare) = counts.iter().fold((0, 0), |sum, it| (sum.0 + it.all, sum.1 + it.bare));
        if bare == 0 || bare == all {
            continue;
        }
        ruling
            .info(
                quote_ident(&namespace.name),
                format!(
                    "without a comment: {} of {} tables, {} of {} columns, {} of {} functions",
                    tables.bare, tables.all, columns.bare, columns.all, routines.bare, routines.all
                ),
            )
            .number("tables_without_comment", tables.bare)
            .number("columns_without_comment", columns.bare)
            .number("functions_without_comment", routines.bare)
            .hint("COMMENT ON TABLE … IS '…'");
    }
}

/// Tables, columns, functions.
fn count(facts: &Facts<'_>, namespace: &Namespace) -> [Count; 3] {
    let [mut tables, mut columns, mut routines] = [Count::default(); 3];
    for table in facts.root_tables().filter(|it| it.namespace == namespace.oid) {
        tables.add(table.has_comment);
        for column in facts.columns(table.oid).iter().filter(|it| !it.inherited && it.name != "id") {
            columns.add(column.has_comment);
        }
    }
    for routine in facts.census.routines.iter().filter(|it| it.namespace == namespace.oid) {
        routines.add(routine.has_comment);
    }
    [tables, columns, routines]
}
