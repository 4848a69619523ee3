//! Somebody who looks between the statements of a run: for rehearsals on a copy. What runs is the same; only that each
//! message is sent statement by statement, so that there is a between.

use std::ops::Range;
use std::pin::Pin;
use std::time::Duration;

use pgrefit_pg::{Error as PgError, Migrator};
use pgrefit_sql::Place;
use tokio::time::timeout;

use super::Batches;
use super::crew::Crew;
use crate::course::{Step, What};
use crate::{Error, MigrationFile, Way};

/// One look takes no longer, or the run ends.
const LOOK_LIMIT: Duration = Duration::from_mins(1);

/// How a run is looked at from inside.
#[derive(Default)]
pub enum Observe<'t> {
    /// Not at all: each file, or step of it, is one message.
    #[default]
    Not,
    /// Between all statements, each of which is a message of its own.
    Between(&'t mut (dyn Tracer + 't)),
    /// By probes inside of the message, which stays one: [`Applied::probed`](super::Applied::probed)
    /// and [`Applied::held`](super::Applied::held) have what they found.
    Probes,
}

impl Observe<'_> {
    /// The same for a shorter time.
    pub(super) fn reborrow(&mut self) -> Observe<'_> {
        match self {
            Self::Not => Observe::Not,
            Self::Between(tracer) => Observe::Between(&mut **tracer),
            Self::Probes => Observe::Probes,
        }
    }
}

impl std::fmt::Debug for Observe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Not => "Not",
            Self::Between(_) => "Between",
            Self::Probes => "Probes",
        })
    }
}

/// What a look comes to, in time.
pub type Looked<'a> = Pin<Box<dyn Future<Output = Result<(), PgError>> + Send + 'a>>;

/// Looks between the statements of a run.
pub trait Tracer: Send {
    /// Looks. `session` is the one that works. Inside of a transaction ([`Moment::Opened`] to [`Moment::Closing`]) whatever is
    /// asked there is a part of it, with the settings that the file has made by then: names must be qualified. A
    /// [`Moment::Ended`] or [`Moment::Closed`] with an error finds the session idle, or dead.
    ///
    /// # Errors
    /// What the server says; it ends the run, and rolls back the transaction.
    fn look<'a>(&'a mut self, moment: Moment<'a>, session: &'a mut Migrator) -> Looked<'a>;
}

/// When a [`Tracer`] looks. In this order: a file begins; each of its steps begins, opens, has statements, closes; the file
/// ends. A step that did not get its locks, or whose connection was lost, begins again.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'a> {
    /// A file begins. The session is idle.
    FileBegins(&'a MigrationFile),
    /// A step begins, before its `BEGIN`. The session is idle.
    StepBegins(StepAt<'a>),
    /// The transaction is open: limits are set, the file or step is recorded. Only if the step is a transaction.
    Opened(StepAt<'a>),
    /// A statement is going to be sent.
    Begins(StatementAt<'a>),
    /// A statement has ended: with what it wrote if it ran in batches, and with its error, if any.
    Ended(StatementAt<'a>, Option<&'a Batches>, Option<&'a PgError>),
    /// `COMMIT` is going to be sent; what was deferred has been checked, the session has its own settings again. Only if the
    /// step is a transaction.
    Closing(StepAt<'a>),
    /// A step has ended: it is committed, or there is an error, and it is rolled back if it was a transaction.
    Closed(StepAt<'a>, Option<&'a PgError>),
    /// A file has ended: it is recorded.
    FileEnded(&'a MigrationFile),
}

/// A step of a file: a transaction, a statement on its own, or one in batches.
#[derive(Debug, Clone, Copy)]
pub struct StepAt<'a> {
    /// The file.
    pub file: &'a MigrationFile,
    /// The number of its first statement, from 1.
    pub number: usize,
    /// How it runs.
    pub way: Way,
}

/// A statement of a file.
#[derive(Debug, Clone, Copy)]
pub struct StatementAt<'a> {
    /// The step that it is a part of.
    pub step: StepAt<'a>,
    /// Its number in the file, from 1.
    pub number: usize,
    /// Where it begins.
    pub place: Place,
    /// Its first byte in the file, and the one behind its last.
    pub range: (usize, usize),
}

impl<'a> StepAt<'a> {
    /// The step of a file that is one transaction.
    pub(super) fn whole(file: &'a MigrationFile) -> Self {
        Self { file, number: 1, way: Way::Together(1) }
    }

    /// One step of several.
    pub(super) fn of(file: &'a MigrationFile, step: &Step<'_>, transactions: usize) -> Self {
        let way = match step.what {
            What::Transaction(_) => Way::Together(transactions),
            What::Alone(_) => Way::Alone,
            What::Batches(_) => Way::Batches,
        };
        Self { file, number: usize::try_from(step.number).unwrap_or(1), way }
    }

    /// A statement in it; `index` counts from 0 within the step.
    pub(super) fn statement(self, index: usize, range: &Range<usize>) -> StatementAt<'a> {
        let place = Place::of_byte(&self.file.sql, range.start);
        StatementAt { step: self, number: self.number + index, place, range: (range.start, range.end) }
    }
}

impl<'a> StatementAt<'a> {
    /// The statement as it stands in the file.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.step.file.sql.get(self.range.0..self.range.1).unwrap_or_default()
    }
}

impl Crew<'_, '_> {
    /// Whether somebody looks between statements.
    pub(super) fn is_traced(&self) -> bool {
        matches!(self.observe, Observe::Between(_))
    }

    /// Lets the tracer look. What it asked may have left a transaction in disorder, which is rolled back then.
    pub(super) async fn trace(&mut self, moment: Moment<'_>) -> Result<(), Error> {
        let Self { observe: Observe::Between(tracer), session, .. } = self else { return Ok(()) };
        let looked = timeout(LOOK_LIMIT, tracer.look(moment, session)).await;
        let limit = LOOK_LIMIT;
        let looked = looked.unwrap_or_else(|_| Err(PgError::Timeout { what: "look".into(), limit }));
        if looked.is_err() {
            // On a dead connection there is nothing to roll back.
            let _ = self.session.batch("ROLLBACK").await;
        }
        Ok(looked?)
    }

    /// Lets the tracer look when a step of one statement has ended.
    pub(super) async fn trace_ended(
        &mut self,
        at: StatementAt<'_>,
        batches: Option<&Batches>,
        error: Option<&PgError>,
    ) -> Result<(), Error> {
        if error.is_some() {
            self.trace_anyway(Moment::Ended(at, batches, error)).await;
            self.trace_anyway(Moment::Closed(at.step, error)).await;
            return Ok(());
        }
        self.trace(Moment::Ended(at, batches, None)).await?;
        self.trace(Moment::Closed(at.step, None)).await
    }

    /// Lets the tracer look after an error, which is the one to tell whatever the look comes to.
    pub(super) async fn trace_anyway(&mut self, moment: Moment<'_>) {
        let Self { observe: Observe::Between(tracer), session, .. } = self else { return };
        let _ = timeout(LOOK_LIMIT, tracer.look(moment, session)).await;
    }
}
