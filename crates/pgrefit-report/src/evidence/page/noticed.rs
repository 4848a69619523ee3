//! What somebody may have noticed, among hundreds of steps and statements: what kept others out, took its time, or broke.

use crate::evidence::{Blocks, Execution, LockSpan, Phase, Statement, Step};

/// More steps than this are not drawn; all are in the table.
const STEPS_DRAWN: usize = 10;
/// What takes less is not drawn if there is much else, in milliseconds.
const NOTICED_MS: u64 = 100;
/// More statements than this are not drawn: those that nobody notices are summed.
const STATEMENTS_DRAWN: usize = 10;
/// Nor are those that take less than the longest by this factor, and keep nobody out.
const NOTICED_SHARE: u64 = 20;

/// Whether somebody may have noticed it: it kept others out, it took its time, or it broke.
pub(super) fn is_noticed(step: &Step) -> bool {
    let runs = || Phase::BOTH.into_iter().filter_map(|phase| step.execution(phase));
    let is_strong = Phase::BOTH.into_iter().any(|phase| step.strong_lock_ms(phase) > Some(0));
    is_strong || step.is_broken() || runs().any(|execution| execution.duration_ms >= NOTICED_MS)
}

/// The steps that are drawn, in their order, and the others.
pub(super) fn notable_steps(steps: &[Step]) -> (Vec<&Step>, Vec<&Step>) {
    let weight = |step: &Step| {
        let longest = Phase::BOTH.into_iter().filter_map(|phase| step.strong_lock_ms(phase)).max();
        let took =
            Phase::BOTH.into_iter().filter_map(|phase| step.execution(phase)).map(|it| it.duration_ms).max();
        (step.is_broken(), longest, took)
    };
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(weight(&steps[index])));
    order.truncate(STEPS_DRAWN);
    let is_drawn = |index: &usize| order.contains(index);
    let (drawn, rest): (Vec<usize>, Vec<usize>) = (0..steps.len()).partition(is_drawn);
    let of = |indexes: Vec<usize>| indexes.into_iter().map(|index| &steps[index]).collect();
    (of(drawn), of(rest))
}

/// The statements that are drawn, in their order, and the others.
pub(super) fn notable_statements(step: &Step) -> (Vec<&Statement>, Vec<&Statement>) {
    if step.statements.len() <= STATEMENTS_DRAWN + 2 {
        return (step.statements.iter().collect(), Vec::new());
    }
    let took = |statement: &Statement| statement_runs(statement).map(|it| it.duration_ms).max();
    let weight = |statement: &Statement| {
        let is_broken = statement_runs(statement).any(|it| it.error.is_some());
        let held = statement_runs(statement).flat_map(strong).map(LockSpan::held_ms).max();
        (is_broken, held, took(statement))
    };
    let longest = step.statements.iter().filter_map(took).max().unwrap_or(0);
    let mut order: Vec<usize> = (0..step.statements.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(weight(&step.statements[index])));
    order.truncate(STATEMENTS_DRAWN);
    order.retain(|&index| {
        let (is_broken, held, took) = weight(&step.statements[index]);
        is_broken || held.is_some() || took.is_some_and(|took| took.saturating_mul(NOTICED_SHARE) >= longest)
    });
    let (drawn, rest): (Vec<usize>, Vec<usize>) =
        (0..step.statements.len()).partition(|it| order.contains(it));
    let of = |indexes: Vec<usize>| indexes.into_iter().map(|index| &step.statements[index]).collect();
    (of(drawn), of(rest))
}

/// The locks that keep others out.
pub(super) fn strong(execution: &Execution) -> impl Iterator<Item = &LockSpan> {
    execution.locks.iter().filter(|lock| lock.blocks > Blocks::Nothing)
}

fn statement_runs(statement: &Statement) -> impl Iterator<Item = &Execution> {
    Phase::BOTH.into_iter().filter_map(|phase| statement.execution(phase))
}

#[cfg(test)]
mod tests {
    use super::{is_noticed, notable_statements, notable_steps};
    use crate::evidence::sample;

    #[test]
    fn few_are_all_drawn_and_of_many_those_that_matter() {
        let good = sample::good().steps;
        let (drawn, rest) = notable_steps(&good);
        assert_eq!((drawn.len(), rest.len()), (5, 0));
        let crowded = sample::crowded().steps;
        let (drawn, rest) = notable_steps(&crowded);
        assert_eq!((drawn.len(), rest.len()), (10, 111));
        assert_eq!(drawn.into_iter().filter(|step| is_noticed(step)).count(), 1);
        let (drawn, rest) = notable_statements(&crowded[0]);
        assert_eq!((drawn.len(), rest.len()), (4, 496));
        let lines: Vec<u32> = drawn.iter().map(|it| it.line).collect();
        assert_eq!(lines, [61, 186, 311, 436]);
    }

    #[test]
    fn what_broke_is_noticed() {
        let broken = sample::broken().steps;
        assert!(broken[2].is_broken() && !broken[1].is_broken());
        assert!(is_noticed(&broken[2]));
    }
}
