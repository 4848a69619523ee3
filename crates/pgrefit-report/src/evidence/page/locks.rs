//! What was locked: each step against the limit, then each step that matters in time.

use super::chart::{Lane, Run, figure, key};
use super::noticed::{is_noticed, notable_steps};
use super::table::{Table, folded};
use super::timeline;
use crate::evidence::svg::axis::grid;
use crate::evidence::svg::bars::{bar, limit as limit_line};
use crate::evidence::svg::scale::Scale;
use crate::evidence::svg::strip;
use crate::evidence::{Blocks, Evidence, LockSpan, Phase, Step};
use crate::html::markup::{each, escaped, given};
use crate::{counted, human_duration};

/// More locks than this are not listed; all are in the JSON.
const LOCKS_LISTED: usize = 200;

const KEY: [(&str, &str); 4] = [
    (
        "<rect class=\"lock rw\" x=\"1\" y=\"1\" width=\"22\" height=\"12\"/>",
        "lock that keeps out reads and writes",
    ),
    ("<rect class=\"lock w\" x=\"1\" y=\"1\" width=\"22\" height=\"12\"/>", "lock that keeps out writes"),
    ("<rect class=\"time\" x=\"1\" y=\"5\" width=\"22\" height=\"4\"/>", "the statement runs"),
    ("<line class=\"limit\" x1=\"12\" x2=\"12\" y1=\"0\" y2=\"14\"/>", "limit"),
];

const TABLE: Table<'_> = Table {
    first: "lock",
    columns: &[("run", false), ("keeps out", false), ("from", true), ("until", true), ("held", true)],
    class: "locks",
};

/// Everything about locks.
pub(super) fn locks(evidence: &Evidence) -> String {
    if evidence.steps.is_empty() {
        return String::new();
    }
    let limit = evidence.policy.as_ref().and_then(|policy| policy.strong_lock_limit_ms);
    let (drawn, rest) = notable_steps(&evidence.steps);
    let is_told = |step: &&&Step| rest.is_empty() || is_noticed(step);
    let timelines = each(drawn.iter().filter(is_told), |step| timeline::timeline(step, limit));
    [overview(evidence, limit), key(&KEY), timelines, list(&evidence.steps)].concat()
}

/// The longest time for which each step kept others out, against the limit; those that kept nobody out are counted.
fn overview(evidence: &Evidence, limit: Option<u64>) -> String {
    let longest = |step: &Step| Phase::BOTH.into_iter().filter_map(|phase| step.strong_lock_ms(phase)).max();
    let is_strong = |step: &&Step| longest(step) > Some(0);
    let (drawn, _) = notable_steps(&evidence.steps);
    let drawn: Vec<&Step> = drawn.into_iter().filter(is_strong).collect();
    let strong = evidence.steps.iter().filter(is_strong).count();
    let scale = Scale::to_ms(drawn.iter().filter_map(|step| longest(step)).chain(limit).max().unwrap_or(0));
    // The line of the limit shall not be the edge.
    let Scale::Linear(max) = scale else { return String::new() };
    let scale = Scale::Linear(max * 1.05);
    let lanes: Vec<Lane> = drawn.iter().map(|step| against_limit(step, limit, scale)).collect();
    let about = match limit {
        Some(limit) => {
            format!("the longest time of each step without a pause; the limit is {}", human_duration(limit))
        }
        None => "the longest time of each step without a pause; there is no limit".to_owned(),
    };
    let rest = [
        (strong - drawn.len(), "more step", "for no longer than these"),
        (evidence.steps.len() - strong, "step", "for less than 1 ms, if at all"),
    ];
    let rest = each(rest.iter().filter(|(number, ..)| *number > 0), |(number, noun, words)| {
        format!("<p class=\"none\">{} kept others out {words}.</p>\n", counted(*number, noun))
    });
    if lanes.is_empty() { rest } else { figure("How long others are kept out", &about, &lanes, scale, &rest) }
}

