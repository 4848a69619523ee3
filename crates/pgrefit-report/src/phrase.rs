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
        Cell::Text(text) | Cell::Timestamp(text) => printable::line(text),
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) if value.is_finite() => format!("{value:.2}"),
        Cell::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        Cell::DurationMs(ms) => human_duration(*ms),
        Cell::Bytes(bytes) => human_bytes(*bytes),
        Cell::Status(status) => status.to_string(),
        Cell::Float(_) | Cell::Missing => "–".to_owned(),
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
