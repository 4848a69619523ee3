//! Taking away what the same release prepares to replace.

use pgrefit_report::Status;
use pgrefit_sql::{LockMode, Phase};

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "contract-with-expand",
    title: "A release takes away what the old application still uses.",
    level: Status::Fail,
    happens: "While a release is rolled out, old and new versions of the application run side by side. What only \
         adds (expand) suits both; what takes away (contract) breaks the old one, unless a release in between \
         has stopped using it.",
    safe: "Ship the contract step with the next release: mark files with -- pgrefit:phase expand and -- \
         pgrefit:phase contract.",
    before: include_str!("contract_with_expand/before.sql"),
    bad: include_str!("contract_with_expand/bad.sql"),
    good: include_str!("contract_with_expand/good.sql"),
    also: &["drop-column"],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    if let (Some(Phase::Contract), Some(expand)) = (case.phase, case.release.expands.first()) {
        if case.earlier.is_empty() && case.inside.is_none() {
            found
                .add(&action.span, format!("a contract step ships together with the expand step {expand}"))
                .help("ship it with the next release");
        }
        return;
    }
    if !case.release.is_one {
        return;
    }
    let (table, what) = match &action.kind {
        Kind::DropColumn { table, column, .. } => (table, format!("drops {table}.{column}")),
        Kind::RenameColumn { table, from, .. } => (table, format!("renames {table}.{from}")),
        Kind::SetNotNull { table, column } => (table, format!("forbids null in {table}.{column}")),
        _ => return,
    };
    if case.is_new(table) {
        return;
    }
    let key = case.schema.key(table);
    let earlier = case
        .release
        .added
        .iter()
        .find(|(of, ..)| *of == key)
        .map(|(_, column, file)| (column.clone(), file.clone()));
    let here = case.earlier.iter().find_map(|(_, earlier)| match &earlier.kind {
        Kind::AddColumn { table, column, .. } if case.schema.key(table) == key => {
            Some((column.name.clone(), "this file".to_owned()))
        }
        _ => None,
    });
    let Some((added, file)) = earlier.or(here) else { return };
    found
        .add(&action.span, format!("{what} in the release that adds {added} ({file}): the old application still uses it"))
        .about(table)
        .help("ship it with the next release; if the old application does not: -- pgrefit:allow contract-with-expand <reason>");
}
