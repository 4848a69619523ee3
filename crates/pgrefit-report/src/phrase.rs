//! The phrases that the forms for people share.

use crate::{
    Cell, Column, Failure, Finding, Remediation, RuleInfo, Target, human_bytes, human_duration, printable,
};

/// `shop as migrator at db.example:5432, PostgreSQL 18.6`.
pub(crate) fn target(target: &Target) -> String {
    let Target { database, user, host, port, server_version } = target;
    let version =
        server_version.as_ref().map_or_else(String::new, |version| format!(", PostgreSQL {version}"));
    // Of a file it is not known where the database was.
    let place = if host.is_empty() { String::new() } else { format!(" at {host}:{port}") };
    printable::line(&format!("{database} as {user}{place}{version}"))
}

/// A value as people read it.
pub(crate) fn value(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => printable::line(text),
        Cell::Timestamp(text) => printable::line(&to_the_second(text)),
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) if value.is_finite() => format!("{value:.2}"),
        Cell::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        Cell::DurationMs(ms) => human_duration(*ms),
        Cell::Bytes(bytes) => human_bytes(*bytes),
        Cell::Status(status) => status.to_string(),
        Cell::Float(_) | Cell::Missing => "–".to_owned(),
    }
}

/// RFC 3339 as people read it: `2026-01-02 03:04:05Z`. Anything else stays as it is.
fn to_the_second(text: &str) -> String {
    let is_fraction = |c: char| c == '.' || c.is_ascii_digit();
    match text.get(..19).zip(text.get(19..)) {
        Some((moment, rest)) if moment.as_bytes()[10] == b'T' => {
            format!("{}{}", moment.replace('T', " "), rest.trim_start_matches(is_fraction))
        }
        _ => text.to_owned(),
    }
}

/// The title of a column, with its unit.
pub(crate) fn heading(column: &Column) -> String {
    match column.unit {
        Some(unit) => format!("{} ({unit})", column.title),
        None => column.title.to_owned(),
    }
}

/// What running the remediation costs: `takes SHARE, reversible`.
pub(crate) fn price(remediation: &Remediation) -> String {
    let lock =
        remediation.lock.as_deref().map_or_else(|| "no lock".to_owned(), |lock| format!("takes {lock}"));
    let reversible = if remediation.reversible { "reversible" } else { "not reversible" };
    format!("{lock}, {reversible}")
}

/// The message, and how sure it is, unless it is certain.
pub(crate) fn message(finding: &Finding) -> String {
    match finding.confidence.as_deref() {
        None | Some("certain") => finding.message.clone(),
        Some(confidence) => format!("{} ({confidence})", finding.message),
    }
}

/// `lock wait` of `lock_wait_ms`: the name of a number without the unit that its value carries.
pub(crate) fn number_name(key: &str, value: &Cell) -> String {
    let name = match value {
        Cell::DurationMs(_) => key.trim_end_matches("_ms"),
        Cell::Bytes(_) => key.trim_end_matches("_bytes"),
        _ => key,
    };
    name.replace('_', " ")
}

/// What a check saw, and why not more: `3 of 7, pg_stats shows no rows to this role`.
pub(crate) fn sight(rule: &RuleInfo) -> String {
    let seen = rule.seen.map(|(seen, total)| format!("{seen} of {total}"));
    seen.into_iter().chain(rule.note.clone()).collect::<Vec<_>>().join(", ")
}

/// The same as the end of a sentence that begins with the check: `saw 3 of 7: pg_stats shows no rows to this role`.
pub(crate) fn blindness(rule: &RuleInfo) -> String {
    let seen = match rule.seen {
        Some((seen, total)) => format!("saw {seen} of {total}"),
        None => "did not see all".to_owned(),
    };
    match &rule.note {
        Some(note) => format!("{seen}: {note}"),
        None => seen,
    }
}

/// A path without the `./` that only says where it begins.
pub(crate) fn path(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

/// The object of a finding, unless the message names it.
pub(crate) fn unnamed_object(finding: &Finding) -> Option<&str> {
    finding.object.as_deref().filter(|object| !finding.message.contains(object))
}

/// What a finding says and what to do about it, for forms that have one text for everything.
pub(crate) fn advice(finding: &Finding) -> String {
    let mut lines = vec![message(finding)];
    lines.extend(finding.hint.as_ref().map(|hint| format!("hint: {hint}")));
    if let Some(remediation) = &finding.remediation {
        lines.push(format!("fix ({}):", price(remediation)));
        lines.push(remediation.sql.trim_end().to_owned());
    }
    lines.join("\n")
}

/// An error with its causes, for forms that have one text for everything.
pub(crate) fn explanation(failure: &Failure) -> String {
    let mut lines = vec![failure.message.clone()];
    lines.extend(failure.causes.iter().map(|cause| format!("caused by: {cause}")));
    lines.extend(failure.sqlstate.as_ref().map(|sqlstate| format!("SQLSTATE {sqlstate}")));
    lines.extend(failure.hint.as_ref().map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}
