//! A load with the guard beside it.

use pgrefit_pg::Stop;

use super::Event;
use crate::guard::{Suffering, Watch};

/// What ended the work.
pub(super) struct Guarded<T> {
    /// What the work gave; if it was asked to stop, what it had until then.
    pub(super) outcome: T,
    /// Why the guard ended it.
    pub(super) suffering: Option<Suffering>,
}

/// Runs `work` until it is done, the database suffers, or somebody asks to stop; in the last two cases `work` is asked to stop by
/// `inner`, and waited for.
pub(super) async fn guarded<T>(
    work: impl Future<Output = T>,
    watch: &mut Watch,
    inner: &Stop,
    stop: &Stop,
    on_event: &(dyn Fn(Event<'_>) + Sync),
) -> Guarded<T> {
    let (outcome, suffering) = watch.beside(work, inner, stop, |look| on_event(Event::Look(look))).await;
    Guarded { outcome, suffering }
}
