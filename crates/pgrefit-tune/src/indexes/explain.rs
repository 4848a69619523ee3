//! Plans and runs of one statement on the copy.

use std::collections::BTreeSet;
use std::time::Duration;

use pgrefit_pg::SimpleRow;
use serde_json::Value;

use super::Error;
use super::session::{Said, Session, literal};
use super::statement::Statement;

/// Switches off whatever would put a condition or an order anywhere but at a scan or a `Sort`; and has the plan made for parameters,
/// not for values.
const NAKED: &str = "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off; \
    SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off; \
    SET LOCAL enable_partition_pruning = off; SET LOCAL enable_partitionwise_join = off; SET LOCAL enable_partitionwise_aggregate = off; \
    SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off";
/// A run that takes longer is not repeated: its time is far above what chance adds.
const LONG: Duration = Duration::from_secs(1);

/// A statement that the session has prepared, with values.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) statement: Statement,
    name: String,
    /// What runs it, one for each list of values.
    executes: Vec<String>,
}

/// How the server would run a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) cost: f64,
    /// Names of the indexes in it.
    pub(super) indexes: BTreeSet<String>,
    /// Its nodes with what they read, to be compared.
    shape: String,
}

/// What running a statement took: the median of its runs, over its lists of values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Timing {
    /// The mean over its lists of values, in milliseconds.
    pub(super) mean_ms: f64,
    /// The slowest.
    pub(super) worst_ms: f64,
    /// The most blocks touched.
    pub(super) blocks: u64,
    /// Whether a run reached the limit.
    pub(super) is_cut: bool,
}

/// One run.
#[derive(Debug, Clone, Copy)]
struct Run {
    ms: f64,
    blocks: u64,
    is_cut: bool,
}

impl Ready {
    /// Prepares a statement under a name of its own. What the server has against it is an answer.
    pub(super) async fn prepare(
        session: &mut Session<'_>,
        statement: &Statement,
        number: usize,
    ) -> Result<Said<Self>, Error> {
        let name = format!("pgrefit_{number}");
        let sql = format!("PREPARE {name} AS {}", statement.sql.trim().trim_end_matches(';'));
        if let Err(refused) = session.single(&sql).await? {
            return Ok(Err(refused));
        }
        Ok(Ok(Self { statement: statement.clone(), name, executes: Vec::new() }))
    }

    /// The types of its parameters, as the server has settled them.
    pub(super) async fn parameter_types(&self, session: &mut Session<'_>) -> Result<Vec<String>, Error> {
        let sql = format!(
            "SELECT t::pg_catalog.text FROM pg_catalog.pg_prepared_statements AS p, \
             pg_catalog.unnest(p.parameter_types) WITH ORDINALITY AS u (t, n) WHERE p.name = '{}' ORDER BY u.n",
            self.name
        );
        Ok(session
            .must(&sql, "read the types of parameters")
            .await?
            .into_iter()
            .flatten()
            .flatten()
            .collect())
    }

    /// Gives it the values to be run with.
    pub(super) fn with_args(&mut self, args: &[Vec<Option<String>>]) {
        let execute = |values: &[Option<String>]| {
            let values: Vec<String> = values
                .iter()
                .map(|value| value.as_deref().map_or_else(|| "NULL".to_owned(), literal))
                .collect();
            let values = if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
            format!("EXECUTE {}{values}", self.name)
        };
        self.executes = args.iter().take(Statement::ARGS_MAX).map(|values| execute(values)).collect();
        if self.executes.is_empty() {
            self.executes.push(execute(&[]));
        }
    }

