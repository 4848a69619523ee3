//! The beginning: every statement is prepared on every connection.

use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Token};
use pgrefit_pg::wire::Wire;

use super::{GRACE, Worker, waiting};
use crate::Error;
use crate::run::connection::{Answer, Connection, Lost};

impl Worker {
    pub(super) fn prepare(&mut self, wires: Vec<Wire>) -> Result<(), Error> {
        let statements = self.plan.statements.len();
        self.connections = (0..wires.len()).map(|_| Connection::new(statements)).collect();
        for (place, wire) in wires.into_iter().enumerate() {
            self.connections[place].adopt(wire, &self.plan)?;
            self.attach(place)?;
        }
        let limit = Instant::now() + self.plan.options.statement_limit + GRACE;
        let mut events = Events::with_capacity(64);
        while self.connections.iter().any(|connection| connection.in_flight() > 0) {
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let limit = self.plan.options.statement_limit + GRACE;
                return Err(Error::Connect(pgrefit_pg::Error::Timeout {
                    what: "prepare the statements of the load".to_owned(),
                    limit,
                }));
            }
            self.wait(&mut events, Some(left.min(Duration::from_millis(100))))?;
            self.first_answers()?;
            if self.orders_say_stop() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Before the load has begun, whatever goes wrong is an error of the whole.
    pub(super) fn first_answers(&mut self) -> Result<(), Error> {
        for connection in &mut self.connections {
            let mut more = true;
            while more {
                more = connection
                    .receive(&self.plan, &mut self.answers)
                    .map_err(|Lost| Error::Connect(pgrefit_pg::Error::Lost { server: None, source: None }))?;
                let prepared = self.answers.drain(..).filter_map(|answer| match answer {
                    Answer::Prepared { outcome } => Some(outcome),
                    Answer::Called { .. } => None,
                });
                prepared.collect::<Result<(), Error>>()?;
            }
            if connection.flush().is_err() {
                return Err(Error::Connect(pgrefit_pg::Error::Lost { server: None, source: None }));
            }
        }
        Ok(())
    }

    /// Has the socket of a connection looked at, and sends what is in its buffer.
    pub(super) fn attach(&mut self, place: usize) -> Result<(), Error> {
        let Some(descriptor) = self.connections[place].descriptor() else { return Ok(()) };
        let registered =
            self.poll.registry().register(&mut SourceFd(&descriptor), Token(place), Interest::READABLE);
        registered.map_err(waiting)?;
        self.flush(place);
        Ok(())
    }
}
