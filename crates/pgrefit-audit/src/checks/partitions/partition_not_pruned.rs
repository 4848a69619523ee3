//! Statements that read every partition because they do not say which.

use pgrefit_catalog::census::{PartitionKey, Relation, Source, Statement};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From how many partitions on it matters.
const PARTITIONS: usize = 4;

/// How often a statement must have run.
const CALLS: i64 = 100;

/// The length at which texts are cut off.
const CUT_CHARS: usize = 2_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partition-not-pruned",
    code: "PAR-07",
    group: Group::Partitions,
    title: "Statements read all partitions of a table: they do not name the column it is partitioned by.",
    level: Status::Info,
    required: false,
    matters: "Only a condition on the key tells the server which partitions to leave out; without one, each is planned, locked and \
              read. Told of tables with four partitions and more, by the texts in pg_stat_statements of SELECT, UPDATE, DELETE and \
              MERGE that ran 100 times, name the table and name no column of its key. Texts that are cut off are \
              passed over. A statement that means all rows is right as it is.",
    cure: "Add a condition on the key, or partition by what is searched for.",
    sources: &[
        Source::Statements,
        Source::Relations,
        Source::Inheritance,
        Source::PartitionKeys,
        Source::Columns,
    ],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if let Some(grant) = facts.grant_statements() {
        ruling.missed("statements of other roles are hidden from this role", Some(grant));
    }
    for (table, key) in facts.partitioned().filter(|(table, _)| !table.is_partition) {
        // What an expression in a key is made of is not known.
        if key.columns.contains(&0) || facts.leaves(table.oid).len() < PARTITIONS {
            continue;
        }
        ruling.saw();
        let found = facts.census.statements.iter().filter(|it| reads_all(facts, table, key, it));
        let found: Vec<&Statement> = found.collect();
        if !found.is_empty() {
            tell(facts, table, key, &found, ruling);
        }
    }
}

/// Whether it names the table, and neither its key nor that of partitions within.
fn reads_all(facts: &Facts<'_>, table: &Relation, key: &PartitionKey, statement: &Statement) -> bool {
    let Some(text) = statement.query.as_deref() else { return false };
    let command = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    if !matches!(command.as_str(), "select" | "update" | "delete" | "merge" | "with") {
        return false;
    }
    let whole = text.chars().count() < CUT_CHARS;
    let columns = key.columns.iter().filter_map(|number| facts.column(table.oid, *number));
    let named = columns.into_iter().any(|column| Facts::names(text, &column.name));
    statement.calls >= CALLS && whole && !named && Facts::names(text, &table.name)
}

fn tell(facts: &Facts<'_>, table: &Relation, key: &PartitionKey, found: &[&Statement], ruling: &mut Ruling) {
    let calls: i64 = found.iter().map(|it| it.calls).sum();
    let total_ms: f64 = found.iter().map(|it| it.total_ms).sum();
    let columns = facts.column_list(table.oid, &key.columns);
    let costliest = found.iter().max_by(|a, b| a.total_ms.total_cmp(&b.total_ms));
    let id = costliest.and_then(|it| it.query_id);
    let message = format!("statements that do not name {columns} ran {calls} times");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time above zero")]
    let total = Cell::DurationMs(total_ms as u64);
    ruling
        .info(facts.name(table.oid), message)
        .number("partitions", facts.leaves(table.oid).len())
        .number("statements", found.len())
        .number("calls", calls)
        .number("total_ms", total)
        .number("costliest_query_id", id)
        .hint("look at the costliest one in pg_stat_statements");
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::partitions::range;

    fn sample(query: Option<&str>, calls: i64, partitions: u32) -> Sample {
        let sample =
            Sample::new(18).partitioned(100, "events", 'r', "at", "date").statement_ran(query, calls, 2.0);
        (1..=partitions).fold(sample, |sample, at| {
            let bound = range(1082, Some(at.into()), Some(i64::from(at) + 1));
            sample.partition(100 + at, 100, &format!("events_{at}"), &bound)
        })
    }

    #[test]
    fn statements_without_the_key_are_told() {
        let check = |query: &str, expected: &[&str]| {
            assert_eq!(sample(Some(query), 100, 4).objects(&CHECK), expected, "{query}");
        };
        check("SELECT * FROM events WHERE id = $1", &["public.events"]);
        check("WITH x AS (SELECT $1) DELETE FROM events e USING x", &["public.events"]);
        check("SELECT * FROM events WHERE id = $1 AND at > $2", &[]);
        check("SELECT * FROM events WHERE e.\"at\" > $2", &[]);
        check("INSERT INTO events VALUES ($1)", &[]);
        check("COPY events TO STDOUT", &[]);
        check("SELECT * FROM events_1 WHERE id = $1", &[]);
        check(&format!("SELECT * FROM events WHERE {}", "x".repeat(2_000)), &[]);
    }

    #[test]
    fn few_calls_or_partitions_are_passed_over() {
        let query = Some("SELECT * FROM events");
        assert_eq!(sample(query, 99, 4).status(&CHECK), Status::Pass);
        assert_eq!(sample(query, 100, 3).status(&CHECK), Status::Pass);
        assert_eq!(sample(query, 100, 4).status(&CHECK), Status::Info);
        assert_eq!(sample(None, 100, 4).status(&CHECK), Status::Blind);
    }
}
