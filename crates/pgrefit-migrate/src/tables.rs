//! What the steps know, as tables of a report.

use pgrefit_catalog::Difference;
use pgrefit_history::{Entry, Plan, Repair};
use pgrefit_report::{Cell, Column, Table};

/// Every version with its state.
#[must_use]
pub fn migrations_table(plan: &Plan) -> Table {
    let columns = [
        Column::number("version", "version"),
        Column::text("name", "migration"),
        Column::text("state", "state"),
        Column::number("statements", "statements"),
        Column::text("applied_on", "applied"),
        Column::number("duration_ms", "took"),
    ];
    let mut table = Table::new("migrations", "Migrations", columns);
    for entry in &plan.entries {
        table.push(migration_row(entry));
    }
    table
}

fn migration_row(entry: &Entry) -> Vec<Cell> {
    let recorded = entry.recorded.as_ref();
    // Only what is still to run is parsed: it is the part that a reader of the plan wants to know the size of.
    let statements =
        entry.file.as_ref().filter(|_| recorded.is_none()).map(|file| file.script().statements().len());
    vec![
        entry.version.into(),
        entry.title.as_str().into(),
        entry.state.word().into(),
        statements.into(),
        recorded.map_or(Cell::Missing, |row| Cell::Timestamp(row.applied_on.clone())),
        recorded.and_then(|row| row.duration_ms).map_or(Cell::Missing, Cell::DurationMs),
    ]
}

/// One line for each difference.
#[must_use]
pub fn difference_table(difference: &Difference) -> Table {
    let mut table = Table::new(
        "differences",
        "Differences from the baseline",
        [Column::text("difference", "difference")],
    );
    for change in &difference.changes {
        table.push([Cell::from(change.to_string())]);
    }
    table
}

/// What a repair would change.
#[must_use]
pub fn repairs_table(repairs: &[Repair]) -> Table {
    let columns = [
        Column::number("version", "version"),
        Column::text("name", "migration"),
        Column::text("kind", "difference"),
        Column::text("recorded_checksum", "recorded checksum"),
        Column::text("file_checksum", "checksum of the file"),
    ];
    let mut table = Table::new("repairs", "Checksums to record anew", columns);
    for repair in repairs {
        table.push([
            repair.version.into(),
            repair.title.as_str().into(),
            (if repair.cosmetic { "cosmetic" } else { "changed" }).into(),
            repair.recorded.map(|sum| sum.to_string()).into(),
            repair.file.to_string().into(),
        ]);
    }
    table
}
