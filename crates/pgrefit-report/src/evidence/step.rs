//! The files as what the server commits at once: transactions, statements on their own, batches.

use serde::{Deserialize, Serialize};

use super::execution::{Blocks, Execution, LockSpan};

/// How a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// All statements in one transaction.
    Transaction,
    /// One statement outside of a transaction.
    Alone,
    /// One statement, over and over, each time on some of the rows.
    Batches,
}

/// Which of the two executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// That of the rehearsal.
    Predicted,
    /// That on the live database.
    Actual,
}

impl Phase {
    /// The rehearsal, then the live database.
    pub const BOTH: [Self; 2] = [Self::Predicted, Self::Actual];

    /// `predicted` or `actual`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Predicted => "predicted",
            Self::Actual => "actual",
        }
    }
}

/// What the server commits at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The file it is of: "`V7__add_note`".
    pub file: String,
    /// Its number in the file, from 1.
    pub number: u32,
    /// How it runs.
    pub way: Way,
    /// Its statements, in their order.
    pub statements: Vec<Statement>,
    /// How it went in the rehearsal, as a whole.
    pub predicted: Option<Execution>,
    /// How it went on the live database, as a whole.
    pub actual: Option<Execution>,
}

/// One statement of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Its line in the file, from 1.
    pub line: u32,
    /// Its text, whole.
    pub sql: String,
    /// How it went in the rehearsal.
    pub predicted: Option<Execution>,
    /// How it went on the live database; `None` also if only the step as a whole was measured.
    pub actual: Option<Execution>,
}

impl Step {
    /// A step that has not run.
    pub fn new(file: impl Into<String>, number: u32, way: Way) -> Self {
        Self { file: file.into(), number, way, statements: Vec::new(), predicted: None, actual: None }
    }

    /// The execution as a whole.
    #[must_use]
    pub const fn execution(&self, phase: Phase) -> Option<&Execution> {
        match phase {
            Phase::Predicted => self.predicted.as_ref(),
            Phase::Actual => self.actual.as_ref(),
        }
    }

    /// The locks of the step as a whole, and those of its statements.
    pub fn locks(&self, phase: Phase) -> impl Iterator<Item = &LockSpan> {
        let own = self.execution(phase).into_iter();
        let of_statements = self.statements.iter().filter_map(move |it| it.execution(phase));
        own.chain(of_statements).flat_map(|execution| &execution.locks)
    }

    /// The longest time in milliseconds for which it kept others out of one relation without a pause: as measured, else
    /// from its locks. `None` if it did not run.
    #[must_use]
    pub fn strong_lock_ms(&self, phase: Phase) -> Option<u64> {
        let has_run = self.execution(phase).is_some()
            || self.statements.iter().any(|statement| statement.execution(phase).is_some());
        let measured = self.execution(phase).and_then(|execution| execution.strong_lock_ms);
        let (from, to) = self.window(phase);
        measured.or_else(|| has_run.then_some(to - from))
    }

    /// From when until when that was by its locks, in milliseconds from the start of the step.
    pub(super) fn window(&self, phase: Phase) -> (u64, u64) {
        longest_window(self.locks(phase))
    }

    /// Which step of its file, and how it runs: `step 2, transaction`.
    pub(super) fn name(&self) -> String {
        let word = match self.way {
            Way::Transaction => "transaction",
            Way::Alone => "statement alone",
            Way::Batches => "batches",
        };
        format!("step {}, {word}", self.number)
    }

    /// Whether something broke in it.
    pub(super) fn is_broken(&self) -> bool {
        let executions = |phase| {
            self.execution(phase)
                .into_iter()
                .chain(self.statements.iter().filter_map(move |it| it.execution(phase)))
        };
        Phase::BOTH.into_iter().flat_map(executions).any(|execution| execution.error.is_some())
    }
}

impl Statement {
    /// A statement that has not run.
    pub fn new(line: u32, sql: impl Into<String>) -> Self {
        Self { line, sql: sql.into(), predicted: None, actual: None }
    }

    /// One of its executions.
    #[must_use]
    pub const fn execution(&self, phase: Phase) -> Option<&Execution> {
        match phase {
            Phase::Predicted => self.predicted.as_ref(),
            Phase::Actual => self.actual.as_ref(),
        }
    }

    /// Its text on one line, cut to `limit` characters: white space is one blank, comments before it are left out.
    pub(super) fn brief(&self, limit: usize) -> String {
        let lines = self.sql.lines().map(str::trim);
        let code: Vec<&str> =
            lines.clone().skip_while(|line| line.is_empty() || line.starts_with("--")).collect();
        let code = if code.is_empty() { lines.collect() } else { code };
        let words = code.iter().flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ");
        match words.char_indices().nth(limit) {
            Some((end, _)) => format!("{}…", words[..end].trim_end()),
            None => words,
        }
    }
}

/// The longest span in which locks on one relation, that keep others out, follow each other without a pause: from when
/// until when, in milliseconds; nothing is from 0 to 0.
fn longest_window<'a>(locks: impl Iterator<Item = &'a LockSpan>) -> (u64, u64) {
    let mut strong: Vec<&LockSpan> = locks.filter(|lock| lock.blocks > Blocks::Nothing).collect();
    strong.sort_by_key(|lock| (&lock.relation, lock.from_ms));
    let mut longest = (0, 0);
    let mut window: Option<(&str, u64, u64)> = None;
    for lock in strong {
        let (from, to) = match window {
            Some((relation, from, to)) if relation == lock.relation && lock.from_ms <= to => {
                (from, to.max(lock.to_ms))
            }
            _ => (lock.from_ms, lock.to_ms),
        };
        window = Some((&lock.relation, from, to));
        if to.saturating_sub(from) > longest.1 - longest.0 {
            longest = (from, to);
        }
    }
    longest
}
