//! Runs statements on a connection, inside and outside of a transaction: prepared once, and again when the schema has changed.

use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use crate::core::Core;
use crate::slot::Slot;
use crate::statements::Statements;
use crate::types::Parameters;
use crate::wire::{Mark, Watch, Wire};
use crate::{Error, Pooling};

type PgError = tokio_postgres::Error;
type Params<'p> = &'p [&'p (dyn ToSql + Sync)];

/// What it takes to run a statement.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) client: &'a Client,
    pub(crate) link: Link<'a>,
}

/// The same without the client, which a transaction has borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Link<'a> {
    pub(crate) wire: &'a Wire,
    pub(crate) statements: &'a Statements,
    pub(crate) last_words: &'a pgrefit_pg::LastWords,
    pub(crate) core: &'a Core,
}

/// One way to send a statement.
enum Way {
    /// By its name on the server.
    Prepared(Statement),
    /// With its text and the types of its parameters.
    Typed(Parameters),
}

/// Declares one kind of call, in both ways.
macro_rules! calls {
    ($($name:ident, $typed:ident -> $result:ty;)+) => {
        impl Line<'_> {
            $(pub(crate) async fn $name(self, sql: &str, params: Params<'_>) -> Result<$result, Error> {
                let watch = Watch::new(self.link.wire);
                let mut is_first = true;
                let result = loop {
                    let way = match self.way(sql).await {
                        Ok(way) => way,
                        Err(error) => break Err(error),
                    };
                    let answer = match &way {
                        Way::Typed(types) if types.len() != params.len() => {
                            watch.done();
                            return Err(Error::Parameters { wanted: types.len(), given: params.len() });
                        }
                        Way::Prepared(statement) => self.client.$name(statement, params).await,
                        Way::Typed(types) => self.client.$typed(sql, &typed(params, types)).await,
                    };
                    match answer {
                        Err(error) if self.is_worth_another(sql, &error, std::mem::take(&mut is_first)) => {}
                        answer => break answer,
                    }
                };
                // Also after an error of this side, such as a row that is missing: what it left of the answer is seen on the wire.
                watch.done();
                result.map_err(|error| self.link.error_of_query(error))
            })+
        }
    };
}

calls! {
    query, query_typed -> Vec<Row>;
    query_one, query_typed_one -> Row;
    query_opt, query_typed_opt -> Option<Row>;
    execute, execute_typed -> u64;
}

impl Line<'_> {
    /// Runs statements without parameters, as a simple query.
    pub(crate) async fn batch(self, sql: &str) -> Result<(), Error> {
        self.watched(self.client.batch_execute(sql)).await
    }

    /// The prepared statement, from the cache if it is there.
    pub(crate) async fn prepare(self, sql: &str) -> Result<Statement, Error> {
        self.watched(self.prepared(sql)).await
    }

    async fn watched<T>(self, work: impl Future<Output = Result<T, PgError>>) -> Result<T, Error> {
        let watch = Watch::new(self.link.wire);
        let result = work.await;
        watch.done();
        let value = result.map_err(|error| self.link.error(error))?;
        self.link.adds_up().map(|()| value)
    }

    async fn way(self, sql: &str) -> Result<Way, PgError> {
        match self.link.core.config.pooling {
            Pooling::Session => self.prepared(sql).await.map(Way::Prepared),
            Pooling::Transaction => self.types(sql).await.map(Way::Typed),
        }
    }

    async fn prepared(self, sql: &str) -> Result<Statement, PgError> {
        let Link { wire, statements, core, .. } = self.link;
        if wire.clear(Mark::Deallocated) {
            statements.clear();
        }
        if let Some(statement) = statements.get(sql) {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        if has_types_to_look_up(&statement) {
            wire.mark(Mark::Typed);
        }
        core.metrics.prepared.add_one();
        if statements.put(sql, statement.clone()) {
            core.metrics.evicted.add_one();
        }
        Ok(statement)
    }

    async fn types(self, sql: &str) -> Result<Parameters, PgError> {
        if let Some(types) = self.link.core.types.get(sql) {
            return Ok(types);
        }
        let types = if self.link.wire.is_outside_transaction() {
            self.ask_types_in_transaction(sql).await?
        } else {
            self.ask_types(sql).await?
        };
        Ok(self.link.core.types.put(sql, &types))
    }

    /// The transaction keeps the backend for as long as the statement has a name there.
    async fn ask_types_in_transaction(self, sql: &str) -> Result<Vec<Type>, PgError> {
        self.client.batch_execute("BEGIN").await?;
        match self.ask_types(sql).await {
            Ok(types) => self.client.batch_execute("COMMIT").await.map(|()| types),
            Err(error) => {
                // The first error says more than that of the rollback, after which the connection is not clean anyway.
                let _ = self.client.batch_execute("ROLLBACK").await;
                Err(error)
            }
        }
    }

    async fn ask_types(self, sql: &str) -> Result<Vec<Type>, PgError> {
        let statement = self.client.prepare(sql).await?;
        self.link.core.metrics.prepared.add_one();
        Ok(statement.params().to_vec())
    }

    /// Forgets what made the statement fail; true if it may be sent again at once.
    fn is_worth_another(self, sql: &str, error: &PgError, is_first: bool) -> bool {
        let Link { wire, statements, core, .. } = self.link;
        let Some(error) = error.as_db_error() else { return false };
        match core.config.pooling {
            Pooling::Session if is_plan_useless(error) => {
                statements.forget(sql);
                core.metrics.replanned.add_one();
            }
            Pooling::Transaction if are_types_wrong(error) => core.types.forget(sql),
            _ => return false,
        }
        // Inside of a transaction everything fails until it is rolled back. The status is that of the answer before: this one
        // comes in two pieces, the error first.
        is_first && wire.is_outside_transaction()
    }
}

