//! Names that must be quoted.

use pgrefit_catalog::census::{RelationKind, Source};
use pgrefit_catalog::{must_be_quoted, quote_ident};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "awkward-name",
    code: "TYP-13",
    group: Group::Design,
    title: "A table or its columns have names that must be quoted.",
    level: Status::Info,
    required: false,
    matters: "Upper case, a space, a hyphen or a reserved word (user, order) make a name that is found only in double quotes; who \
              leaves them out reads \"column does not exist\", or another thing altogether: user without quotes is the \
              current role. Told once a table or view. Programs that quote every name are not troubled.",
    cure: "ALTER TABLE … RENAME, together with the programs that use the name. This is a matter of taste.",
    sources: &[Source::Relations, Source::Columns],
    example: Some(Example {
        bad: include_str!("awkward_name/bad.sql"),
        good: include_str!("awkward_name/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let named = facts.census.relations.iter().filter(|it| !it.of_extension && !it.is_partition);
    for relation in named.filter(|it| has_columns(it.kind)) {
        ruling.saw();
        let columns = facts.columns(relation.oid).iter().map(|column| &column.name);
        let awkward: Vec<String> = [&relation.name]
            .into_iter()
            .chain(columns)
            .filter(|name| must_be_quoted(name))
            .map(|it| quote_ident(it))
            .collect();
        if !awkward.is_empty() {
            ruling
                .info(facts.name(relation.oid), format!("names that must be quoted: {}", awkward.join(", ")))
                .number("names", awkward.len())
                .hint("rename them together with the programs that use them, or quote them everywhere");
        }
    }
}

const fn has_columns(kind: RelationKind) -> bool {
    matches!(
        kind,
        RelationKind::Table
            | RelationKind::Partitioned
            | RelationKind::Foreign
            | RelationKind::View
            | RelationKind::MaterializedView
    )
}
