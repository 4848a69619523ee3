//! What the checks did not see, and the list of them all.

use super::cure::code;
use super::markup::{anchor, badge, each, escaped, given};
use crate::{Report, RuleInfo, Status, grouped, phrase};

/// The checks that did not see everything, each with the statement that would let it.
pub(super) fn unseen(report: &Report) -> String {
    let items = each(grouped::unseeing(report), |(rule, status)| {
        let (id, said) = (escaped(&rule.id), escaped(&phrase::blindness(rule)));
        let grant = given(rule.grant.as_deref(), code);
        format!("<li><p>{} <b>{id}</b> {said}</p>{grant}</li>\n", badge(status))
    });
    if items.is_empty() {
        return items;
    }
    format!("<section class=\"unseen\">\n<h2>Not seen</h2>\n<ul>\n{items}</ul>\n</section>\n")
}

/// All checks by group, in their order.
pub(super) fn list(report: &Report) -> String {
    let mut groups: Vec<(&str, Vec<&RuleInfo>)> = Vec::new();
    for rule in report.checks() {
        let title = rule.group.as_deref().unwrap_or("Other");
        match groups.iter_mut().find(|(known, _)| *known == title) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((title, vec![rule])),
        }
    }
    if groups.is_empty() {
        return String::new();
    }
    let number = report.checks().count();
    let bodies = each(&groups, |(title, rules)| body(title, rules, report));
    format!(
        "<section class=\"checks\">\n<h2>All checks <small>{number}</small></h2>\n<table>\n\
         <thead><tr><th scope=\"col\">ended</th><th scope=\"col\">check</th>\
         <th scope=\"col\" class=\"number\">objects seen</th></tr></thead>\n{bodies}</table>\n</section>\n"
    )
}

fn body(title: &str, rules: &[&RuleInfo], report: &Report) -> String {
    let rows = each(rules, |rule| row(rule, report));
    format!(
        "<tbody>\n<tr class=\"of\"><th scope=\"rowgroup\" colspan=\"3\">{}</th></tr>\n{rows}</tbody>\n",
        escaped(title)
    )
}

fn row(rule: &RuleInfo, report: &Report) -> String {
    let status = rule.status.unwrap_or(Status::Pass);
    let title = escaped(&rule.title);
    let worst = report.counted().filter(|it| it.check == rule.id && it.status > Status::Pass);
    let title = match Status::worst(worst.map(|finding| finding.status)) {
        Some(worst) => format!("<a href=\"#{}-{worst}\">{title}</a>", anchor(&rule.id)),
        None => title,
    };
    let code = given(rule.code.as_deref(), |code| format!("{} ", escaped(code)));
    let note = given(rule.note.as_deref(), |note| format!("<span class=\"said\">{}</span>", escaped(note)));
    let seen = match rule.seen {
        Some((seen, total)) if seen == total => total.to_string(),
        Some((seen, total)) => format!("{seen} of {total}"),
        None => "–".to_owned(),
    };
    format!(
        "<tr><td>{}</td><td>{title} <code>{code}{}</code>{note}</td><td class=\"number\">{seen}</td></tr>\n",
        badge(status),
        escaped(&rule.id)
    )
}