    /// The plan in which no index is used, for parameters instead of values.
    pub(super) async fn naked(
        &self,
        session: &mut Session<'_>,
        parameters: usize,
    ) -> Result<Said<Value>, Error> {
        let nulls = vec!["NULL"; parameters].join(", ");
        let values = if nulls.is_empty() { nulls } else { format!(" ({nulls})") };
        let sql = format!("BEGIN; {NAKED}; EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE {}{values}", self.name);
        let answer = session.say(&sql).await;
        session.settle("ROLLBACK").await?.map_err(|_| Error::Unexpected("ROLLBACK"))?;
        Ok(match answer? {
            Ok(rows) => Ok(plan(&rows)?.0),
            Err(refused) => Err(refused),
        })
    }

    /// The plan for the first list of values, as the database is now; of all lists together where they differ.
    pub(super) async fn plan(&self, session: &mut Session<'_>) -> Result<Said<Plan>, Error> {
        let mut found = Plan::default();
        for execute in &self.executes {
            match guarded(session, &format!("EXPLAIN (FORMAT JSON) {execute}")).await? {
                Ok(rows) => add_plan(&plan(&rows)?.0, &mut found),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(found))
    }

    /// Runs it within a transaction; whatever it writes is taken back at once.
    pub(super) async fn measure(
        &self,
        session: &mut Session<'_>,
        runs: usize,
        limit: Duration,
    ) -> Result<Said<Timing>, Error> {
        let mut all = Vec::with_capacity(self.executes.len());
        for execute in &self.executes {
            match measure_one(session, execute, runs, limit).await? {
                Ok(run) => all.push(run),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(Timing::of(&all)))
    }
}

impl Timing {
    #[expect(clippy::cast_precision_loss, reason = "at most four lists of values")]
    fn of(runs: &[Run]) -> Self {
        Self {
            mean_ms: runs.iter().map(|run| run.ms).sum::<f64>() / runs.len().max(1) as f64,
            worst_ms: runs.iter().map(|run| run.ms).fold(0.0, f64::max),
            blocks: runs.iter().map(|run| run.blocks).max().unwrap_or_default(),
            is_cut: runs.iter().any(|run| run.is_cut),
        }
    }

    /// The median of several.
    pub(super) fn median(all: &[Self]) -> Self {
        let of = |pick: fn(&Self) -> f64| median(all.iter().map(pick).collect());
        let mut blocks: Vec<u64> = all.iter().map(|timing| timing.blocks).collect();
        blocks.sort_unstable();
        Self {
            mean_ms: of(|timing| timing.mean_ms),
            worst_ms: of(|timing| timing.worst_ms),
            blocks: blocks.get(blocks.len() / 2).copied().unwrap_or_default(),
            is_cut: all.iter().any(|timing| timing.is_cut),
        }
    }

    /// Whether repeating it would take long and tell little.
    pub(super) fn is_long(&self) -> bool {
        self.worst_ms > LONG.as_secs_f64() * 1000.0
    }
}

impl Plan {
    /// Whether a run would go the same way.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.shape == other.shape
    }
}

/// One run to warm up, then the median of the others.
async fn measure_one(
    session: &mut Session<'_>,
    execute: &str,
    runs: usize,
    limit: Duration,
) -> Result<Said<Run>, Error> {
    let sql = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY, FORMAT JSON) {execute}");
    let mut all: Vec<Run> = Vec::with_capacity(runs + 1);
    for number in 0..=runs {
        let run = match guarded(session, &sql).await? {
            Ok(rows) => run(&rows)?,
            Err(refused) if is_timeout(&refused) => {
                return Ok(Ok(Run { ms: limit.as_secs_f64() * 1000.0, blocks: 0, is_cut: true }));
            }
            Err(refused) => return Ok(Err(refused)),
        };
        all.push(run);
        if run.ms > LONG.as_secs_f64() * 1000.0 && number > 0 {
            break;
        }
    }
    let counted = &all[1.min(all.len() - 1)..];
    let blocks = counted.last().map_or(0, |run| run.blocks);
    Ok(Ok(Run { ms: median(counted.iter().map(|run| run.ms).collect()), blocks, is_cut: false }))
}

