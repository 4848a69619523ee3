//! One connection of a load: what is in flight on it, and what came back.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use fastrand::Rng;
use pgrefit_pg::wire::{ErrorFields, Frame, Values, Wire, WireCancel};

use super::demand::Job;
use super::plan::{Plan, Planned};
use crate::{Error, FailureKind};

/// A connection, or the place of one that was lost.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Option<Wire>,
    /// In the order in which they were sent, which is that of their answers.
    flights: VecDeque<Flight>,
    /// For each statement, how often it was prepared anew.
    epochs: Vec<u32>,
    /// What came so far of the answer to the first of them.
    partial: Partial,
    /// Whether it is in the list of those that can take a request.
    pub(super) listed: bool,
    /// Whether the socket did not take all that is to be sent.
    pub(super) blocked: bool,
    /// Since when at least one request is in flight.
    pub(super) busy_since: Option<u64>,
}

/// Something that was sent and has no answer yet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Flight {
    Call { job: Job, sent: u64, epoch: u32 },
    Forget,
    Prepare { statement: usize },
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// So many rows, or a failure.
    Called {
        job: Job,
        sent: u64,
        outcome: Result<u64, FailureKind>,
    },
    Prepared {
        outcome: Result<(), Error>,
    },
}

#[derive(Debug, Default)]
struct Partial {
    rows: u64,
    parameters: usize,
    failure: Option<FailureKind>,
    refusal: Option<Box<pgrefit_pg::Error>>,
}

/// The connection ended, or must be given up.
#[derive(Debug)]
pub(super) struct Lost;

impl Connection {
    pub(super) fn new(statements: usize) -> Self {
        Self {
            wire: None,
            flights: VecDeque::new(),
            epochs: vec![0; statements],
            partial: Partial::default(),
            listed: false,
            blocked: false,
            busy_since: None,
        }
    }

    /// Takes a fresh session, and has every statement prepared on it; the answers say when it can be used.
    pub(super) fn adopt(&mut self, wire: Wire, plan: &Plan) -> Result<(), Error> {
        *self = Self { wire: Some(wire), ..Self::new(plan.statements.len()) };
        let every = plan.statements.iter().enumerate();
        every.into_iter().try_for_each(|(statement, planned)| self.prepare(statement, planned))
    }

    fn prepare(&mut self, statement: usize, planned: &Planned) -> Result<(), Error> {
        let Some(wire) = &mut self.wire else { return Ok(()) };
        let failed = |source| Error::Prepare { statement: planned.title.clone(), source };
        wire.prepare(&planned.name, &planned.sql).map_err(failed)?;
        self.flights.push_back(Flight::Prepare { statement });
        Ok(())
    }

    /// Has a statement prepared anew behind what is in flight, when the failed request is the first to say that it must be.
    fn prepare_again(&mut self, statement: usize, epoch: u32, plan: &Plan) -> bool {
        let planned = &plan.statements[statement];
        if self.epochs[statement] != epoch {
            return false;
        }
        let Some(wire) = &mut self.wire else { return false };
        self.epochs[statement] += 1;
        if wire.forget(&planned.name).is_err() {
            return false;
        }
        self.flights.push_back(Flight::Forget);
        self.prepare(statement, planned).is_ok()
    }

    pub(super) fn is_up(&self) -> bool {
        self.wire.is_some()
    }

    /// The descriptor to wait for.
    pub(super) fn descriptor(&self) -> Option<RawFd> {
        self.wire.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// Has [`Self::receive`] wait for the socket. `false` when that cannot be.
    pub(super) fn wait_in_place(&mut self, limit: Duration) -> bool {
        self.wire.as_mut().is_some_and(|wire| wire.wait_in_place(limit).is_ok())
    }

    pub(super) fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// When the request that must be answered next was sent; `None` when none is in flight.
    pub(super) fn oldest_sent(&self) -> Option<u64> {
        self.flights.iter().find_map(|flight| match flight {
            Flight::Call { sent, .. } => Some(*sent),
            Flight::Forget | Flight::Prepare { .. } => None,
        })
    }

    /// Puts a request into the buffer.
    #[inline]
    pub(super) fn call(&mut self, job: Job, now: u64, plan: &Plan, rng: &mut Rng) -> Result<(), Lost> {
        let (planned, wire) = (&plan.statements[job.statement], self.wire.as_mut().ok_or(Lost)?);
        let put = |values: &mut Values<'_>| {
            planned.source.draw(rng, &mut |value: Option<&[u8]>| match value {
                Some(text) => values.text(text),
                None => values.null(),
            });
        };
        wire.call(&planned.call, put).map_err(|_| Lost)?;
        if self.flights.is_empty() {
            self.busy_since = Some(now);
        }
        let epoch = self.epochs[job.statement];
        self.flights.push_back(Flight::Call { job, sent: now, epoch });
        Ok(())
    }

