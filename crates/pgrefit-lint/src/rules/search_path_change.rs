//! Another `search_path` for what follows.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "search-path-change",
    title: "The session gets another search_path.",
    level: Status::Warn,
    happens: "It outlives the transaction: behind a pooler the next client gets it, and what later migrations make \
         lands in another schema.",
    safe: "SET LOCAL search_path, which ends with the transaction; or names with their schema.",
    before: include_str!("search_path_change/before.sql"),
    bad: include_str!("search_path_change/bad.sql"),
    good: include_str!("search_path_change/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Set { name, local: false, .. } = &action.kind else { return };
    if name != "search_path" || case.inside.is_some() {
        return;
    }
    // pgrefit takes it back at the end of the file.
    let (level, until) = if case.is_migration {
        (Status::Info, "what follows in this file is looked up, and made, in another schema")
    } else {
        (Status::Warn, "search_path stays changed behind this file")
    };
    found
        .add(&action.span, until)
        .status(level)
        .help("SET LOCAL search_path, which ends with the transaction, or names with their schema");
}
