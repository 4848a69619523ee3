//! The plan of each statement: its shape and identifier before the load, its blocks and times after it, so that `EXPLAIN` warms
//! no cache for what is measured.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_load::{Drawn, LoadStatement};
use pgrefit_pg::{ReadOnly, StatementLimits, Stop};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::measure::facts::relation_rows;
use crate::measure::guard::Guard;
use crate::plan::buffers;
use crate::{Buffers, Error, PlanShape, Trouble};

/// `lock_timeout`: an explanation must not queue behind DDL, and have others queue behind it.
const LOCK_LIMIT: Duration = Duration::from_millis(100);

/// What `EXPLAIN` said of one statement, with one list of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The statement's name.
    pub name: String,
    /// The values that it was explained with.
    pub values: Vec<Option<String>>,
    /// Its plan; none if `EXPLAIN` failed.
    pub shape: Option<PlanShape>,
    /// Rows of the relations in it, as the planner believes.
    pub relation_rows: BTreeMap<String, u64>,
    /// The identifier under which `pg_stat_statements` counts it.
    pub query_id: Option<String>,
    /// The whole answer of `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)`; none for a statement that writes, which is not run for it.
    pub analyzed: Option<Value>,
    /// The blocks in it.
    pub buffers: Option<Buffers>,
    /// What went wrong.
    pub trouble: Option<Trouble>,
}

/// Asks one session about each statement; what goes wrong is told with the statement.
pub(super) struct Explainer<'a> {
    pub(super) session: &'a ReadOnly,
    pub(super) stop: &'a Stop,
    pub(super) limit: Duration,
    pub(super) seed: u64,
}

impl Explainer<'_> {
    /// The plan of each statement, without running it. Takes ACCESS SHARE on what it reads.
    pub(super) async fn shapes(&self, drawn: &Drawn) -> Vec<Explained> {
        let mut all = Vec::with_capacity(drawn.statements().len());
        for statement in drawn.statements() {
            if self.stop.is_requested() {
                break;
            }
            all.push(self.shape(drawn, statement).await);
        }
        all
    }

    async fn shape(&self, drawn: &Drawn, statement: &LoadStatement) -> Explained {
        let values = drawn.values(&statement.name, 1, self.seed).into_iter().next().unwrap_or_default();
        let mut explained = Explained {
            name: statement.name.clone(),
            values,
            shape: None,
            relation_rows: BTreeMap::new(),
            query_id: None,
            analyzed: None,
            buffers: None,
            trouble: None,
        };
        if let Err(error) = self.add_shape(statement, &mut explained).await {
            explained.trouble = Some(trouble(&error));
        }
        explained
    }

    async fn add_shape(&self, statement: &LoadStatement, explained: &mut Explained) -> Result<(), Error> {
        let answer = self.explain("VERBOSE", &statement.sql, &explained.values).await?;
        explained.query_id = query_id(&answer);
        let shape = PlanShape::parse(&answer)?;
        let rows = relation_rows(self.session, std::slice::from_ref(&shape));
        explained.relation_rows = self.guard().run(rows).await?;
        explained.shape = Some(shape);
        Ok(())
    }

    /// Runs each statement that only reads once more, for its blocks and the times of its nodes, in a `READ ONLY` transaction.
    pub(super) async fn analyze(&self, drawn: &Drawn, all: &mut [Explained]) {
        for explained in all {
            let statement = drawn.statements().find(|statement| statement.name == explained.name);
            let is_sound = explained.trouble.is_none() && !self.stop.is_requested();
            let Some(statement) = statement.filter(|it| !it.writes && is_sound) else { continue };
            if let Err(error) = self.add_analysis(statement, explained).await {
                explained.trouble = Some(trouble(&error));
            }
        }
    }

    async fn add_analysis(&self, statement: &LoadStatement, explained: &mut Explained) -> Result<(), Error> {
        let answer = self.explain("ANALYZE, BUFFERS", &statement.sql, &explained.values).await?;
        explained.buffers = Some(buffers(&answer)?);
        explained.analyzed = serde_json::from_str(&answer).ok();
        Ok(())
    }

    async fn explain(&self, how: &str, sql: &str, values: &[Option<String>]) -> Result<String, Error> {
        let sql = format!("EXPLAIN ({how}, FORMAT JSON) {sql}");
        let limits = StatementLimits { statement: self.limit, lock: LOCK_LIMIT.min(self.limit) };
        let mut rows = self.guard().run(self.session.texts(&sql, values, limits)).await?;
        rows.pop().and_then(|mut row| row.pop()?).ok_or(Error::Unexpected("EXPLAIN"))
    }

    fn guard(&self) -> Guard<'_> {
        Guard { session: self.session, stop: self.stop, limit: self.limit }
    }
}

fn trouble(error: &Error) -> Trouble {
    match error {
        Error::Database(error) => Trouble::of(error),
        other => Trouble { sqlstate: None, message: other.to_string(), hint: other.hint() },
    }
}

/// From PostgreSQL 14 on, if `compute_query_id` is on.
fn query_id(json: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(json).ok()?;
    answer.get(0)?.get("Query Identifier")?.as_i64().map(|id| id.to_string())
}

impl Explained {
    /// The time of execution that `EXPLAIN (ANALYZE)` told, in milliseconds.
    #[must_use]
    pub fn execution_ms(&self) -> Option<f64> {
        self.analyzed.as_ref()?.get(0)?.get("Execution Time")?.as_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::query_id;

    #[test]
    fn identifiers_are_read() {
        let check =
            |json: &str, expected: Option<&str>| assert_eq!(query_id(json).as_deref(), expected, "{json}");
        check(r#"[{"Plan": {}, "Query Identifier": -8021417563923714583}]"#, Some("-8021417563923714583"));
        check(r#"[{"Plan": {}}]"#, None);
        check("[]", None);
        check("", None);
    }
}
