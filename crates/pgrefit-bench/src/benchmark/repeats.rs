//! Several runs of one load, told together and each for itself.

use pgrefit_load::{LoadRun, StatementRun};

use crate::Error;
use crate::versus::{Round, Sample};

/// A run; none if it was stopped before anything was measured.
pub(super) fn begun(run: Result<LoadRun, pgrefit_load::Error>) -> Result<Option<LoadRun>, Error> {
    match run {
        Ok(run) => Ok(Some(run)),
        Err(pgrefit_load::Error::Stopped) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// One run of a load as a round of a comparison: the times from sending, which no schedule of the driver is part of.
pub(super) fn round(run: &LoadRun) -> Round {
    let sample = |it: &StatementRun| Sample {
        done: it.done,
        failed: it.failed,
        unanswered: it.unanswered,
        p10: it.service.quantile(0.1),
        p50: it.service.quantile(0.5),
        p95: it.service.quantile(0.95),
    };
    run.statements.iter().map(|it| (it.name.clone(), sample(it))).collect()
}

/// All runs as one; none if there are none.
pub(super) fn merged(runs: impl IntoIterator<Item = LoadRun>) -> Option<LoadRun> {
    runs.into_iter().reduce(|mut all, run| {
        add(&mut all, run);
        all
    })
}

fn add(all: &mut LoadRun, run: LoadRun) {
    // Each by the time that it covers.
    let share = all.elapsed.as_secs_f64() / (all.elapsed + run.elapsed).as_secs_f64().max(f64::MIN_POSITIVE);
    all.busy_mean = share * all.busy_mean + (1.0 - share) * run.busy_mean;
    all.elapsed += run.elapsed;
    all.stopped |= run.stopped;
    all.all.merge(&run.all);
    all.queue_wait.merge(&run.queue_wait);
    all.lag.merge(&run.lag);
    all.windows.extend(run.windows);
    all.done += run.done;
    all.failed += run.failed;
    all.dropped += run.dropped;
    all.unfinished += run.unfinished;
    all.prepared_again += run.prepared_again;
    all.reconnected += run.reconnected;
    all.client_cpu += run.client_cpu;
    all.client_rss_max_bytes = all.client_rss_max_bytes.max(run.client_rss_max_bytes);
    for (kind, count) in run.failures {
        *all.failures.entry(kind).or_default() += count;
    }
    for one in run.statements {
        match all.statements.iter_mut().find(|it| it.name == one.name) {
            Some(it) => add_statement(it, &one),
            None => all.statements.push(one),
        }
    }
}

fn add_statement(all: &mut StatementRun, one: &StatementRun) {
    all.done += one.done;
    all.failed += one.failed;
    all.unanswered += one.unanswered;
    all.rows += one.rows;
    all.total.merge(&one.total);
    all.service.merge(&one.service);
}
