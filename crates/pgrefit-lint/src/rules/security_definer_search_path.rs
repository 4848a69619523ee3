//! A function with the rights of its owner and the `search_path` of its caller.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "security-definer-search-path",
    title: "A SECURITY DEFINER function does not fix its search_path.",
    level: Status::Warn,
    happens: "It runs with the rights of its owner, but looks up names by the search_path of its caller, who can put \
         a function or a table of his own in the way (PostgreSQL manual, CREATE FUNCTION).",
    safe: "SET search_path = pg_catalog, your_schema, pg_temp at the function.",
    before: include_str!("security_definer_search_path/before.sql"),
    bad: include_str!("security_definer_search_path/bad.sql"),
    good: include_str!("security_definer_search_path/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Action(judge),
};

fn judge(_case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateRoutine(routine) = &action.kind else { return };
    if routine.security_definer && !routine.sets_search_path {
        found
            .add(
                &action.span,
                format!("{} runs as its owner with the search_path of its caller", routine.name),
            )
            .about(&routine.name)
            .help("SET search_path = pg_catalog, your_schema, pg_temp at the function");
    }
}
