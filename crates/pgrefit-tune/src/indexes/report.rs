//! The result as a report.

use pgrefit_report::{Cell, Column, Fact, Finding, Outcome, Remediation, Report, Status, Table};

use super::found::{Found, Kept, StatementFound};
use super::migration::migrations;

/// The report of a search: facts, statements before and after, indexes with what they cost, what was not kept and why. It is a
/// warning if an index pays, and a failure of none: whether to have the indexes is the reader's decision. `started_at` is RFC 3339.
#[must_use]
pub fn report(found: &Found, version: &str, started_at: &str) -> Report {
    let status = if found.kept.is_empty() { Status::Pass } else { Status::Warn };
    let mut report =
        Report::new("tune indexes", version, started_at, Outcome::new(0, status, summary(found)));
    report.duration_ms = found.took_ms;
    report.facts = facts(found);
    report.tables = vec![statements(found), indexes(found), rejected(found), unread(found)];
    report.tables.retain(|table| !table.rows.is_empty());
    report.findings = findings(found);
    report
}

fn summary(found: &Found) -> String {
    if found.kept.is_empty() {
        return "No further index pays.".to_owned();
    }
    let (count, noun) = (found.kept.len(), if found.kept.len() == 1 { "index" } else { "indexes" });
    format!(
        "{count} {noun} would pay: the weighted time of all statements falls from {:.1} to {:.1} ms.",
        found.before_ms, found.after_ms
    )
}

fn facts(found: &Found) -> Vec<Fact> {
    vec![
        Fact::new("statements", "Statements measured", found.statements.len()),
        Fact::new("statements_unread", "Statements not measured", found.unread.len()),
        Fact::new("indexes_kept", "Indexes that pay", found.kept.len()),
        Fact::new("candidates_rejected", "Candidates that do not", found.rejected.len()),
        Fact::new("weighted_before", "Weighted milliseconds before", found.before_ms),
        Fact::new("weighted_after", "Weighted milliseconds after", found.after_ms),
    ]
}

fn statements(found: &Found) -> Table {
    let columns = [
        Column::text("statement", "Statement"),
        Column::number("weight", "Weight"),
        Column::number("budget_ms", "Budget").in_unit("ms"),
        Column::number("before_ms", "Before").in_unit("ms"),
        Column::number("after_ms", "After").in_unit("ms"),
        Column::number("blocks_before", "Blocks before"),
        Column::number("blocks_after", "Blocks after"),
        Column::text("indexes", "Uses"),
    ];
    let mut table = Table::new("statements", "Statements without and with the indexes", columns);
    for one in &found.statements {
        table.push(vec![
            one.name.clone().into(),
            rounded(one.weight).into(),
            rounded(one.budget_ms).into(),
            rounded(one.before_ms).into(),
            rounded(one.after_ms).into(),
            one.blocks_before.into(),
            one.blocks_after.into(),
            one.indexes.join(", ").into(),
        ]);
    }
    table
}

fn indexes(found: &Found) -> Table {
    let columns = [
        Column::text("index", "Index"),
        Column::text("table", "Table"),
        Column::text("definition", "Definition"),
        Column::number("saves_ms", "Saves, weighted").in_unit("ms"),
        Column::number("size_bytes", "Size"),
        Column::number("build_ms", "Build"),
        Column::number("write_before_us", "Row before").in_unit("µs"),
        Column::number("write_after_us", "Row after").in_unit("µs"),
    ];
    let mut table = Table::new("indexes", "Indexes that pay", columns);
    for kept in &found.kept {
        table.push(vec![
            kept.name.clone().into(),
            kept.table.to_string().into(),
            kept.definition.clone().into(),
            rounded(kept.saves_ms).into(),
            Cell::Bytes(kept.size_bytes),
            Cell::DurationMs(kept.build_ms),
            kept.write.map(|cost| rounded(cost.before_us)).into(),
            kept.write.map(|cost| rounded(cost.after_us)).into(),
        ]);
    }
    table
}

fn rejected(found: &Found) -> Table {
    let columns = [
        Column::text("table", "Table"),
        Column::text("definition", "Definition"),
        Column::text("reason", "Why not"),
    ];
    let mut table = Table::new("rejected", "Candidates that do not pay", columns);
    for one in &found.rejected {
        table.push(vec![
            one.table.to_string().into(),
            one.definition.clone().into(),
            one.reason.clone().into(),
        ]);
    }
    table
}

fn unread(found: &Found) -> Table {
    let columns = [Column::text("statement", "Statement"), Column::text("reason", "Why not")];
    let mut table = Table::new("unread", "Statements that were not measured", columns);
    for one in &found.unread {
        table.push(vec![one.name.clone().into(), one.reason.clone().into()]);
    }
    table
}

fn findings(found: &Found) -> Vec<Finding> {
    let kept = found.kept.iter().map(|kept| of_kept(kept, found));
    let over = found.statements.iter().filter(|one| !one.keeps_budget()).map(of_budget);
    let needless = found.superseded.iter().map(|one| {
        let message = format!("{} is the beginning of {}, and no plan uses it any more", one.index, one.by);
        Finding::new("index-superseded", Status::Info, message).about(one.index.to_string()).kind("index").hint(
            "look whether other statements use it, by pg_stat_user_indexes on the live server, before it is dropped",
        )
    });
    let unread = found.unread.iter().map(|one| {
        let message = format!("the statement was not measured: {}", one.reason);
        Finding::new("statement-unread", Status::Blind, message).about(one.name.clone()).kind("statement")
    });
    let notes = found.notes.iter().map(|note| Finding::new("note", Status::Info, note.clone()));
    kept.chain(over).chain(needless).chain(unread).chain(notes).collect()
}

fn of_kept(kept: &Kept, found: &Found) -> Finding {
    let message = format!(
        "an index on {} {} would save {:.2} ms, weighted: {}",
        kept.table, kept.definition, kept.saves_ms, kept.purpose
    );
    let finding = Finding::new("index-would-pay", Status::Warn, message)
        .about(kept.table.to_string())
        .kind("table")
        .number("size_bytes", kept.size_bytes)
        .confidence("likely");
    if kept.is_deep {
        return finding.hint("its partitions are partitioned again: build the index on each leaf, and attach it level by level");
    }
    let own = Found { kept: vec![kept.clone()], ..found.clone() };
    let sql: String = migrations(&own, 1).into_iter().map(|file| file.text).collect();
    let lock = Some("SHARE UPDATE EXCLUSIVE".to_owned());
    finding.remediation(Remediation { sql, lock, reversible: true })
}

fn of_budget(one: &StatementFound) -> Finding {
    let message = format!(
        "takes {:.1} ms with every index that pays; its budget is {:.1} ms",
        one.after_ms, one.budget_ms
    );
    Finding::new("statement-over-budget", Status::Warn, message)
        .about(one.name.clone())
        .kind("statement")
        .hint("no index helps it further: change the statement, or what is stored")
}

/// Whole microseconds.
fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}
