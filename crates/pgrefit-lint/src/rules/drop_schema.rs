//! A schema or a database with all that is in it.

use crate::action::{Action, Kind, What};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "drop-schema",
    title: "A schema, a database or an extension is dropped with all that is in it.",
    level: Status::Fail,
    happens: "Everything in it is gone. Only a backup brings it back.",
    safe: "Drop what is in it by name, so that a reader of the migration sees what goes; then the empty schema, \
         without CASCADE.",
    before: include_str!("drop_schema/before.sql"),
    bad: include_str!("drop_schema/bad.sql"),
    good: include_str!("drop_schema/good.sql"),
    also: &[],
    claims: &[Claim::Loses("old.orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Drop { what, name, cascade } = &action.kind else { return };
    let kind = match what {
        What::Schema if *cascade => "schema",
        What::Extension if *cascade => "extension",
        What::Database => "database",
        _ => return,
    };
    let made_here = case.schema.tables.iter().filter(|(key, _)| key.0 == name.name).peekable();
    let mut made_here = made_here;
    let is_new =
        made_here.peek().is_some() && made_here.all(|(key, _)| case.schema.is_new(key, case.moment.file));
    if is_new {
        return;
    }
    found
        .add(&action.span, format!("drops the {kind} {name} with all that is in it"))
        .status(case.loss())
        .about(name)
        .help("drop what is in it by name; if all of it is meant: -- pgrefit:allow drop-schema <reason>");
}
