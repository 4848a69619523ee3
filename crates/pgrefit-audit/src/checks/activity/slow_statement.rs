//! Statements that take longer than they may.

use std::collections::BTreeSet;

use pgrefit_catalog::census::{Source, Statement};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{excerpt, is_query, said, span, statement_name, words};
use crate::{Facts, Ruling};

/// Fewer calls than this are a report, or an accident.
const LEAST_CALLS: i64 = 10;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "slow-statement",
    code: "ACT-10",
    group: Group::Activity,
    title: "A statement takes longer than the budget.",
    level: Status::Warn,
    required: false,
    matters: "A warning if the average of its calls is above the budget of the audit; told for information if the average is not, \
              and average plus twice the standard deviation is: then about one call of fifty may be. Ten calls at least; \
              commands of maintenance, COPY and the like are left out. By pg_stat_statements, of the statements that took \
              most time in all.",
    cure: "EXPLAIN (ANALYZE, BUFFERS) with values of a slow call.",
    sources: &[Source::Statements],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let budget = facts.options.budget_ms;
    let mut told = BTreeSet::new();
    for statement in &facts.census.statements {
        let proxy = statement.mean_ms + 2.0 * statement.stddev_ms;
        if proxy <= budget || statement.calls < LEAST_CALLS {
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
        // The same statement may be there twice: by itself, and inside of a function.
        if is_query(&words(query)) && told.insert(name.clone()) {
            tell(ruling, statement, name, query, budget, proxy);
        }
    }
}

fn tell(ruling: &mut Ruling, statement: &Statement, name: String, query: &str, budget: f64, proxy: f64) {
    let seconds = |ms: f64| ms / 1_000.0;
    let (status, often, time) = if statement.mean_ms > budget {
        (Status::Warn, "on average", statement.mean_ms)
    } else {
        (Status::Info, "now and then", proxy)
    };
    let message = format!("{name} takes {} {often}: {}", said(seconds(time)), excerpt(query));
    ruling
        .found(status, name, message)
        .number("calls", statement.calls)
        .number("average_ms", span(seconds(statement.mean_ms)))
        .number("average_and_two_deviations_ms", span(seconds(proxy)))
        .number("longest_ms", span(seconds(statement.max_ms)))
        .number("total_ms", span(seconds(statement.total_ms)))
        .number("budget_ms", span(seconds(budget)))
        .hint("EXPLAIN (ANALYZE, BUFFERS) with values of a slow call");
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Statement;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn times(mean: f64, deviation: f64) -> impl FnOnce(&mut Statement) {
        move |it| (it.mean_ms, it.stddev_ms) = (mean, deviation)
    }

    #[test]
    fn the_budget_counts() {
        let check = |query: &str, mean: f64, deviation: f64, expected: Status| {
            let sample = Sample::new(18).statement(query, times(mean, deviation));
            assert_eq!(sample.status(&CHECK), expected, "{query} {mean} {deviation}");
        };
        check("SELECT 1", 3.0, 1.0, Status::Pass);
        check("SELECT 1", 2_500.0, 1.0, Status::Warn);
        check("SELECT 1", 1_000.0, 800.0, Status::Info);
        check("-- app\nUPDATE t SET a = $1", 2_500.0, 1.0, Status::Warn);
        check("CREATE INDEX i ON t (a)", 90_000.0, 1.0, Status::Pass);
        check("COPY t TO STDOUT", 90_000.0, 1.0, Status::Pass);
    }

    #[test]
    fn the_budget_can_be_another() {
        let mut sample = Sample::new(18).statement("SELECT 1", times(300.0, 1.0));
        assert_eq!(sample.status(&CHECK), Status::Pass);
        sample.options.budget_ms = 200.0;
        assert_eq!(sample.status(&CHECK), Status::Warn);
    }

    #[test]
    fn a_few_calls_are_no_habit_and_a_name_is_told_once() {
        let few = Sample::new(18).statement("SELECT 1", |it| (it.mean_ms, it.calls) = (9_000.0, 3));
        assert_eq!(few.status(&CHECK), Status::Pass);
        let twice = Sample::new(18).statement("SELECT 1", times(9_000.0, 1.0));
        let twice = twice.statement("SELECT 1", times(8_000.0, 1.0));
        assert_eq!(twice.objects(&CHECK), ["statement 42 of app"]);
    }

    #[test]
    fn a_hidden_statement_is_missed_only_if_it_is_slow() {
        let hidden = |mean| Sample::new(18).hidden_statement(times(mean, 0.0)).status(&CHECK);
        assert_eq!(hidden(9_000.0), Status::Blind);
        assert_eq!(hidden(3.0), Status::Pass);
    }
}
