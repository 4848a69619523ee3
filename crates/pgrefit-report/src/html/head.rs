//! The head of the page: what ran, where, when, how it ended; and what findings can be filtered by.

use super::finding::excerpt;
use super::markup::{badge, each, escaped, given, pairs, paragraph};
use super::values;
use crate::grouped::Group;
use crate::{Cell, Failure, Report, Status, human_duration, phrase};

/// The verdict, its circumstances, and how many there are of each judgement.
pub(super) fn header(report: &Report, groups: &[Group<'_>]) -> String {
    let outcome = &report.outcome;
    let command = escaped(&report.command);
    let verdict = format!(
        "<p class=\"what\"><span class=\"brand\">pgrefit <b>{command}</b></span>{}</p>\n<h1>{}</h1>\n",
        badge(outcome.status),
        escaped(&outcome.summary)
    );
    [verdict, circumstances(report), counts(report, groups), values::facts(&report.facts)].concat()
}

fn circumstances(report: &Report) -> String {
    let mut known = Vec::new();
    if let Some(target) = &report.target {
        known.push(("Database", target.database.clone()));
        known.push(("Server", format!("{}:{}", target.host, target.port)));
        known.push(("Role", target.user.clone()));
        known.extend(target.server_version.iter().map(|version| ("PostgreSQL", version.clone())));
    }
    known.push(("Started", phrase::value(&Cell::Timestamp(report.started_at.clone()))));
    known.push(("Took", human_duration(report.duration_ms)));
    known.push(("Exit code", report.outcome.exit_code.to_string()));
    pairs("where", known.into_iter().map(|(name, value)| (name.to_owned(), escaped(&value))))
}

/// How many checks ended in each way, with a bar of their shares; without checks, how many findings there are.
fn counts(report: &Report, groups: &[Group<'_>]) -> String {
    let entries = || groups.iter().flat_map(|group| &group.entries);
    let found =
        |status| entries().filter(|it| it.status == status).map(|it| it.findings.len()).sum::<usize>();
    let ended = |status| report.checks().filter(|rule| rule.status == Some(status)).count();
    let of_checks = report.checks().next().is_some();
    let number = |status| if of_checks { ended(status) } else { found(status) };
    let told: Vec<(Status, usize)> =
        Status::ALL.into_iter().rev().map(|status| (status, number(status))).filter(|it| it.1 > 0).collect();
    if told.is_empty() {
        return String::new();
    }
    let tiles = each(&told, |(status, number)| {
        let findings = Some(found(*status)).filter(|several| *several > 0 && of_checks);
        let findings =
            given(findings, |several| format!("<small>{}</small>", crate::counted(several, "finding")));
        format!("<li class=\"s-{status}\"><b>{number}</b> <span>{status}{findings}</span></li>")
    });
    let name = if of_checks { "Checks by how they ended" } else { "Findings by level" };
    format!("{}<ul class=\"counts\" aria-label=\"{name}\">{tiles}</ul>\n", bar(&told))
}

/// The shares as one line of colours; who does not see it has the numbers below.
fn bar(told: &[(Status, usize)]) -> String {
    let all: usize = told.iter().map(|(_, number)| number).sum();
    let mut begin = 0;
    let parts = each(told, |(status, number)| {
        let x = begin;
        begin += number;
        format!("<rect class=\"s-{status}\" x=\"{x}\" width=\"{number}\" height=\"1\"/>")
    });
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 {all} 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{parts}</svg>\n"
    )
}

/// The filters; hidden until the script is there to serve them. One finding needs none.
pub(super) fn filters(groups: &[Group<'_>]) -> String {
    let entries = || groups.iter().flat_map(|group| &group.entries);
    if entries().count() < 2 {
        return String::new();
    }
    let of = |status| entries().filter(|entry| entry.status == status).count();
    let levels = Status::ALL.into_iter().rev().map(|status| (status, of(status)));
    let levels = each(levels.filter(|(_, number)| *number > 0), |(status, number)| {
        toggle("status", status.as_str(), number, status)
    });
    let named = each(groups, |group| {
        let worst = group.worst().unwrap_or(Status::Info);
        toggle("group", group.title.unwrap_or("Other"), group.entries.len(), worst)
    });
    let named = if groups.len() > 1 {
        format!("<fieldset><legend>Group</legend>{named}</fieldset>\n")
    } else {
        String::new()
    };
    format!(
        "<aside class=\"filters\" id=\"filters\" aria-label=\"Filters\" hidden=\"hidden\">\n\
         <label class=\"search\"><span>Search findings</span>\
         <input type=\"search\" id=\"search\" autocomplete=\"off\" spellcheck=\"false\" \
         placeholder=\"object, check, word\"/></label>\n\
         <fieldset><legend>Level</legend>{levels}</fieldset>\n{named}\
         <p class=\"shown\"><span id=\"shown\" role=\"status\"></span> \
         <button type=\"button\" id=\"clear\" hidden=\"hidden\">Clear filters</button></p>\n</aside>\n"
    )
}

fn toggle(key: &str, value: &str, number: usize, status: Status) -> String {
    let value = escaped(value);
    format!(
        "<button type=\"button\" class=\"toggle s-{status}\" data-{key}=\"{value}\" aria-pressed=\"false\">\
         <span>{value}</span> <b>{number}</b></button>"
    )
}

/// What broke, why, where, and what to do.
pub(crate) fn failure(failure: &Failure) -> String {
    let parts = [
        format!("<h2 id=\"error\">{}</h2>\n", escaped(&failure.message)),
        each(&failure.causes, |cause| paragraph("cause", &format!("caused by: {cause}"))),
        given(failure.location.as_ref(), |location| excerpt(location, None, &[])),
        given(failure.sqlstate.as_ref(), |sqlstate| {
            format!("<p class=\"cause\">SQLSTATE <code>{}</code></p>\n", escaped(sqlstate))
        }),
        given(failure.hint.as_deref(), |hint| paragraph("hint", hint)),
    ];
    format!("<section class=\"failure s-error\" aria-labelledby=\"error\">\n{}</section>\n", parts.concat())
}
