//! One step in time: its statements below each other, what each locked until the commit, predicted above actual.

use super::chart::{Lane, Run, figure};
use super::locks::{class, line};
use super::noticed::{notable_statements, strong};
use crate::evidence::svg::axis::grid;
use crate::evidence::svg::bars::bar;
use crate::evidence::svg::scale::Scale;
use crate::evidence::svg::strip;
use crate::evidence::{Blocks, Execution, LockSpan, Phase, Statement, Step};
use crate::html::markup::{each, escaped, given};
use crate::{counted, human_duration};

const HEIGHT: u32 = 20;
/// More locks than this are not named beside a statement.
const LOCKS_NAMED: usize = 3;
/// As much of a statement as says which one it is.
const SQL_SHOWN: usize = 100;

/// The step as a figure.
pub(super) fn timeline(step: &Step, limit: Option<u64>) -> String {
    let end = end(step);
    let limits: Vec<u64> = executions(step).filter_map(|it| limit_at(it, limit)).collect();
    // A limit far beyond the end would leave no room for what happened.
    let last_limit = limits.iter().copied().max();
    let axis_end = limits.into_iter().filter(|at| *at <= end.saturating_mul(3)).max().unwrap_or(0).max(end);
    let scale = Scale::to_ms(axis_end);
    let frame = Frame { scale, axis_end, limit };
    let (drawn, rest) = notable_statements(step);
    let mut lanes: Vec<Lane> = Vec::new();
    let is_one = step.statements.len() == 1;
    if are_statements_measured(step) {
        lanes.extend(drawn.iter().map(|it| lane(it, &frame)));
    } else {
        lanes.push(whole(step, &frame));
        lanes.extend(drawn.iter().filter(|_| !is_one).map(|it| lane(it, &frame)));
    }
    if !rest.is_empty() {
        lanes.push(summed(&rest, &frame));
    }
    let beyond = limit.filter(|_| last_limit > Some(axis_end));
    let beyond =
        given(beyond, |limit| format!("; the limit of {} lies beyond this axis", human_duration(limit)));
    figure(&format!("{}, {}", step.file, step.name()), &(about(step) + &beyond), &lanes, scale, "")
}

/// What all lanes of a step share.
struct Frame {
    scale: Scale,
    /// What the axis ends with, in milliseconds.
    axis_end: u64,
    /// For how long others may be kept out, in milliseconds.
    limit: Option<u64>,
}

fn executions(step: &Step) -> impl Iterator<Item = &Execution> {
    Phase::BOTH.into_iter().flat_map(|phase| {
        step.execution(phase)
            .into_iter()
            .chain(step.statements.iter().filter_map(move |it| it.execution(phase)))
    })
}

fn end(step: &Step) -> u64 {
    let own = Phase::BOTH.into_iter().filter_map(|phase| step.execution(phase)).map(|it| it.duration_ms);
    let statements = step.statements.iter();
    let statements = statements.flat_map(|it| Phase::BOTH.map(|phase| it.execution(phase))).flatten();
    let released = executions(step).flat_map(|it| &it.locks).map(|lock| lock.to_ms);
    own.chain(statements.map(Execution::ended_ms)).chain(released).max().unwrap_or(0)
}

/// When the first strong lock of an execution is held for as long as the limit says.
fn limit_at(execution: &Execution, limit: Option<u64>) -> Option<u64> {
    let first = strong(execution).map(|lock| lock.from_ms).min()?;
    limit.map(|limit| first.saturating_add(limit))
}

fn are_statements_measured(step: &Step) -> bool {
    let whole = Phase::BOTH.into_iter().filter_map(|phase| step.execution(phase));
    let has_locks = whole.into_iter().any(|execution| !execution.locks.is_empty());
    let is_missing = |phase| {
        step.execution(phase).is_some() && step.statements.iter().all(|it| it.execution(phase).is_none())
    };
    !has_locks && !Phase::BOTH.into_iter().any(is_missing)
}

/// `4 statements; predicted 66 ms, actual 80 ms; waited 1.2 s in 3 attempts`.
fn about(step: &Step) -> String {
    let took = Phase::BOTH.into_iter().filter_map(|phase| {
        let execution = step.execution(phase)?;
        Some(format!("{} {}", phase.as_str(), human_duration(execution.duration_ms)))
    });
    let took = took.collect::<Vec<_>>().join(", ");
    let last = step.actual.as_ref().or(step.predicted.as_ref());
    let waited = last
        .and_then(|it| it.waited_ms)
        .filter(|ms| *ms > 0)
        .map(|ms| format!("waited {}", human_duration(ms)));
    let attempts = last
        .and_then(|it| it.attempts)
        .filter(|number| *number > 1)
        .map(|number| format!("{number} attempts"));
    let batches = last.and_then(|it| it.batches).map(|number| format!("{number} batches"));
    let mut parts = vec![counted(step.statements.len(), "statement")];
    parts.extend([Some(took), waited, attempts, batches].into_iter().flatten().filter(|it| !it.is_empty()));
    parts.join("; ")
}

fn lane(statement: &Statement, frame: &Frame) -> Lane {
    let sql = statement.brief(SQL_SHOWN);
    let runs = Phase::BOTH.into_iter().filter_map(|phase| {
        let execution = statement.execution(phase)?;
        Some(run(phase, &sql, execution, (execution.started_ms, execution.ended_ms()), frame))
    });
    let name = statement_name(statement) + &named_locks(|phase| statement.execution(phase));
    Lane { name, runs: runs.collect() }
}

fn statement_name(statement: &Statement) -> String {
    let sql = escaped(&statement.brief(SQL_SHOWN));
    format!("<span class=\"of\">line {}</span> <code class=\"object\">{sql}</code>", statement.line)
}

