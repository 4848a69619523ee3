//! One connection of the replay, with what it has prepared.

use pgrefit_pg::{
    Answer, CancelHandle, Connector, Error, Limits, Migrator, Prepared, ReadOnly, StatementLimits,
};

use super::ReplayOptions;
use crate::Query;

pub(super) struct Session {
    kind: Kind,
    /// One place for each query.
    prepared: Vec<Option<Prepared>>,
    limits: StatementLimits,
    prepare_again: bool,
    /// How many statements were prepared anew and run once more, since this was asked last.
    prepared_again: u64,
}

enum Kind {
    Reading(ReadOnly),
    Writing(Migrator),
}

impl Session {
    pub(super) async fn open(
        connector: &Connector,
        options: &ReplayOptions,
        queries: usize,
    ) -> Result<Self, Error> {
        let limits = StatementLimits { statement: options.statement_limit, lock: options.lock_limit };
        let kind = if options.write {
            let connect = connector.limits().connect;
            let limits = Limits { connect, statement: limits.statement, lock: limits.lock };
            Kind::Writing(connector.clone().with_limits(limits).migrator().await?)
        } else {
            Kind::Reading(connector.read_only().await?)
        };
        let prepare_again = options.prepare_again;
        Ok(Self { kind, prepared: vec![None; queries], limits, prepare_again, prepared_again: 0 })
    }

    /// Runs the query with this index.
    pub(super) async fn run(&mut self, index: usize, query: &Query, list: usize) -> Result<Answer, Error> {
        match self.run_once(index, query, list).await {
            Err(error) if self.prepare_again && is_stale(&error) && self.prepared[index].is_some() => {
                self.prepared[index] = None;
                self.prepared_again += 1;
                self.run_once(index, query, list).await
            }
            answer => answer,
        }
    }

    /// How many statements were prepared anew and run once more since this was asked last.
    pub(super) fn take_prepared_again(&mut self) -> u64 {
        std::mem::take(&mut self.prepared_again)
    }

    async fn run_once(&mut self, index: usize, query: &Query, list: usize) -> Result<Answer, Error> {
        let (slot, values) = (&mut self.prepared[index], query.values(list));
        match &mut self.kind {
            Kind::Reading(session) => session.run_prepared(slot, &query.sql, values, self.limits).await,
            Kind::Writing(session) => session.run_prepared(slot, &query.sql, values).await,
        }
    }

    /// Has the query prepared anew the next time, if this error says that what was prepared is of no more use.
    pub(super) fn forget_after(&mut self, index: usize, error: &Error) {
        if is_stale(error) {
            self.prepared[index] = None;
        }
    }

    pub(super) fn cancel_handle(&self) -> CancelHandle {
        match &self.kind {
            Kind::Reading(session) => session.cancel_handle(),
            Kind::Writing(session) => session.cancel_handle(),
        }
    }
}

/// Whether what was prepared is of no more use: its result has another type (0A000), it is gone (26000), or a parameter has the
/// type that a column had when it was prepared, and no operator fits any more (42883), or that type is gone, which the server
/// has no code for.
fn is_stale(error: &Error) -> bool {
    error.server().is_some_and(|server| match server.sqlstate.as_str() {
        "0A000" | "26000" | "42883" => true,
        "XX000" => server.message.starts_with("cache lookup failed for type"),
        _ => false,
    })
}
