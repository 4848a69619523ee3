//! A transaction on a connection of the pool.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use crate::Error;
use crate::line::{Line, Link};
use crate::wire::{Mark, Watch};

/// A transaction, or a part of one that can be rolled back on its own. It is rolled back when it is dropped.
#[must_use = "it is rolled back when it is dropped"]
pub struct Transaction<'a> {
    /// There until the end.
    inner: Option<tokio_postgres::Transaction<'a>>,
    link: Link<'a>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(inner: tokio_postgres::Transaction<'a>, link: Link<'a>) -> Self {
        Self { inner: Some(inner), link }
    }

    fn inner(&self) -> &tokio_postgres::Transaction<'a> {
        match &self.inner {
            Some(inner) => inner,
            None => unreachable!("only its end takes it"),
        }
    }

    fn line(&self) -> Line<'_> {
        Line { client: self.inner().client(), link: self.link }
    }

    /// The rows of a query, prepared as [`crate::Connection::query`] does. A change of the schema that makes the prepared statement
    /// useless fails the transaction; doing the whole transaction again succeeds ([`crate::Pool::transaction`] does that).
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.line().query(sql, params).await
    }

    /// The one row of a query.
    ///
    /// # Errors
    /// [`Error::Statement`], also when there is no row, or more than one.
    pub async fn query_one(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.line().query_one(sql, params).await
    }

    /// The row of a query, if there is one.
    ///
    /// # Errors
    /// [`Error::Statement`], also when there is more than one row.
    pub async fn query_opt(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>, Error> {
        self.line().query_opt(sql, params).await
    }

    /// Runs a statement and returns how many rows it changed.
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

    /// The statement, prepared now or before; of use only on this connection.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn prepare_cached(&self, sql: &str) -> Result<Statement, Error> {
        self.line().prepare(sql).await
    }

    /// tokio-postgres' own transaction, for what this one lacks, such as COPY and portals.
    #[must_use]
    pub fn bare(&self) -> &tokio_postgres::Transaction<'a> {
        self.link.wire.mark(Mark::Bare);
        self.inner()
    }

    /// Begins a part that can be rolled back on its own.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn savepoint(&mut self) -> Result<Transaction<'_>, Error> {
        let link = self.link;
        let Some(inner) = &mut self.inner else { unreachable!("only its end takes it") };
        let watch = Watch::new(link.wire);
        let begun = inner.transaction().await;
        watch.done();
        Ok(Transaction::new(begun.map_err(|error| link.error(error))?, link))
    }

    /// Commits.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement had failed: the server then rolls back and calls that a success.
    /// [`Error::CommitUnknown`] when the connection was lost meanwhile; [`Error::Statement`] for a deferred constraint, or a
    /// conflict of serializable transactions.
    pub async fn commit(mut self) -> Result<(), Error> {
        let link = self.link;
        if link.wire.has(Mark::Bare) {
            self.hear_out().await?;
        }
        let Some(inner) = self.inner.take() else { return Ok(()) };
        link.wire.clear(Mark::RolledBack);
        let watch = Watch::new(link.wire);
        let committed = inner.commit().await;
        watch.done();
        match committed.map_err(|error| link.last_words.error(error)) {
            Ok(()) if link.wire.has(Mark::RolledBack) => Err(Error::RolledBack),
            Ok(()) => Ok(()),
            Err(error @ pgrefit_pg::Error::Lost { .. }) => Err(Error::CommitUnknown(error)),
            Err(error) => Err(Error::Statement(error)),
        }
    }

    /// Waits until everything that was sent is answered, so that no stray answer to a COPY that was refused passes for that to the
    /// commit. Then the connection is lost, and the transaction with it.
    async fn hear_out(&self) -> Result<(), Error> {
        let watch = Watch::new(self.link.wire);
        let answer = self.inner().client().check_connection().await;
        watch.done();
        answer.map_err(|error| self.link.error(error))?;
        self.link.adds_up()
    }

    /// Rolls back, and waits until that is done.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn rollback(mut self) -> Result<(), Error> {
        let Some(inner) = self.inner.take() else { return Ok(()) };
        let watch = Watch::new(self.link.wire);
        let done = inner.rollback().await;
        watch.done();
        done.map_err(|error| self.link.error(error))
    }
}

impl std::fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // The rollback that follows has not been sent when the connection comes back.
        if self.inner.is_some() {
            self.link.wire.mark(Mark::RollingBack);
        }
    }
}
