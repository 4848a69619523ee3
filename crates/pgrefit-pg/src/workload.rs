//! Runs the statements of an application: values as text, rows counted and not kept, prepared by name as drivers do it.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures_util::TryStreamExt;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Row, RowStream, Statement};

use crate::session::Session;
use crate::{Error, Migrator, ReadOnly, SimpleRow};

/// What a driver's error type looks like inside of `ToSql` and `FromSql`.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The values of `$1`, `$2`, … as text; `None` is NULL. The server reads each as a quoted literal of the type that it expects there.
pub type TextValues<'a> = &'a [Option<String>];

/// The time limits of one statement on the server; zero is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementLimits {
    /// `statement_timeout`.
    pub statement: Duration,
    /// `lock_timeout`.
    pub lock: Duration,
}

/// What came back of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Rows returned, or written if it returns none.
    pub rows: u64,
    /// From when it was sent to when its last row was here, without the transaction around it.
    pub took: Duration,
}

/// A statement that one session has prepared under a name. It belongs to that session.
#[derive(Debug, Clone)]
pub struct Prepared(Statement);

impl ReadOnly {
    /// Runs one statement in a `READ ONLY` transaction within `limits`, parsed and planned for these values, and counts its rows.
    ///
    /// # Errors
    /// What the server says, [`Error::ReadOnlyServer`] for a statement that writes; [`Error::Lost`] when the connection died.
    pub async fn run(
        &self,
        sql: &str,
        values: TextValues<'_>,
        limits: StatementLimits,
    ) -> Result<Answer, Error> {
        self.begin_within(limits).await?;
        let answer = run(self.session(), sql, values).await;
        self.end_after(answer).await
    }

    /// Runs one statement as [`Self::run`] does, and returns its rows as text. The columns must be of types whose binary form is
    /// their text: `text` and `json`.
    ///
    /// # Errors
    /// As [`Self::run`]; [`Error::Exchange`] for a column of another type.
    pub async fn texts(
        &self,
        sql: &str,
        values: TextValues<'_>,
        limits: StatementLimits,
    ) -> Result<Vec<SimpleRow>, Error> {
        self.begin_within(limits).await?;
        let answer = texts(self.session(), sql, values).await;
        self.end_after(answer).await
    }

    /// Runs a statement in a `READ ONLY` transaction within `limits`, prepared under a name. `slot` keeps what was prepared; it is
    /// filled by the first run.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_prepared(
        &self,
        slot: &mut Option<Prepared>,
        sql: &str,
        values: TextValues<'_>,
        limits: StatementLimits,
    ) -> Result<Answer, Error> {
        self.begin_within(limits).await?;
        let answer = run_prepared(self.session(), slot, sql, values).await;
        self.end_after(answer).await
    }
}

impl Migrator {
    /// Runs a statement in a transaction of its own, prepared under a name, within the limits of the session. `slot` keeps what was
    /// prepared; it is filled by the first run.
    ///
    /// # Errors
    /// What the server says; [`Error::Lost`] when the connection died.
    pub async fn run_prepared(
        &mut self,
        slot: &mut Option<Prepared>,
        sql: &str,
        values: TextValues<'_>,
    ) -> Result<Answer, Error> {
        run_prepared(self.session(), slot, sql, values).await
    }
}

async fn run(session: &Session, sql: &str, values: TextValues<'_>) -> Result<Answer, Error> {
    learn_types(session, sql, values.len()).await?;
    let begun = Instant::now();
    let rows = session.client.query_typed_raw(sql, typed(values)).await;
    let rows = count(session, rows.map_err(|error| session.last_words.error(error))?).await?;
    Ok(Answer { rows, took: begun.elapsed() })
}

/// Has the client learn the types of the result's columns. Of a type that is not built in, such as an enum, it asks the server
/// about it when it sees the first row: on the same connection, which does not answer before that result was read. With more
/// rows than fit on the way, both would wait for ever.
async fn learn_types(session: &Session, sql: &str, values: usize) -> Result<(), Error> {
    let described = session.client.prepare_typed(sql, &vec![Type::UNKNOWN; values]).await;
    described.map(drop).map_err(|error| session.last_words.error(error))
}

async fn run_prepared(
    session: &Session,
    slot: &mut Option<Prepared>,
    sql: &str,
    values: TextValues<'_>,
) -> Result<Answer, Error> {
    let lost = |error| session.last_words.error(error);
    if slot.is_none() {
        *slot = Some(Prepared(session.client.prepare(sql).await.map_err(lost)?));
    }
    let Some(Prepared(statement)) = slot else { return Err(Error::Exchange("nothing was prepared".into())) };
    if statement.params().len() != values.len() {
        return Err(Error::Exchange(miscounted(statement.params().len(), values.len()).into()));
    }
    let begun = Instant::now();
    let rows = session.client.query_raw(&*statement, values.iter().map(TextValue)).await;
    let rows = count(session, rows.map_err(lost)?).await?;
    Ok(Answer { rows, took: begun.elapsed() })
}

async fn texts(session: &Session, sql: &str, values: TextValues<'_>) -> Result<Vec<SimpleRow>, Error> {
    let text = |row: &Row, i| Ok(row.try_get::<_, Option<AnyText>>(i)?.map(|cell| cell.0));
    let read = |row: &Row| (0..row.len()).map(|i| text(row, i)).collect::<Result<_, _>>();
    rows(session, sql, values).await?.iter().map(|row| read(row).map_err(Error::in_session)).collect()
}

pub(crate) async fn rows(session: &Session, sql: &str, values: TextValues<'_>) -> Result<Vec<Row>, Error> {
    let lost = |error| session.last_words.error(error);
    let rows = session.client.query_typed_raw(sql, typed(values)).await.map_err(lost)?;
    pin!(rows).try_collect().await.map_err(lost)
}

/// Reads to the end; keeps no row.
async fn count(session: &Session, rows: RowStream) -> Result<u64, Error> {
    let mut rows = pin!(rows);
    let mut count = 0;
    while rows.try_next().await.map_err(|error| session.last_words.error(error))?.is_some() {
        count += 1;
    }
    Ok(if count == 0 { rows.rows_affected().unwrap_or(0) } else { count })
}

fn typed(values: TextValues<'_>) -> impl ExactSizeIterator<Item = (TextValue<'_>, Type)> {
    values.iter().map(|value| (TextValue(value), Type::UNKNOWN))
}

fn miscounted(wanted: usize, given: usize) -> String {
    format!("the statement has {wanted} parameters, and {given} values were given")
}

/// A value that is sent as text, whatever its type.
#[derive(Debug)]
struct TextValue<'a>(&'a Option<String>);

impl ToSql for TextValue<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Cause> {
        let Some(text) = self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    tokio_postgres::types::to_sql_checked!();
}

/// The text of a value of type `text` or `json`.
struct AnyText(String);

impl<'a> FromSql<'a> for AnyText {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Cause> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    fn accepts(type_: &Type) -> bool {
        *type_ == Type::TEXT || *type_ == Type::JSON
    }
}