fn against_limit(step: &Step, limit: Option<u64>, scale: Scale) -> Lane {
    let runs = Phase::BOTH.into_iter().filter_map(|phase| {
        let ms = step.strong_lock_ms(phase)?;
        let strongest = step.locks(phase).map(|lock| lock.blocks).max().filter(|it| *it > Blocks::Nothing);
        let class = class(strongest.unwrap_or(Blocks::ReadsAndWrites));
        let drawing = if ms > 0 { bar(scale, class, (0, ms), (5, 10)) } else { String::new() };
        let of_limit = given(limit, |limit| line(scale, limit));
        let is_over = limit.is_some_and(|limit| ms > limit);
        let value = if is_over {
            format!("<b class=\"over\">{}</b>", human_duration(ms))
        } else {
            human_duration(ms)
        };
        let title = format!("{} {}: {}", step.file, phase.as_str(), human_duration(ms));
        let about = if is_over { "over the limit" } else { "within the limit" };
        let strip = strip(
            20,
            &title,
            if limit.is_some() { about } else { "" },
            &(grid(scale) + &drawing + &of_limit),
        );
        Some(Run { word: phase.as_str(), strip, value })
    });
    Lane { name: step_name(step), runs: runs.collect() }
}

/// The file, and which of its steps.
pub(super) fn step_name(step: &Step) -> String {
    format!("<b class=\"object\">{}</b> <span class=\"of\">{}</span>", escaped(&step.file), step.name())
}

/// How a lock is drawn.
pub(super) const fn class(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::ReadsAndWrites => "lock rw",
        Blocks::Writes => "lock w",
        Blocks::Nothing => "lock weak",
    }
}

/// The line of the limit.
#[expect(clippy::cast_precision_loss, reason = "no chart shows the 16th digit")]
pub(super) fn line(scale: Scale, at_ms: u64) -> String {
    limit_line(scale, at_ms as f64)
}

/// All locks as a table, for who does not see the charts.
fn list(steps: &[Step]) -> String {
    let all = || steps.iter().flat_map(of_step);
    let number = all().count();
    if number == 0 {
        return "<p class=\"none\">No locks were recorded.</p>\n".to_owned();
    }
    let rows = each(all().take(LOCKS_LISTED), |it| row(&it));
    let cut = number.saturating_sub(LOCKS_LISTED);
    let more =
        if cut > 0 { format!("<p class=\"none\">{cut} more are in the JSON.</p>\n") } else { String::new() };
    folded(&format!("{} as a table", counted(number, "lock")), &(TABLE.around(&rows) + &more))
}

/// One lock with where it was taken.
struct Taken<'a> {
    step: &'a Step,
    line: Option<u32>,
    phase: Phase,
    lock: &'a LockSpan,
}

fn of_step(step: &Step) -> impl Iterator<Item = Taken<'_>> {
    Phase::BOTH.into_iter().flat_map(move |phase| {
        let whole = step.execution(phase).map(|execution| (None, execution));
        let statements = step
            .statements
            .iter()
            .filter_map(move |it| it.execution(phase).map(|execution| (Some(it.line), execution)));
        whole.into_iter().chain(statements).flat_map(move |(line, execution)| {
            execution.locks.iter().map(move |lock| Taken { step, line, phase, lock })
        })
    })
}

fn row(taken: &Taken<'_>) -> String {
    let Taken { step, line, phase, lock } = taken;
    let place = line.map_or_else(|| step.name(), |line| format!("line {line}"));
    let name = format!(
        "{} on <code class=\"object\">{}</code><span class=\"said\">{}, {place}</span>",
        escaped(&lock.mode),
        escaped(&lock.relation),
        escaped(&step.file)
    );
    let cells = [
        phase.as_str().to_owned(),
        if lock.blocks == Blocks::Nothing { "–".to_owned() } else { lock.blocks.as_str().to_owned() },
        human_duration(lock.from_ms),
        human_duration(lock.to_ms),
        human_duration(lock.held_ms()),
    ];
    TABLE.row("", &name, &cells)
}