fn is_timeout(error: &pgrefit_pg::Error) -> bool {
    error.server().is_some_and(|server| server.sqlstate == "57014")
}

/// Runs SQL in the open transaction and takes back what it wrote, so that neither an error nor a write stays.
pub(super) async fn guarded(session: &mut Session<'_>, sql: &str) -> Result<Said<Vec<SimpleRow>>, Error> {
    let answer = session.say(&format!("SAVEPOINT pgrefit_run; {sql}")).await?;
    let back = session.settle("ROLLBACK TO SAVEPOINT pgrefit_run; RELEASE SAVEPOINT pgrefit_run").await?;
    back.map_err(|source| Error::Database { doing: "take a run back", source: *source })?;
    Ok(answer)
}

/// The plan and the object around it.
pub(super) fn plan(rows: &[SimpleRow]) -> Result<(Value, Value), Error> {
    let text = rows.iter().flatten().flatten().next().ok_or(Error::Unexpected("EXPLAIN"))?;
    let mut answer: Value = serde_json::from_str(text).map_err(|_| Error::Unexpected("EXPLAIN"))?;
    let whole = answer.get_mut(0).map(Value::take).ok_or(Error::Unexpected("EXPLAIN"))?;
    let plan = whole.get("Plan").cloned().ok_or(Error::Unexpected("EXPLAIN"))?;
    Ok((plan, whole))
}

fn run(rows: &[SimpleRow]) -> Result<Run, Error> {
    let (plan, whole) = plan(rows)?;
    let time = |key: &str| whole.get(key).and_then(Value::as_f64);
    let execution = time("Execution Time").ok_or(Error::Unexpected("EXPLAIN (ANALYZE)"))?;
    let count = |key: &str| plan.get(key).and_then(Value::as_u64).unwrap_or_default();
    Ok(Run {
        ms: execution + time("Planning Time").unwrap_or_default(),
        blocks: count("Shared Hit Blocks") + count("Shared Read Blocks"),
        is_cut: false,
    })
}

fn add_plan(node: &Value, found: &mut Plan) {
    found.cost += node.get("Total Cost").and_then(Value::as_f64).unwrap_or_default();
    add_node(node, found);
}

/// `serde_json` reads at most 128 levels, so that this ends.
fn add_node(node: &Value, found: &mut Plan) {
    let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
    for key in ["Node Type", "Relation Name", "Alias", "Index Name", "Scan Direction", "Join Type"] {
        found.shape.push_str(text(key));
        found.shape.push('/');
    }
    found.shape.push('\n');
    if let Some(index) = node.get("Index Name").and_then(Value::as_str) {
        found.indexes.insert(index.to_owned());
    }
    for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        add_node(child, found);
    }
}

/// The middle value; of an even number the lower of the two.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn medians() {
        let check =
            |values: &[f64], expected: f64| assert!((median(values.to_vec()) - expected).abs() < 1e-9);
        check(&[], 0.0);
        check(&[3.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 2.0, 3.0], 2.0);
    }

    #[test]
    fn a_plan_names_its_indexes() {
        let node = json!({ "Node Type": "Bitmap Heap Scan", "Relation Name": "t", "Total Cost": 5.5, "Plans": [
            { "Node Type": "Bitmap Index Scan", "Index Name": "t_a" }, { "Node Type": "Bitmap Index Scan", "Index Name": "t_b" }] });
        let mut found = Plan::default();
        add_plan(&node, &mut found);
        assert_eq!(found.indexes, BTreeSet::from(["t_a".to_owned(), "t_b".to_owned()]));
        assert!((found.cost - 5.5).abs() < 1e-9 && found.is_like(&found.clone()));
    }

    #[test]
    fn what_is_no_plan_is_told() {
        for text in ["", "[]", "{}", "[{}]"] {
            assert!(plan(&[vec![Some(text.to_owned())]]).is_err(), "{text}");
        }
        assert!(plan(&[]).is_err());
    }
}
