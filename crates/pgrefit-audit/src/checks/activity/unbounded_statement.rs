//! Statements that fetch everything.

use std::collections::BTreeSet;

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{excerpt, float, span, statement_name, thousands, words};
use crate::{Facts, Ruling};

/// Rows that a client hardly looks at.
const ROWS: i64 = 10_000;
/// Fewer calls than this may be exports.
const LEAST_CALLS: i64 = 20;
/// The text of a statement is cut at this length; what is behind is not known.
const CUT: usize = 2_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "unbounded-statement",
    code: "ACT-11",
    group: Group::Activity,
    title: "A statement fetches thousands of rows, and has no LIMIT.",
    level: Status::Warn,
    required: false,
    matters: "It grows with the table: the day will come when it takes too long, or the client runs out of memory. Told of a SELECT \
              that returns ten thousand rows on average, in twenty calls or more, without LIMIT and FETCH FIRST. COPY and \
              cursors are left out, they are made for that.",
    cure: "Page by the key: WHERE id > $1 ORDER BY id LIMIT $2. For an export, COPY.",
    sources: &[Source::Statements],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut told = BTreeSet::new();
    for statement in &facts.census.statements {
        let rows = statement.rows.checked_div(statement.calls).unwrap_or(0);
        if rows < ROWS || statement.calls < LEAST_CALLS {
            ruling.saw();
            continue;
        }
        let (Some(query), Some(name)) = (&statement.query, statement_name(statement)) else {
            ruling.missed(
                "the text of statements of other roles is hidden from this role",
                Some(facts.grant_monitor()),
            );
            continue;
        };
        ruling.saw();
        if is_unbounded(query) && told.insert(name.clone()) {
            let message = format!("{name} returns {} rows a call: {}", thousands(rows), excerpt(query));
            ruling
                .warn(name, message)
                .number("rows_per_call", rows)
                .number("calls", statement.calls)
                .number("average_ms", span(statement.mean_ms / 1_000.0))
                .number(
                    "blocks_per_call",
                    per_call(statement.blocks_hit + statement.blocks_read, statement.calls),
                )
                .hint("page by the key: WHERE id > $1 ORDER BY id LIMIT $2");
        }
    }
}

fn per_call(count: i64, calls: i64) -> f64 {
    (float(count) / float(calls.max(1))).round()
}

/// It reads, and nothing in it says how much.
fn is_unbounded(query: &str) -> bool {
    let words = words(query);
    let has = |word: &str| words.iter().any(|it| it == word);
    let reads = matches!(words.first().map(String::as_str), Some("select" | "with" | "values"));
    let writes = ["insert", "update", "delete", "merge"].into_iter().any(has);
    reads && !writes && !has("limit") && !has("fetch") && query.chars().count() < CUT
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::{CHECK, is_unbounded};
    use crate::sample::Sample;

    #[test]
    fn what_has_a_limit_is_bounded() {
        let check = |query: &str, expected: bool| assert_eq!(is_unbounded(query), expected, "{query}");
        check("SELECT * FROM documents", true);
        check("select id from t where a = $1", true);
        check("SELECT \"limit\" FROM quotas -- limit", true);
        check("SELECT * FROM t FOR UPDATE", false);
        check("SELECT * FROM t LIMIT $1", false);
        check("SELECT * FROM t FETCH FIRST $1 ROWS ONLY", false);
        check("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", false);
        check("INSERT INTO t SELECT * FROM u", false);
        check("FETCH ALL FROM c", false);
        check(&format!("SELECT {} FROM t", "a, ".repeat(900)), false);
    }

    #[test]
    fn many_rows_and_many_calls_are_told() {
        let check = |rows: i64, calls: i64, expected: Status| {
            let sample =
                Sample::new(18).statement("SELECT * FROM t", |it| (it.rows, it.calls) = (rows, calls));
            assert_eq!(sample.status(&CHECK), expected, "{rows} {calls}");
        };
        check(1_000_000, 1_000, Status::Pass);
        check(50_000_000, 1_000, Status::Warn);
        check(500_000, 5, Status::Pass);
        check(0, 0, Status::Pass);
        let hidden = Sample::new(18).hidden_statement(|it| it.rows = 50_000_000);
        assert_eq!(hidden.status(&CHECK), Status::Blind);
    }
}