/// The step as a whole, where its statements were not measured one by one.
fn whole(step: &Step, frame: &Frame) -> Lane {
    let runs = Phase::BOTH.into_iter().filter_map(|phase| {
        let execution = step.execution(phase)?;
        Some(run(phase, "as a whole", execution, (0, execution.duration_ms), frame))
    });
    let locks = named_locks(|phase| step.execution(phase));
    let name = match step.statements.as_slice() {
        [one] => statement_name(one),
        _ => "<b>as a whole</b>".to_owned(),
    };
    Lane { name: name + &locks, runs: runs.collect() }
}

fn run(phase: Phase, what: &str, execution: &Execution, span: (u64, u64), frame: &Frame) -> Run {
    let mut locks: Vec<&LockSpan> = strong(execution).collect();
    locks.sort_by_key(|lock| lock.blocks);
    let scale = frame.scale;
    let limit = limit_at(execution, frame.limit).filter(|at| *at <= frame.axis_end);
    let drawing = [
        grid(scale),
        each(&locks, |lock| bar(scale, class(lock.blocks), (lock.from_ms, lock.to_ms), (3, HEIGHT - 6))),
        bar(scale, "time", span, (HEIGHT / 2 - 2, 4)),
        given(limit, |at| line(scale, at)),
    ];
    let title = format!("{}: {what}", phase.as_str());
    let held = each(&locks, |lock| {
        let until = human_duration(lock.to_ms);
        format!("; {} on {} from {} until {until}", lock.mode, lock.relation, human_duration(lock.from_ms))
    });
    let about = format!("from {} until {}{held}", human_duration(span.0), human_duration(span.1));
    let took = human_duration(execution.duration_ms);
    let value = if execution.error.is_some() { format!("<b class=\"over\">✕ {took}</b>") } else { took };
    Run { word: phase.as_str(), strip: strip(HEIGHT, &title, &about, &drawing.concat()), value }
}

/// The strong locks in words, each once, with how long they are held.
fn named_locks<'a>(execution: impl Fn(Phase) -> Option<&'a Execution>) -> String {
    let mut told: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for phase in Phase::BOTH {
        let locks = execution(phase).into_iter().flat_map(|it| &it.locks);
        for lock in locks.filter(|lock| lock.blocks > Blocks::Nothing) {
            let held = format!("{} {}", human_duration(lock.held_ms()), phase.as_str());
            match told.iter_mut().find(|(mode, relation, _)| *mode == lock.mode && *relation == lock.relation)
            {
                Some((_, _, times)) => times.push(held),
                None => told.push((&lock.mode, &lock.relation, vec![held])),
            }
        }
    }
    let lines = each(told.iter().take(LOCKS_NAMED), |(mode, relation, times)| {
        format!(
            "<span class=\"said\">{} on <b class=\"object\">{}</b>, {}</span>",
            escaped(mode),
            escaped(relation),
            times.join(", ")
        )
    });
    let more = told.len().saturating_sub(LOCKS_NAMED);
    if more == 0 {
        lines
    } else {
        lines + &format!("<span class=\"said\">{}</span>", counted(more, "more lock"))
    }
}

/// What nobody notices, in one lane.
fn summed(statements: &[&Statement], frame: &Frame) -> Lane {
    let of = |phase| statements.iter().filter_map(move |it| it.execution(phase));
    let longest = Phase::BOTH.into_iter().flat_map(of).map(|it| it.duration_ms).max().unwrap_or(0);
    let runs = Phase::BOTH.into_iter().filter(|phase| of(*phase).next().is_some()).map(|phase| {
        let sum = of(phase).fold(0_u64, |sum, it| sum.saturating_add(it.duration_ms));
        let title = format!("{}: {}", phase.as_str(), counted(statements.len(), "more statement"));
        let strip = strip(HEIGHT, &title, &format!("together {}", human_duration(sum)), &grid(frame.scale));
        Run { word: phase.as_str(), strip, value: format!("Σ {}", human_duration(sum)) }
    });
    let name = format!(
        "<b>{}</b><span class=\"said\">none takes longer than {}</span>",
        counted(statements.len(), "more statement"),
        human_duration(longest)
    );
    Lane { name, runs: runs.collect() }
}

#[cfg(test)]
mod tests {
    use super::{about, end, timeline};
    use crate::evidence::sample;

    #[test]
    fn what_nobody_notices_is_summed() {
        let page = timeline(&sample::crowded().steps[0], Some(500));
        assert!(
            page.contains("496 more statements") && page.contains("none takes longer than 2 ms"),
            "{page}"
        );
        assert!(page.matches("<svg").count() < 30);
    }

    #[test]
    fn a_step_is_described_in_a_line() {
        let steps = sample::good().steps;
        let check = |index: usize, end_ms: u64, expected: &str| {
            assert_eq!((end(&steps[index]), about(&steps[index]).as_str()), (end_ms, expected));
        };
        check(0, 80, "4 statements; predicted 66 ms, actual 80 ms; waited 1.2 s; 3 attempts");
        check(2, 3112, "1 statement; predicted 3.1 s, actual 2.8 s");
        check(4, 30_120, "1 statement; predicted 30.1 s, actual 16.2 s; waited 210 ms; 428 batches");
    }

    #[test]
    fn the_limit_is_drawn_where_there_is_room() {
        let step = &sample::refused().steps[1];
        let lines = |limit: u64| timeline(step, Some(limit)).matches("class=\"limit\"").count();
        assert_eq!((lines(500), lines(9000), lines(90_000)), (1, 1, 0));
        let is_told = |limit: u64| timeline(step, Some(limit)).contains("beyond this axis");
        assert_eq!((is_told(500), is_told(9000), is_told(90_000)), (false, false, true));
    }
}
