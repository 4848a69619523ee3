//! The backup, and table by table how its restored copy compares.

use super::table::{Table, folded};
use crate::evidence::{Backup, TableComparison};
use crate::html::markup::{badge, each, escaped, given, pairs};
use crate::html::values::measured;
use crate::{Cell, Status, counted, human_bytes, human_duration};

/// More tables than this are folded, if nothing is wrong with them.
const TABLES_OPEN: usize = 8;
/// As many digits of a digest as are shown; the JSON has the whole.
const DIGITS: usize = 12;

const TABLE: Table<'_> = Table {
    first: "table",
    columns: &[("rows", true), ("rows of the copy", true), ("digest", false), ("verdict", false)],
    class: "comparison",
};

/// Everything about the backup.
pub(super) fn backup(backup: &Backup) -> String {
    format!(
        "<p class=\"lead\"><b>{}</b></p>\n{}{}",
        escaped(&backup.strength),
        circumstances(backup),
        comparison(&backup.tables)
    )
}

fn circumstances(backup: &Backup) -> String {
    let tool = backup.tool_version.as_ref().map(|version| format!("{} {version}", backup.adapter));
    let known = [
        ("Taken by", Some(tool.unwrap_or_else(|| backup.adapter.clone()))),
        ("Size", backup.size_bytes.map(human_bytes)),
        ("Files", backup.files.map(|files| files.to_string())),
        ("Took", backup.duration_ms.map(human_duration)),
        ("Restore took", backup.restore_ms.map(human_duration)),
        ("Snapshot", backup.snapshot.clone()),
        ("Digest", backup.digest.clone()),
        ("Location", backup.location.clone()),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), escaped(&value?))));
    pairs("where", known)
}

/// The problems first, then the largest; the rest is folded.
fn comparison(tables: &[TableComparison]) -> String {
    if tables.is_empty() {
        return "<p class=\"none\">No table was compared.</p>\n".to_owned();
    }
    let mut order: Vec<&TableComparison> = tables.iter().collect();
    order.sort_by_key(|table| std::cmp::Reverse((table.status, table.source_rows)));
    let problems = order.iter().filter(|it| it.status != Status::Pass).count();
    let open = problems.max(TABLES_OPEN);
    let (open, closed) = order.split_at(if order.len() <= open + 2 { order.len() } else { open });
    let rows = |tables: &[&TableComparison]| TABLE.around(&each(tables, |table| row(table)));
    let closed = given(Some(closed).filter(|it| !it.is_empty()), |closed| {
        folded(&format!("{}, all the same", counted(closed.len(), "more table")), &rows(closed))
    });
    rows(open) + &closed
}

fn row(table: &TableComparison) -> String {
    let note = given(table.note.as_deref(), |note| format!("<span class=\"said\">{}</span>", escaped(note)));
    let name = format!("<code class=\"object\">{}</code>{note}", escaped(&table.table));
    let rows = |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), |rows| measured(&Cell::from(rows)));
    let cells = [rows(table.source_rows), rows(table.copy_rows), digests(table), badge(table.status)];
    TABLE.row("", &name, &cells)
}

/// One digest if both are the same, else both.
fn digests(table: &TableComparison) -> String {
    let brief = |digest: &str| {
        let digits = digest.chars().take(DIGITS).collect::<String>();
        format!("<code class=\"digest\">{}</code>", escaped(&digits))
    };
    match (&table.source_digest, &table.copy_digest) {
        (Some(source), Some(copy)) if source == copy => format!("= {}", brief(source)),
        (Some(source), Some(copy)) => format!("{} ≠ {}", brief(source), brief(copy)),
        _ => "not compared".to_owned(),
    }
}
