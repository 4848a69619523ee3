//! What the live view shows, as data and words; nothing of how it is drawn.

use std::collections::VecDeque;
use std::time::Duration;

use pgrefit_bench::benchmark::Event;
use pgrefit_bench::guard::Pressure;
use pgrefit_load::{Tick, Window};

/// Seconds that are kept: more do not fit on a terminal.
const SECONDS_MAX: usize = 300;

/// What is shown at the moment.
#[derive(Debug)]
pub(super) struct View {
    what: String,
    phase: String,
    round: String,
    /// Seconds of one round, with its warm-up; what the bar counts to.
    seconds: u64,
    second: u64,
    windows: VecDeque<Window>,
    last: Option<Tick>,
    done: u64,
    failed: u64,
    looks: VecDeque<Pressure>,
    is_stopping: bool,
}

impl View {
    /// `what` is the workload in a few words.
    pub(super) fn new(what: &str, seconds: u64) -> Self {
        Self {
            what: what.to_owned(),
            phase: String::new(),
            round: String::new(),
            seconds: seconds.max(1),
            second: 0,
            windows: VecDeque::new(),
            last: None,
            done: 0,
            failed: 0,
            looks: VecDeque::new(),
            is_stopping: false,
        }
    }

    pub(super) fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Phase(phase) => phase.as_str().clone_into(&mut self.phase),
            Event::Round { number, total, side } => {
                let side = side.map_or_else(String::new, |side| format!(", {side}"));
                self.round = if *total > 1 { format!(", round {number} of {total}{side}") } else { side };
                self.second = 0;
            }
            Event::Tick(tick) => self.tick(tick),
            Event::Look(pressure) => push(&mut self.looks, **pressure),
        }
    }

    fn tick(&mut self, tick: &Tick) {
        self.second = tick.second + 1;
        self.last = Some(*tick);
        push(&mut self.windows, tick.window);
        if !tick.warm_up {
            self.done += tick.window.done;
            self.failed += tick.window.failed;
        }
    }

    /// Somebody has asked to stop.
    pub(super) fn stopping(&mut self) {
        self.is_stopping = true;
    }

    /// `docserver: running, round 2 of 6`.
    pub(super) fn headline(&self) -> String {
        let phase = if self.is_stopping { "stopping" } else { &self.phase };
        format!("{}: {phase}{}", self.what, self.round)
    }

    /// How far the round is, from 0 to 1, and in words.
    pub(super) fn progress(&self) -> (f64, String) {
        let warm_up = if self.last.is_some_and(|tick| tick.warm_up) { ", warm-up" } else { "" };
        let second = self.second.min(self.seconds);
        (share(second, self.seconds), format!("{second} of {} s{warm_up}", self.seconds))
    }

    /// The last second, and the sums.
    pub(super) fn numbers(&self) -> Vec<String> {
        let Some(tick) = self.last else { return vec!["nothing has been measured yet".to_owned()] };
        let Window { done, failed, p50, p95, p99 } = tick.window;
        vec![
            format!("this second   {done} answered, {failed} failed"),
            format!("latency       p50 {}  p95 {}  p99 {}", ms(p50), ms(p95), ms(p99)),
            format!("connections   {} open, {} requests wait for one", tick.connected, tick.waiting),
            format!("in all        {} answered, {} failed", self.done, self.failed),
        ]
    }

    /// What the guard saw last.
    pub(super) fn guard(&self) -> Vec<String> {
        let Some(look) = self.looks.back() else { return vec!["the guard has not looked yet".to_owned()] };
        let known =
            |number: Option<u64>| number.map_or_else(|| "not seen".to_owned(), |number| number.to_string());
        let most = self.looks.iter().map(|look| look.probe).max().unwrap_or_default();
        let mut lines = vec![
            format!("probe         {}, at most {}", ms(look.probe), ms(most)),
            format!("others        {} active, {} wait for locks", known(look.active), known(look.waiting)),
        ];
        lines.extend(look.lag_bytes.map(|bytes| format!("standby       {} KiB behind", bytes / 1024)));
        lines
    }

    /// Answers of each second, the latest last; at most `width` of them.
    pub(super) fn throughput(&self, width: usize) -> Vec<u64> {
        self.latest(width, |window| window.done)
    }

    /// p99 of each second in microseconds.
    pub(super) fn slow_end(&self, width: usize) -> Vec<u64> {
        self.latest(width, |window| u64::try_from(window.p99.as_micros()).unwrap_or(u64::MAX))
    }

    fn latest(&self, width: usize, of: fn(&Window) -> u64) -> Vec<u64> {
        self.windows.iter().skip(self.windows.len().saturating_sub(width)).map(of).collect()
    }
}

fn push<T>(kept: &mut VecDeque<T>, one: T) {
    if kept.len() == SECONDS_MAX {
        kept.pop_front();
    }
    kept.push_back(one);
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") }
}
