//! The queries of the application: measured before and after, and run beside the migrations.

use std::time::Duration;

use pgrefit_bench::{Measured, Options, Pace, Query, ReplayOptions, Traffic, measure, replay_telling};
use pgrefit_migrate::Job;
use pgrefit_pg::{Connector, Stop};
use tokio::sync::oneshot;

use crate::Failed;
use crate::setup::Setup;

/// The queries, and how they are run.
pub(super) struct Smoke<'a> {
    queries: &'a [Query],
    runs: usize,
    time_max: Duration,
    traffic: Option<ReplayOptions>,
    live: bool,
    stop: &'a Stop,
}

impl<'a> Smoke<'a> {
    pub(super) fn of(setup: &'a Setup, job: &Job<'a>) -> Self {
        let config = &setup.config;
        let number = |key: &str| usize::try_from(config.integer(key)).unwrap_or(0);
        let rate = u32::try_from(config.integer("traffic.rate")).unwrap_or(0);
        let traffic = (rate > 0 && !config.queries().is_empty()).then(|| ReplayOptions {
            sessions: number("traffic.sessions").max(1),
            pace: Pace::PerSecond(f64::from(rate)),
            ..ReplayOptions::default()
        });
        Self {
            queries: config.queries(),
            runs: number("smoke.runs").max(1),
            time_max: config.duration("smoke.time_max"),
            traffic,
            live: config.is_on("traffic.live"),
            stop: job.stop,
        }
    }

    /// Each query gets its share of the time, so that a slow one takes none from those behind it.
    pub(super) fn measuring(&self) -> Options {
        let share = self.time_max / u32::try_from(self.queries.len().max(1)).unwrap_or(u32::MAX);
        Options { runs: self.runs, query_limit: share, total_limit: self.time_max * 2, ..Options::default() }
    }

    /// How they run beside a rehearsal.
    pub(super) fn traffic_on_copy(&self) -> Option<ReplayOptions> {
        self.traffic
    }

    /// Measures them; nothing if there are none.
    pub(super) async fn measured(&self, connector: &Connector) -> Result<Option<Measured>, Failed> {
        if self.queries.is_empty() {
            return Ok(None);
        }
        Ok(Some(measure(connector, self.queries, &self.measuring(), self.stop, &|_| {}).await?))
    }

    /// Drives the live run, with the queries beside it if that was asked for; they only read.
    pub(super) async fn beside<T>(
        &self,
        connector: &Connector,
        work: impl Future<Output = T>,
    ) -> (T, Result<Option<Traffic>, Failed>) {
        let Some(how) = self.traffic.filter(|_| self.live) else { return (work.await, Ok(None)) };
        // What the rehearsal has told of prepared statements is known by now; here it is asked who is not served.
        let how = ReplayOptions { prepare_again: true, ..how };
        let stop = Stop::default();
        let (begun, is_begun) = oneshot::channel();
        let traffic = replay_telling(connector, self.queries, &how, &stop, || {
            // Nobody waits for it any more once the work has ended.
            let _ = begun.send(());
        });
        let work = async {
            // An error of the traffic closes the channel, and the work begins all the same.
            let _ = is_begun.await;
            let result = work.await;
            stop.request();
            result
        };
        let (result, traffic) = tokio::join!(work, traffic);
        (result, traffic.map(Some).map_err(Failed::from))
    }
}
