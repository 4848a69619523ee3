//! The head of the page: what ran, where, when, how it ended; and what findings can be filtered by.

use super::finding::excerpt;
use super::markup::{badge, escaped};
use super::values;
use crate::grouped::Group;
use crate::{Cell, Failure, Report, Status, human_duration, phrase};

/// The verdict, its circumstances, and how many there are of each judgement.
pub(super) fn header(report: &Report, groups: &[Group<'_>]) -> String {
    let outcome = &report.outcome;
    let command = escaped(&report.command);
    let mut html = format!(
        "<p class=\"what\"><span class=\"brand\">pgrefit <b>{command}</b></span>{}</p>\n<h1>{}</h1>\n",
        badge(outcome.status),
        escaped(&outcome.summary)
    );
    html += &circumstances(report);
    html += &counts(report, groups);
    html + &values::facts(&report.facts)
}

fn circumstances(report: &Report) -> String {
    let mut pairs = Vec::new();
    if let Some(target) = &report.target {
        pairs.push(("Database", target.database.clone()));
        pairs.push(("Server", format!("{}:{}", target.host, target.port)));
        pairs.push(("Role", target.user.clone()));
        pairs.extend(target.server_version.iter().map(|version| ("PostgreSQL", version.clone())));
    }
    pairs.push(("Started", phrase::value(&Cell::Timestamp(report.started_at.clone()))));
    pairs.push(("Took", human_duration(report.duration_ms)));
    pairs.push(("Exit code", report.outcome.exit_code.to_string()));
    let pairs: String = pairs
        .iter()
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value)))
        .collect();
    format!("<dl class=\"where\">{pairs}</dl>\n")
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
    let tiles: String = told
        .iter()
        .map(|(status, number)| {
            let findings = match found(*status) {
                0 => String::new(),
                several if of_checks => format!("<small>{}</small>", crate::counted(several, "finding")),
                _ => String::new(),
            };
            format!("<li class=\"s-{status}\"><b>{number}</b> <span>{status}{findings}</span></li>")
        })
        .collect();
    let name = if of_checks { "Checks by how they ended" } else { "Findings by level" };
    format!("{}<ul class=\"counts\" aria-label=\"{name}\">{tiles}</ul>\n", bar(&told))
}

/// The shares as one line of colours; who does not see it has the numbers below.
fn bar(told: &[(Status, usize)]) -> String {
    let all: usize = told.iter().map(|(_, number)| number).sum();
    let mut begin = 0;
    let mut parts = String::new();
    for (status, number) in told {
        parts += &format!("<rect class=\"s-{status}\" x=\"{begin}\" width=\"{number}\" height=\"1\"/>");
        begin += number;
    }
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
    let levels: String = Status::ALL
        .into_iter()
        .rev()
        .map(|status| (status, entries().filter(|entry| entry.status == status).count()))
        .filter(|(_, number)| *number > 0)
        .map(|(status, number)| toggle("status", status.as_str(), status.as_str(), number, status))
        .collect();
    let mut html = format!(
        "<aside class=\"filters\" id=\"filters\" aria-label=\"Filters\" hidden=\"hidden\">\n\
         <label class=\"search\"><span>Search findings</span>\
         <input type=\"search\" id=\"search\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"object, check, word\"/></label>\n\
         <fieldset><legend>Level</legend>{levels}</fieldset>\n"
    );
    if groups.len() > 1 {
        let toggles: String = groups
            .iter()
            .map(|group| {
                let title = group.title.unwrap_or("Other");
                let worst = group.worst().unwrap_or(Status::Info);
                toggle("group", title, title, group.entries.len(), worst)
            })
            .collect();
        html += &format!("<fieldset><legend>Group</legend>{toggles}</fieldset>\n");
    }
    html + "<p class=\"shown\"><span id=\"shown\" role=\"status\"></span> \
            <button type=\"button\" id=\"clear\" hidden=\"hidden\">Clear filters</button></p>\n</aside>\n"
}

fn toggle(key: &str, value: &str, text: &str, number: usize, status: Status) -> String {
    format!(
        "<button type=\"button\" class=\"toggle s-{status}\" data-{key}=\"{}\" aria-pressed=\"false\">\
         <span>{}</span> <b>{number}</b></button>",
        escaped(value),
        escaped(text)
    )
}

/// What broke, why, where, and what to do.
pub(super) fn failure(failure: &Failure) -> String {
    let mut html = format!(
        "<section class=\"failure s-error\" aria-labelledby=\"error\">\n<h2 id=\"error\">{}</h2>\n",
        escaped(&failure.message)
    );
    for cause in &failure.causes {
        html += &format!("<p class=\"cause\">caused by: {}</p>\n", escaped(cause));
    }
    if let Some(location) = &failure.location {
        html += &excerpt(location, None, &[]);
    }
    if let Some(sqlstate) = &failure.sqlstate {
        html += &format!("<p class=\"cause\">SQLSTATE <code>{}</code></p>\n", escaped(sqlstate));
    }
    if let Some(hint) = &failure.hint {
        html += &format!("<p class=\"hint\">{}</p>\n", escaped(hint));
    }
    html + "</section>\n"
}
