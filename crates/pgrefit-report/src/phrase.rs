//! The phrases that the forms for people share.

use crate::{Cell, Column, Remediation, Target, human_bytes, human_duration, printable};

/// `shop as migrator at db.example:5432, PostgreSQL 18.6`.
pub(crate) fn target(target: &Target) -> String {
    let Target { database, user, host, port, server_version } = target;
    let version =
        server_version.as_ref().map_or_else(String::new, |version| format!(", PostgreSQL {version}"));
    printable::line(&format!("{database} as {user} at {host}:{port}{version}"))
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