    /// Sends what is in the buffer. `true` when the socket took all of it.
    #[inline]
    pub(super) fn flush(&mut self) -> Result<bool, Lost> {
        let wire = self.wire.as_mut().ok_or(Lost)?;
        wire.flush().map_err(|_| Lost)
    }

    /// Looks once at the socket, and adds the answers that are complete. `true` when there may be more at once.
    #[inline]
    pub(super) fn receive(&mut self, plan: &Plan, answers: &mut Vec<Answer>) -> Result<bool, Lost> {
        let received = self.wire.as_mut().ok_or(Lost)?.receive().map_err(|_| Lost)?;
        while let Some(wire) = &mut self.wire {
            match wire.next_frame().map_err(|_| Lost)? {
                None => break,
                Some(Frame::Complete(tag)) => self.partial.rows = Frame::rows(tag),
                Some(Frame::Parameters(count)) => self.partial.parameters = count,
                Some(Frame::Failed(fields)) if fields.ends_session() => return Err(Lost),
                Some(Frame::Failed(fields)) => self.partial.fail(fields, &self.flights),
                Some(Frame::Ready) => answers.extend(self.answer(plan)),
                Some(Frame::Other(_)) => return Err(Lost),
                Some(_) => {}
            }
        }
        if received.closed { Err(Lost) } else { Ok(received.more) }
    }

    /// The first request in flight has its answer.
    #[inline]
    fn answer(&mut self, plan: &Plan) -> Option<Answer> {
        let Partial { rows, parameters, failure, refusal } = std::mem::take(&mut self.partial);
        match self.flights.pop_front()? {
            Flight::Forget => None,
            Flight::Prepare { statement } => {
                let outcome = prepared(&plan.statements[statement], parameters, refusal);
                Some(Answer::Prepared { outcome })
            }
            Flight::Call { job, sent, epoch } => {
                if matches!(failure, Some(FailureKind::PlanChanged | FailureKind::Unprepared)) {
                    self.prepare_again(job.statement, epoch, plan);
                }
                Some(Answer::Called { job, sent, outcome: failure.map_or(Ok(rows), Err) })
            }
        }
    }

    /// Gives the connection up. What was in flight has failed in this way.
    pub(super) fn lose(&mut self, kind: &FailureKind, answers: &mut Vec<Answer>) {
        self.wire = None;
        self.blocked = false;
        self.partial = Partial::default();
        for flight in self.flights.drain(..) {
            if let Flight::Call { job, sent, .. } = flight {
                answers.push(Answer::Called { job, sent, outcome: Err(kind.clone()) });
            }
        }
    }

    /// The requests in flight.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Job> {
        self.flights.iter().filter_map(|flight| match flight {
            Flight::Call { job, .. } => Some(job),
            Flight::Forget | Flight::Prepare { .. } => None,
        })
    }

    pub(super) fn canceller(&self) -> Option<WireCancel> {
        self.wire.as_ref().map(Wire::canceller)
    }

    /// Says goodbye.
    pub(super) fn close(&mut self) {
        if let Some(wire) = self.wire.take() {
            wire.close();
        }
    }
}

impl Partial {
    #[cold]
    fn fail(&mut self, fields: ErrorFields<'_>, flights: &VecDeque<Flight>) {
        let changed = fields.sqlstate() == "0A000" && fields.routine() == Some("RevalidateCachedQuery");
        let kind =
            if changed { FailureKind::PlanChanged } else { FailureKind::of_sqlstate(fields.sqlstate()) };
        self.failure = Some(kind);
        if matches!(flights.front(), Some(Flight::Prepare { .. })) {
            self.refusal = Some(Box::new(fields.to_error()));
        }
    }
}

fn prepared(
    planned: &Planned,
    parameters: usize,
    refusal: Option<Box<pgrefit_pg::Error>>,
) -> Result<(), Error> {
    let statement = || planned.title.clone();
    if let Some(source) = refusal {
        return Err(Error::Prepare { statement: statement(), source: *source });
    }
    let given = planned.call.values();
    if given == parameters {
        return Ok(());
    }
    Err(Error::Parameters { statement: statement(), wanted: parameters, given })
}
