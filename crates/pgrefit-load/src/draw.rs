//! Has the database give a workload its values.

use std::time::Duration;

use pgrefit_pg::{ReadOnly, StatementLimits};

use crate::generate::{Generator, Source, Value};
use crate::{Error, LoadStatement, ParamSource, Params, Workload};

/// For a query that gives values.
const LIMITS: StatementLimits =
    StatementLimits { statement: Duration::from_mins(5), lock: Duration::from_secs(2) };

/// A workload with the values of its parameters, ready to run. It can be run more than once.
#[derive(Debug, Clone)]
pub struct Drawn {
    name: String,
    statements: Vec<DrawnStatement>,
}

/// A statement with what its values are drawn from.
#[derive(Debug, Clone)]
pub(crate) struct DrawnStatement {
    pub(crate) statement: LoadStatement,
    pub(crate) source: Source,
}

/// Runs the queries that give values, each in a `READ ONLY` transaction of its own, and keeps what they give.
///
/// They have five minutes each, and wait two seconds for a lock. What is drawn by lot is drawn when the load runs, by
/// [`LoadOptions::seed`](crate::LoadOptions::seed).
///
/// # Errors
/// [`Error::Workload`] as of [`Workload::check`]; [`Error::Draw`], [`Error::NoValues`].
pub async fn draw(session: &ReadOnly, workload: &Workload) -> Result<Drawn, Error> {
    workload.check()?;
    let mut statements = Vec::with_capacity(workload.statements.len());
    for statement in &workload.statements {
        let source = source(session, statement).await?;
        statements.push(DrawnStatement { statement: statement.clone(), source });
    }
    Ok(Drawn { name: workload.name.clone(), statements })
}

impl Drawn {
    /// The name of the workload.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its statements.
    #[must_use]
    pub fn statements(&self) -> impl ExactSizeIterator<Item = &LoadStatement> {
        self.statements.iter().map(|drawn| &drawn.statement)
    }

    /// A workload of one statement without parameters.
    #[cfg(test)]
    pub(crate) fn of_one(sql: &str) -> Self {
        let statement = LoadStatement::new("one", sql);
        Self {
            name: "one".to_owned(),
            statements: vec![DrawnStatement { statement, source: Source::Each(Vec::new()) }],
        }
    }

    pub(crate) fn drawn(&self) -> &[DrawnStatement] {
        &self.statements
    }

    /// Lists of values as a run may send them for the statement of this name, for instance to `EXPLAIN` it with; none for an
    /// unknown name. The same seed gives the same lists.
    #[must_use]
    pub fn values(&self, statement: &str, count: usize, seed: u64) -> Vec<Vec<Option<String>>> {
        let Some(found) = self.statements.iter().find(|drawn| drawn.statement.name == statement) else {
            return Vec::new();
        };
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut list = || {
            let mut values = Vec::new();
            found.source.draw(&mut rng, &mut |value: Option<&[u8]>| {
                values.push(value.map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
            });
            values
        };
        (0..count).map(|_| list()).collect()
    }

    /// The load of one statement alone, whatever its weight; `None` for an unknown name.
    #[must_use]
    pub fn only(&self, statement: &str) -> Option<Self> {
        let mut found = self.statements.iter().find(|drawn| drawn.statement.name == statement)?.clone();
        found.statement.weight = 1;
        Some(Self { name: self.name.clone(), statements: vec![found] })
    }

    /// The same without the statements for which `keep` is false; `None` when none is left.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&LoadStatement) -> bool) -> Option<Self> {
        let kept = self.statements.iter().filter(|drawn| keep(&drawn.statement));
        let statements: Vec<_> = kept.cloned().collect();
        (!statements.is_empty()).then(|| Self { name: self.name.clone(), statements })
    }
}

async fn source(session: &ReadOnly, statement: &LoadStatement) -> Result<Source, Error> {
    match &statement.params {
        Params::Rows(rows) => Ok(Source::Rows(
            rows.iter().map(|row| row.iter().map(|text| value(text.as_deref())).collect()).collect(),
        )),
        Params::Query { sql, rows_max } => {
            let rows = ask(session, &statement.name, sql, *rows_max).await?;
            Ok(Source::Rows(
                rows.iter().map(|row| row.iter().map(|text| value(text.as_deref())).collect()).collect(),
            ))
        }
        Params::Each(sources) => {
            let mut generators = Vec::with_capacity(sources.len());
            for source in sources {
                generators.push(generator(session, &statement.name, source).await?);
            }
            Ok(Source::Each(generators))
        }
    }
}

async fn generator(session: &ReadOnly, statement: &str, source: &ParamSource) -> Result<Generator, Error> {
    let ParamSource::Query { sql, rows_max } = source else { return Ok(Generator::of(source)) };
    let rows = ask(session, statement, sql, *rows_max).await?;
    let first = rows.into_iter().filter_map(|row| row.into_iter().next());
    Ok(Generator::Values(first.map(|text| value(text.as_deref())).collect()))
}

fn value(text: Option<&str>) -> Value {
    text.map(|text| text.as_bytes().into())
}

/// The rows of a query, every value as text in the order of the columns, which may have any type and name: JSON has them by
/// column, also those of the same name, and the server takes no second command where it is asked for rows.
async fn ask(
    session: &ReadOnly,
    statement: &str,
    sql: &str,
    rows_max: usize,
) -> Result<Vec<Vec<Option<String>>>, Error> {
    let sql = format!(
        "SELECT (SELECT pg_catalog.json_agg(cell.value ORDER BY cell.ordinality) \
         FROM pg_catalog.json_each_text(pg_catalog.row_to_json(drawn)) WITH ORDINALITY AS cell) \
         FROM ({sql}\n) AS drawn LIMIT {rows_max}"
    );
    let failed = |source| Error::Draw { statement: statement.to_owned(), source };
    let rows = session.texts(&sql, &[], LIMITS).await.map_err(failed)?;
    let none = |what: &str| Error::NoValues { statement: statement.to_owned(), what: what.to_owned() };
    let read = |row: Vec<Option<String>>| {
        let json = row.into_iter().next().flatten()?;
        serde_json::from_str::<Vec<Option<String>>>(&json).ok()
    };
    let rows: Option<Vec<_>> = rows.into_iter().map(read).collect();
    match rows {
        None => Err(none("its query gives no columns")),
        Some(rows) if rows.is_empty() => Err(none("its query gives no row")),
        Some(rows) => Ok(rows),
    }
}
