//! What a backfill looks at between its batches: how far replicas are behind, and how quickly an application is answered.

use std::time::{Duration, Instant};

use super::{Crew, Run};
use crate::Error;
use crate::apply::Event;
use crate::apply::patience::Patience;

/// Between two looks at replicas, and two probes.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

impl Crew<'_, '_> {
    /// Waits until no replica is too far behind; looks now and then only.
    pub(super) async fn wait_for_replicas(
        &mut self,
        run: &mut Run<'_>,
        patience: &mut Patience,
    ) -> Result<(), Error> {
        if run.looked.is_some_and(|at| at.elapsed() < LOOK_INTERVAL) {
            return Ok(());
        }
        let mut reported: Option<Instant> = None;
        loop {
            run.looked = Some(Instant::now());
            let start = Instant::now();
            let lag = self.replica_lag().await;
            if lag <= run.lag_max {
                return Ok(());
            }
            if patience.left().is_zero() {
                return Err(Error::ReplicasBehind { title: run.title.clone(), lag });
            }
            if reported.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL) {
                reported = Some(Instant::now());
                (self.listener)(Event::WaitingForReplicas { title: &run.title, lag });
            }
            self.pause(&run.title, LOOK_INTERVAL).await?;
            patience.spend_since(start);
        }
    }

    /// Times what an application does: reads a row by its key.
    pub(super) async fn probe(&mut self, run: &mut Run<'_>) {
        if run.looked.is_some_and(|at| at.elapsed() < LOOK_INTERVAL) {
            return;
        }
        let sql = format!(
            "SELECT FROM {} AS {} WHERE {} LIMIT 1",
            run.backfill.table,
            run.backfill.correlation,
            run.key.range(run.cursor.as_deref(), run.cursor.as_deref())
        );
        let Ok(scout) = self.scout.session().await else { return };
        let start = Instant::now();
        match scout.simple(&sql).await {
            Ok(_) => run.probe = Some(start.elapsed()),
            Err(_) => self.scout.forget(),
        }
    }
}
