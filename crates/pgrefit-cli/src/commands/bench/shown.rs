//! What is shown while a benchmark runs: a live view if it was asked for, else the progress that other commands have.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use pgrefit_bench::benchmark::Event;
use pgrefit_load::Tick;

use super::watch::Watch;
use crate::progress::Progress;
use crate::{Context, Failed, logging};

/// Without a terminal, between two lines of log about the load.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Shows what happens, until it is dropped.
pub(super) struct Shown {
    way: Way,
}

enum Way {
    Live(Box<Mutex<Watch>>),
    Progress { progress: Progress, is_bar: bool, state: Mutex<State> },
}

#[derive(Default)]
struct State {
    round: String,
    logged: Option<Instant>,
}

impl Shown {
    /// As the terminal allows.
    pub(super) fn progress(context: &Context) -> Self {
        let (progress, is_bar) = (Progress::new(&context.global), logging::bar_is_shown(&context.global));
        Self { way: Way::Progress { progress, is_bar, state: Mutex::default() } }
    }

    /// The live view; only on a terminal.
    pub(super) fn live(context: &Context, what: &str, seconds: u64) -> Result<Self, Failed> {
        let watch = Watch::begin(context.stop.clone(), what, seconds)?;
        Ok(Self { way: Way::Live(Box::new(Mutex::new(watch))) })
    }

    /// Shows an event.
    pub(super) fn event(&self, event: &Event<'_>) {
        match &self.way {
            Way::Live(watch) => {
                if let Ok(mut watch) = watch.lock() {
                    watch.event(event);
                }
            }
            Way::Progress { progress, is_bar, state } => {
                let Ok(mut state) = state.lock() else { return };
                if let Some(text) = state.said(event, *is_bar) {
                    progress.say(&text);
                }
            }
        }
    }
}

impl State {
    /// What to say of an event now, if anything.
    fn said(&mut self, event: &Event<'_>, is_bar: bool) -> Option<String> {
        match event {
            Event::Phase(phase) => Some(phase.as_str().to_owned()),
            Event::Round { number, total, side } => {
                self.round = round(*number, *total, *side);
                None
            }
            Event::Tick(tick) => self.is_time(is_bar).then(|| format!("{}{}", self.round, second(tick))),
            Event::Look(_) => None,
        }
    }

    fn is_time(&mut self, is_bar: bool) -> bool {
        let now = Instant::now();
        let is_time = is_bar || self.logged.is_none_or(|at| now.duration_since(at) >= LOG_INTERVAL);
        if is_time {
            self.logged = Some(now);
        }
        is_time
    }
}

/// `round 3 of 30, B: `; nothing if there is only one.
fn round(number: usize, total: usize, side: Option<&str>) -> String {
    let side = side.map_or_else(String::new, |side| format!(", {side}"));
    match (number, total) {
        (_, 1) => String::new(),
        (0, _) => format!("first round{side}, not counted: "),
        _ => format!("round {number} of {total}{side}: "),
    }
}

/// `second 12: 198 answered, p50 0.4 ms, p99 3.1 ms`.
fn second(tick: &Tick) -> String {
    let window = &tick.window;
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let failed = if window.failed > 0 { format!(", {} failed", window.failed) } else { String::new() };
    let warm_up = if tick.warm_up { ", warm-up" } else { "" };
    format!(
        "second {}{warm_up}: {} answered{failed}, p50 {}, p99 {}",
        tick.second,
        window.done,
        ms(window.p50),
        ms(window.p99)
    )
}

#[cfg(test)]
mod tests {
    use pgrefit_bench::benchmark::Phase;
    use pgrefit_load::Window;

    use super::*;

    #[test]
    fn without_a_terminal_little_is_said() {
        let window = Window { done: 7, failed: 1, ..Window::default() };
        let tick = Tick { second: 3, warm_up: true, window, connected: 1, waiting: 0 };
        let mut state = State::default();
        let said = "round 2 of 9, B: second 3, warm-up: 7 answered, 1 failed, p50 0.0 ms, p99 0.0 ms";
        assert_eq!(state.said(&Event::Phase(Phase::Running), false).as_deref(), Some("running"));
        assert_eq!(state.said(&Event::Round { number: 2, total: 9, side: Some("B") }, false), None);
        assert_eq!(state.said(&Event::Tick(&tick), false).as_deref(), Some(said));
        assert_eq!(state.said(&Event::Tick(&tick), false), None);
        assert_eq!(state.said(&Event::Tick(&tick), true).as_deref(), Some(said));
    }
}