impl<'a> Line<'a> {
    pub(crate) fn of(slot: &'a Slot) -> Self {
        Self { client: &slot.client, link: Link::of(slot) }
    }
}

impl<'a> Link<'a> {
    fn of(slot: &'a Slot) -> Self {
        Self {
            wire: &slot.wire,
            statements: &slot.statements,
            last_words: &slot.last_words,
            core: &slot.core,
        }
    }

    /// Whether an answer that means success can be believed: after a COPY that was refused, it may be that of the request before.
    ///
    /// # Errors
    /// [`Error::Statement`]: the connection counts as lost.
    pub(crate) fn adds_up(self) -> Result<(), Error> {
        if self.wire.has(Mark::Lost) {
            return Err(Error::Statement(pgrefit_pg::Error::Lost { server: None, source: None }));
        }
        Ok(())
    }

    pub(crate) fn error(self, error: PgError) -> Error {
        let is_named = error.code().is_some_and(is_name_wrong);
        let error = self.last_words.error(error);
        if is_named && self.core.config.pooling == Pooling::Transaction {
            return Error::WrongBackend(error);
        }
        Error::Statement(error)
    }

    fn error_of_query(self, error: PgError) -> Error {
        if error.as_db_error().is_some_and(is_plan_useless) {
            return Error::PlanChanged(self.last_words.error(error));
        }
        self.error(error)
    }
}

/// `cached plan must not change result type`: a column was added to a table of which all are selected, or its type was changed.
/// The message may be in any language; the routine that reports it is not. Nothing has been executed.
fn is_plan_useless(error: &DbError) -> bool {
    *error.code() == SqlState::FEATURE_NOT_SUPPORTED && error.routine() == Some("RevalidateCachedQuery")
}

fn has_types_to_look_up(statement: &Statement) -> bool {
    let columns = statement.columns().iter().map(tokio_postgres::Column::type_);
    columns.chain(statement.params()).any(|of| Type::from_oid(of.oid()).is_none())
}

/// A statement's name is missing on the server, or is there already.
fn is_name_wrong(code: &SqlState) -> bool {
    [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT].contains(code)
}

/// The types that were known are not those of the statement any more. Nothing has been executed: a value does not have the form of its
/// type, which is seen first of all; or the statement cannot be understood. A function that is in the same trouble while it runs says
/// where.
fn are_types_wrong(error: &DbError) -> bool {
    let code = error.code();
    let is_misunderstood = [SqlState::DATATYPE_MISMATCH, SqlState::UNDEFINED_FUNCTION].contains(code);
    *code == SqlState::INVALID_BINARY_REPRESENTATION || is_misunderstood && error.where_().is_none()
}

fn typed<'p>(params: Params<'p>, types: &Parameters) -> Vec<(&'p (dyn ToSql + Sync), Type)> {
    params.iter().zip(types.iter()).map(|(value, of)| (*value, of.clone())).collect()
}
