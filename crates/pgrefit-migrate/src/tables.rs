//! What the steps know, as tables of a report.

use pgrefit_catalog::Difference;
use pgrefit_history::{Applied, MigrationFile, Plan, Repair};
use pgrefit_report::{Cell, Column, Table, counted};
use pgrefit_sql::{Run, Script};

use crate::Verified;

mod statements;

pub use statements::statements_table;

/// Every version with its state.
#[must_use]
pub fn migrations_table(plan: &Plan) -> Table {
    let columns = [
        Column::text("name", "migration"),
        Column::text("state", "state"),
        Column::text("applied_on", "applied"),
        Column::number("duration_ms", "took"),
    ];
    let mut table = Table::new("migrations", "Migrations", columns);
    for entry in &plan.entries {
        let recorded = entry.recorded.as_ref();
        table.push([
            entry.title.as_str().into(),
            entry.state.word().into(),
            recorded.map_or(Cell::Missing, |row| Cell::Timestamp(row.applied_on.clone())),
            recorded.and_then(|row| row.duration_ms).map_or(Cell::Missing, Cell::DurationMs),
        ]);
    }
    table
}

/// What a run would apply.
#[must_use]
pub fn pending_table(plan: &Plan) -> Table {
    let columns = [
        Column::text("name", "migration"),
        Column::number("statements", "statements"),
        Column::text("runs", "runs"),
    ];
    let mut table = Table::new("pending", "To apply", columns);
    for entry in plan.pending() {
        let script = entry.file.as_ref().map(MigrationFile::script);
        let statements = script.map(|script| script.statements().len());
        let runs = script.map(how_it_runs).unwrap_or_default();
        table.push([entry.title.as_str().into(), statements.into(), runs.into()]);
    }
    table
}

/// How a script runs, in a few words.
fn how_it_runs(script: &Script) -> String {
    if script.is_one_transaction() {
        return "in one transaction".to_owned();
    }
    let count = |is: fn(&Run) -> bool| script.statements().iter().filter(|found| is(&found.run)).count();
    let alone = count(|run| matches!(run, Run::Alone(_)));
    let batches = count(|run| matches!(run, Run::Batches(_)));
    let parts = [(alone, "on its own", "on their own"), (batches, "in batches", "in batches")];
    let words = parts.into_iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| {
        format!("{} {}", counted(count, "statement"), if count == 1 { one } else { many })
    });
    format!("in steps: {}", words.collect::<Vec<_>>().join(", "))
}

/// What the migrations of a run waited for, and what their batches came to; nothing if they did neither.
#[must_use]
pub fn effort_table(migrations: &[Applied]) -> Option<Table> {
    let columns = [
        Column::text("name", "migration"),
        Column::number("waited_ms", "waited"),
        Column::number("lockouts", "attempts without a lock"),
        Column::number("batches", "batches"),
        Column::number("rows", "rows in batches"),
        Column::number("batch_p99_ms", "batch p99"),
    ];
    let mut table = Table::new("effort", "Waiting and batches", columns);
    let worth = |found: &&Applied| !found.waited.is_zero() || found.lockouts > 0 || found.batches.count() > 0;
    let mut is_empty = true;
    for found in migrations.iter().filter(worth) {
        is_empty = false;
        let batches = (found.batches.count() > 0).then(|| found.batches.count());
        table.push([
            found.title.as_str().into(),
            Cell::duration(found.waited),
            found.lockouts.into(),
            batches.into(),
            batches.map(|_| found.batches.rows).into(),
            found.batches.percentile(99).map_or(Cell::Missing, Cell::duration),
        ]);
    }
    (!is_empty).then_some(table)
}

/// The checks of a verification, what passed included.
#[must_use]
pub fn verification_table(verified: &Verified) -> Table {
    let columns = [
        Column::text("status", "verdict"),
        Column::text("object", "object"),
        Column::text("message", "because"),
    ];
    let mut table = Table::new("verification", "Verification", columns);
    for finding in verified.findings() {
        let object = finding.object.as_deref().unwrap_or("database");
        table.push([finding.status.into(), object.into(), finding.message.as_str().into()]);
    }
    table
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
