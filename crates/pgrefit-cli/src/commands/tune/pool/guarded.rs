//! Measuring a pool with the guard beside it, on a production database: a sweep puts on it all that it can bear.

use pgrefit_bench::guard::{GuardLimits, Suffering, Watch};
use pgrefit_migrate::policy::Environment;
use pgrefit_pg::{Connector, Stop};
use pgrefit_report::{Finding, Status};

use crate::config::Config;
use crate::{Context, Exit, Failed, production};

/// The guard, where there is one, and how it asks to stop.
pub(super) struct Guarded<'a> {
    watch: Option<Watch>,
    stop: &'a Stop,
    inner: Stop,
    suffering: Option<Suffering>,
}

impl<'a> Guarded<'a> {
    /// Looks at the quiet of a production database; elsewhere nobody would miss the answers that a sweep delays, and there is none.
    pub(super) async fn begin(
        context: &'a Context,
        config: &Config,
        connector: &Connector,
    ) -> Result<Self, Failed> {
        let is_production = production::environment(config)? == Environment::Production;
        let watch =
            if is_production { Some(Watch::begin(connector, GuardLimits::default()).await?) } else { None };
        Ok(Self { watch, stop: &context.stop, inner: Stop::default(), suffering: None })
    }

    /// What the work is to look at: it is requested when the database suffers, and when somebody asks to stop.
    pub(super) fn stop(&self) -> Stop {
        self.inner.clone()
    }

    /// Runs the work, which ends by [`Self::stop`].
    pub(super) async fn run<T>(&mut self, work: impl Future<Output = T>) -> T {
        let Some(watch) = &mut self.watch else { return unguarded(work, &self.inner, self.stop).await };
        let (outcome, suffering) = watch.beside(work, &self.inner, self.stop, |_| {}).await;
        self.suffering = suffering;
        outcome
    }

    /// What the guard could not see.
    pub(super) fn blind(&self) -> impl Iterator<Item = Finding> {
        let what = self.watch.iter().flat_map(Watch::blind);
        what.map(|what| Finding::new("bench-guard-blind", Status::Info, what.as_str()))
    }

    /// What the work ended with, or that the guard ended it.
    pub(super) fn told(&self, error: pgrefit_tune::pool::Error) -> Failed {
        let Some(suffering) = &self.suffering else { return error.into() };
        let message =
            format!("failed to finish: the guard ended it, because the database suffers: {suffering}");
        Failed::new(Exit::Findings, message)
            .hint("run it on a copy, with `policy.environment` staging or disposable; or with fewer --users")
    }
}

async fn unguarded<T>(work: impl Future<Output = T>, inner: &Stop, stop: &Stop) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        outcome = &mut work => return outcome,
        () = stop.requested() => inner.request(),
    }
    work.await
}
