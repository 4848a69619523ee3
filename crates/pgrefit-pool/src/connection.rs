//! A connection that somebody has.

use std::ops::Deref;
use std::time::Instant;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement, TransactionBuilder};

use crate::Error;
use crate::line::{Line, Link};
use crate::release::{Lent, discard, release};
use crate::slot::Slot;
use crate::transaction::Transaction;
use crate::wire::{Mark, Watch};

/// A connection of a pool. It goes back when it is dropped, and is kept only if it is clean then.
///
/// Its own methods prepare each statement once for each connection and watch over what is dropped unfinished. All others of
/// [`tokio_postgres::Client`] are reached through [`Deref`].
#[must_use = "it goes back to the pool when it is dropped"]
pub struct Connection {
    /// There until the drop.
    lent: Option<Lent>,
    since: Instant,
}

impl Connection {
    pub(crate) fn new(lent: Lent) -> Self {
        let since = lent.touched;
        Self { lent: Some(lent), since }
    }

    fn slot(&self) -> &Slot {
        match &self.lent {
            Some(lent) => lent,
            None => unreachable!("only the drop takes it"),
        }
    }

    fn slot_mut(&mut self) -> &mut Slot {
        match &mut self.lent {
            Some(lent) => lent,
            None => unreachable!("only the drop takes it"),
        }
    }

    fn line(&self) -> Line<'_> {
        Line::of(self.slot())
    }

    /// The rows of a query.
    ///
    /// The statement is prepared once for each connection; when a change of the schema has made that useless, it is prepared and
    /// run again, once, outside of transactions. Behind a pooler in transaction mode it has no name on the server.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.line().query(sql, params).await
    }

    /// The one row of a query; prepares as [`Connection::query`] does.
    ///
    /// # Errors
    /// [`Error::Statement`], also when there is no row, or more than one.
    pub async fn query_one(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.line().query_one(sql, params).await
    }

    /// The row of a query, if there is one; prepares as [`Connection::query`] does.
    ///
    /// # Errors
    /// [`Error::Statement`], also when there is more than one row.
    pub async fn query_opt(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>, Error> {
        self.line().query_opt(sql, params).await
    }

    /// Runs a statement and returns how many rows it changed; prepares as [`Connection::query`] does.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        self.line().execute(sql, params).await
    }

    /// Runs statements without parameters and prepares nothing.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.line().batch(sql).await
    }

    /// The statement, prepared now or before. It is of use only on this connection, and until the connection's cache has to make room:
    /// prefer [`Connection::query`] and its sisters, which also see to changes of the schema. Behind a pooler in transaction mode it is
    /// of use only inside of a transaction.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn prepare_cached(&self, sql: &str) -> Result<Statement, Error> {
        self.line().prepare(sql).await
    }

    /// Begins a transaction. It is rolled back when it is dropped.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        self.transaction_with(|builder| builder).await
    }

    /// Begins a transaction of a certain isolation level, read-only, or deferrable.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn transaction_with(
        &mut self,
        options: impl for<'t> FnOnce(TransactionBuilder<'t>) -> TransactionBuilder<'t>,
    ) -> Result<Transaction<'_>, Error> {
        let Slot { client, wire, statements, last_words, core, .. } = self.slot_mut();
        let link = Link { wire, statements, last_words, core };
        let watch = Watch::new(link.wire);
        let begun = options(client.build_transaction()).start().await;
        watch.done();
        let transaction = Transaction::new(begun.map_err(|error| link.error(error))?, link);
        link.adds_up().map(|()| transaction)
    }

    /// How many statements the connection keeps prepared.
    #[must_use]
    pub fn statements_cached(&self) -> usize {
        self.slot().statements.len()
    }

    /// Whether the server or the network has ended it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.slot().client.is_closed()
    }

    /// Closes it instead of giving it back.
    pub fn close(mut self) {
        if let Some(lent) = self.lent.take() {
            lent.core.metrics.hold.observe(self.since.elapsed());
            discard(lent, pgrefit_metrics::CloseReason::Shutdown);
        }
    }
}

impl Deref for Connection {
    type Target = Client;

    /// The bare client. What is dropped unfinished there is noticed only when the connection is to be handed out again, which then takes
    /// a round trip.
    ///
    /// After a COPY that the server refused, do nothing more with the connection: tokio-postgres takes the second answer to it for that
    /// to the next request. The pool notices, and closes the connection when it comes back.
    fn deref(&self) -> &Client {
        let slot = self.slot();
        slot.wire.mark(Mark::Bare);
        &slot.client
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("lent", &self.lent.as_deref()).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(lent) = self.lent.take() else { return };
        let now = Instant::now();
        lent.core.metrics.hold.observe(now.saturating_duration_since(self.since));
        release(lent, now);
    }
}
