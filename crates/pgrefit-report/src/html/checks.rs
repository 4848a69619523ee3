//! What the checks did not see, and the list of them all.

use super::cure::code;
use super::markup::{anchor, badge, escaped};
use crate::{Report, RuleInfo, Status, grouped, phrase};

/// The checks that did not see everything, each with the statement that would let it.
pub(super) fn unseen(report: &Report) -> String {
    let items: String = grouped::unseeing(report)
        .map(|(rule, status)| {
            let grant = rule.grant.as_deref().map_or_else(String::new, code);
            format!(
                "<li><p>{} <b>{}</b> {}</p>{grant}</li>\n",
                badge(status),
                escaped(&rule.id),
                escaped(&phrase::blindness(rule))
            )
        })
        .collect();
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
    let bodies: String = groups.iter().map(|(title, rules)| body(title, rules, report)).collect();
    format!(
        "<section class=\"checks\">\n<h2>All checks <small>{number}</small></h2>\n<table>\n\
         <thead><tr><th scope=\"col\">ended</th><th scope=\"col\">check</th>\
         <th scope=\"col\" class=\"number\">objects seen</th></tr></thead>\n{bodies}</table>\n</section>\n"
    )
}

fn body(title: &str, rules: &[&RuleInfo], report: &Report) -> String {
    let rows: String = rules.iter().map(|rule| row(rule, report)).collect();
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
    let code = rule.code.as_deref().map_or_else(String::new, |code| format!("{} ", escaped(code)));
    let note = rule.note.as_deref();
    let note = note.map_or_else(String::new, |note| format!("<span class=\"said\">{}</span>", escaped(note)));
    let seen = rule.seen.map_or_else(
        || "–".to_owned(),
        |(seen, total)| match seen == total {
            true => total.to_string(),
            false => format!("{seen} of {total}"),
        },
    );
    format!(
        "<tr><td>{}</td><td>{title} <code>{code}{}</code>{note}</td><td class=\"number\">{seen}</td></tr>\n",
        badge(status),
        escaped(&rule.id)
    )
}
