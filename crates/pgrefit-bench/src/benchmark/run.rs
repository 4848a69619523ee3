//! The benchmark of one database.

use std::collections::BTreeMap;

use pgrefit_load::{Drawn, LoadOptions, LoadRun, Workload, draw, statistics};
use pgrefit_pg::{Connector, ReadOnly, Stop};
use tokio::time::sleep;

use super::counters::Reading;
use super::explain::Explainer;
use super::guarded::{Guarded, guarded};
use super::repeats::{begun, merged, round};
use super::result::queries;
use super::{BenchOptions, BenchResult, Counters, Ending, Environment, Event, Explained, Phase, flush_time};
use crate::Error;
use crate::guard::{Watch, own_name};

/// Runs a workload against a database and keeps everything that came back.
///
/// Before it: settings, values, the plan of each statement (without running it), the quiet of the database, a reading of its
/// counters. Then the load, with the guard beside it. After it: the counters once more, and `EXPLAIN (ANALYZE, BUFFERS)` of each
/// statement that only reads. Statements that write are left out, and named, if the load is read-only.
///
/// Its sessions bear a name of their own ([`own_name`]), whatever the settings say, so that the guard sees everybody else.
/// Takes ACCESS SHARE on what the statements read, never waiting longer than 100 ms for a lock outside of the load itself.
///
/// # Errors
/// [`Error::Stopped`] if it was stopped before the load began; no session, values or connections; a statement that the server does
/// not take; options that make no sense. A load that the guard or somebody ended is a result: see [`BenchResult::ending`].
pub async fn run(
    connector: &Connector,
    workload: &Workload,
    options: &BenchOptions,
    stop: &Stop,
    on_event: &(dyn Fn(Event<'_>) + Sync),
) -> Result<BenchResult, Error> {
    options.check()?;
    let _heed = stop.heed();
    let connector = connector.clone().under_name(own_name("bench"));
    let bench = Bench { connector: &connector, options, stop, on_event };
    let prepared = tokio::select! {
        prepared = bench.prepare(workload) => prepared?,
        () = stop.requested() => return Err(Error::Stopped),
    };
    Box::pin(bench.measure(prepared)).await
}

struct Bench<'a> {
    connector: &'a Connector,
    options: &'a BenchOptions,
    stop: &'a Stop,
    on_event: &'a (dyn Fn(Event<'_>) + Sync),
}

/// What is there before the load runs.
struct Prepared {
    session: ReadOnly,
    environment: Environment,
    drawn: Drawn,
    left_out: Vec<String>,
    plans: Vec<Explained>,
    ids: BTreeMap<String, String>,
    watch: Watch,
    before: Reading,
}

impl Bench<'_> {
    async fn prepare(&self, workload: &Workload) -> Result<Prepared, Error> {
        (self.on_event)(Event::Phase(Phase::Preparing));
        let session = self.connector.read_only().await?;
        let environment = Environment::read(self.connector, &session).await?;
        let (drawn, left_out) = draw_for(&session, workload, &self.options.load).await?;
        let plans = self.explainer(&session).shapes(&drawn).await;
        let ids = plans.iter().filter_map(|plan| Some((plan.name.clone(), plan.query_id.clone()?))).collect();
        (self.on_event)(Event::Phase(Phase::LookingAtQuiet));
        let watch = Watch::begin(self.connector, self.options.guard).await?;
        let before = Reading::take(&session, &ids).await?;
        Ok(Prepared { session, environment, drawn, left_out, plans, ids, watch, before })
    }

    fn explainer<'a>(&'a self, session: &'a ReadOnly) -> Explainer<'a> {
        Explainer {
            session,
            stop: self.stop,
            limit: self.options.explain_limit,
            seed: self.options.load.seed,
        }
    }

    async fn measure(&self, mut prepared: Prepared) -> Result<BenchResult, Error> {
        (self.on_event)(Event::Phase(Phase::Running));
        let inner = Stop::default();
        let runs = self.runs(&prepared.drawn, &inner);
        let guarded = guarded(runs, &mut prepared.watch, &inner, self.stop, self.on_event).await;
        let Guarded { outcome, suffering } = guarded;
        let runs = outcome?;
        (self.on_event)(Event::Phase(Phase::Explaining));
        let ending = match suffering {
            Some(suffering) => Ending::Suffered(suffering),
            None if self.stop.is_requested() => Ending::Stopped,
            None => Ending::Completed,
        };
        self.conclude(prepared, runs, ending).await
    }

    async fn runs(&self, drawn: &Drawn, inner: &Stop) -> Result<Vec<LoadRun>, Error> {
        let mut runs = Vec::with_capacity(self.options.repeat);
        for number in 1..=self.options.repeat {
            if number > 1 && inner.is_requested() {
                break;
            }
            (self.on_event)(Event::Round { number, total: self.options.repeat, side: None });
            let on_tick = |tick: &pgrefit_load::Tick| (self.on_event)(Event::Tick(tick));
            let run = pgrefit_load::run(self.connector, drawn, &self.options.load, inner, on_tick).await;
            runs.extend(begun(run)?);
        }
        Ok(runs)
    }

    async fn conclude(
        &self,
        prepared: Prepared,
        runs: Vec<LoadRun>,
        ending: Ending,
    ) -> Result<BenchResult, Error> {
        let Prepared { session, mut environment, drawn, left_out, mut plans, ids, watch, before } = prepared;
        environment.after();
        sleep(flush_time(session.version_num())).await;
        let after = Reading::take_if_any(&session, &ids).await;
        // A database that suffers is left alone.
        if matches!(ending, Ending::Completed) {
            self.explainer(&session).analyze(&drawn, &mut plans).await;
        }
        let counters = Counters::between(&before, &after);
        let rounds = runs.iter().map(round).collect();
        let load = merged(runs).ok_or(Error::Stopped)?;
        let weight = |name: &str| drawn.statements().find(|it| it.name == name).map_or(0, |it| it.weight);
        Ok(BenchResult {
            schema_version: BenchResult::SCHEMA_VERSION,
            workload: drawn.name().to_owned(),
            ending,
            queries: queries(&load, weight, &counters),
            left_out,
            rounds,
            steady_from: steady_from(&load),
            load,
            counters,
            plans,
            watched: watch.end(),
            environment,
        })
    }
}

/// From which second on the throughput was steady.
fn steady_from(load: &LoadRun) -> Option<usize> {
    let per_second: Vec<f64> = load.windows.iter().map(|window| as_f64(window.done)).collect();
    statistics::steady_from(&per_second)
}

#[expect(clippy::cast_precision_loss, reason = "requests of a second")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

/// The workload with its values, without what writes if the load is read-only; and the names of what was left out.
pub(super) async fn draw_for(
    session: &ReadOnly,
    workload: &Workload,
    load: &LoadOptions,
) -> Result<(Drawn, Vec<String>), Error> {
    let writing = workload.statements.iter().filter(|it| it.writes && load.read_only);
    let left_out: Vec<String> = writing.map(|it| it.name.clone()).collect();
    let mut reading = workload.clone();
    reading.statements.retain(|it| !left_out.contains(&it.name));
    if reading.statements.is_empty() {
        return Err(Error::OnlyWrites);
    }
    Ok((draw(session, &reading).await?, left_out))
}
