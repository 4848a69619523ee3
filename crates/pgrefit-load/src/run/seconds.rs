//! Puts the seconds of all threads together, and tells of each when it is complete.

use std::collections::BTreeMap;

use super::book::OpenWindow;
use super::plan::Plan;
use super::talk::Second;
use crate::{Tick, Window};

/// The seconds of a load.
pub(super) struct Seconds<F> {
    threads: usize,
    warm_up: u64,
    on_tick: F,
    /// Those of which not all threads have told.
    open: BTreeMap<u64, Parts>,
    /// Those of the measurement, by number.
    windows: BTreeMap<u64, Window>,
}

#[derive(Default)]
struct Parts {
    threads: usize,
    window: OpenWindow,
    connected: usize,
    waiting: usize,
}

impl<F: FnMut(&Tick)> Seconds<F> {
    pub(super) fn new(plan: &Plan, on_tick: F) -> Self {
        let warm_up = plan.times.warm_up_windows();
        Self { threads: plan.threads, warm_up, on_tick, open: BTreeMap::new(), windows: BTreeMap::new() }
    }

    /// One thread tells of one second.
    pub(super) fn take(&mut self, second: &Second) {
        let number = second.window.number;
        let parts = self.open.entry(number).or_default();
        parts.threads += 1;
        parts.window.merge(&second.window);
        parts.connected += second.connected;
        parts.waiting += second.waiting;
        if parts.threads == self.threads
            && let Some(parts) = self.open.remove(&number)
        {
            self.complete(number, &parts);
        }
    }

    fn complete(&mut self, number: u64, parts: &Parts) {
        let (window, warm_up) = (parts.window.window(), number < self.warm_up);
        if !warm_up {
            self.windows.insert(number - self.warm_up, window);
        }
        let Parts { connected, waiting, .. } = *parts;
        (self.on_tick)(&Tick { second: number, warm_up, window, connected, waiting });
    }

    /// The whole seconds of so many measured nanoseconds. One in which nothing was answered is there too.
    pub(super) fn into_windows(mut self, measured: u64) -> Vec<Window> {
        let whole = measured / 1_000_000_000;
        (0..whole).map(|number| self.windows.remove(&number).unwrap_or_default()).collect()
    }
}
