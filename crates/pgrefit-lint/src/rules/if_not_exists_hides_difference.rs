//! IF NOT EXISTS over something else.

use pgrefit_report::Status;

use crate::action::{Action, Kind, index_beside, same_definition};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use crate::schema::shown;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "if-not-exists-hides-difference",
    title: "IF NOT EXISTS is content with something else of the same name.",
    level: Status::Fail,
    happens: "It looks at the name alone: a table without the new column, or an index on other columns, passes for \
         done, and the schema is not what the migrations say.",
    safe: "Take IF NOT EXISTS out, and write what changes the object that is there.",
    before: include_str!("if_not_exists_hides_difference/before.sql"),
    bad: include_str!("if_not_exists_hides_difference/bad.sql"),
    good: include_str!("if_not_exists_hides_difference/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    // Behind an IF the author has looked.
    if case.inside.is_some_and(|inside| inside.conditional) {
        return;
    }
    match &action.kind {
        Kind::CreateTable(new) if new.if_not_exists && !new.from_query && new.like.is_empty() => {
            let Some(name) = &new.name else { return };
            let Some(known) = case.schema.table(name).filter(|known| known.complete) else { return };
            let missing = new.columns.iter().find(|column| known.column(&column.name).is_none());
            let other = new.columns.iter().find_map(|column| {
                let known = known.column(&column.name)?;
                let declared = column.data_type.clone().stored();
                (!declared.is_alike(&known.data_type)).then_some((column, &known.data_type))
            });
            let why = match (missing, other) {
                (Some(column), _) => format!("{name} exists without {}", column.name),
                (None, Some((column, known))) => {
                    format!("{name}.{} exists as {known}, not {}", column.name, column.data_type)
                }
                (None, None) => return,
            };
            found
                .add(&action.span, format!("{why}: nothing will change"))
                .about(name)
                .help("write what changes the table that is there");
        }
        Kind::CreateIndex(new) if new.if_not_exists => {
            let (Some(name), Some(table)) = (&new.name, &new.table) else { return };
            let relation = index_beside(table, name);
            let Some(known) = case.schema.index(&relation) else { return };
            if same_definition(&known.new.definition, &new.definition)
                && known.table == case.schema.key(table)
            {
                return;
            }
            let of = shown(&known.table);
            found
                .add(
                    &action.span,
                    format!("an index {name} exists with another definition, on {of}: nothing will be built"),
                )
                .about(&relation)
                .help("give the new one another name, or drop the old one before");
        }
        Kind::AddColumn { table, column, if_not_exists: true } => {
            let Some(known) = case.schema.column_type(table, &column.name) else { return };
            let declared = column.data_type.clone().stored();
            if !known.is_alike(&declared) {
                found
                    .add(
                        &action.span,
                        format!(
                            "{table}.{} exists as {known}, not {declared}: nothing will change",
                            column.name
                        ),
                    )
                    .about(table)
                    .help("change the type of the column that is there");
            }
        }
        _ => {}
    }
}
