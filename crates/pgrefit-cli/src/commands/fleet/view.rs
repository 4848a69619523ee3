//! Shows how a run on a fleet goes on: on a terminal a bar for all and a line for each database that is at work, else a line of
//! log for each that has ended.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use pgrefit_fleet::{Ended, Event};
use pgrefit_report::{counted, printable};

use super::done::Done;
use super::members::Fleet;
use super::summary::halted;
use crate::Exit;
use crate::logging::bar_is_shown;

/// Shows a run.
pub(super) struct View<'a> {
    fleet: &'a Fleet<'a>,
    bars: Option<Bars>,
}

struct Bars {
    lines: MultiProgress,
    all: ProgressBar,
    running: RefCell<BTreeMap<usize, ProgressBar>>,
}

impl<'a> View<'a> {
    /// For a run on so many databases.
    pub(super) fn new(fleet: &'a Fleet<'a>, count: usize) -> Self {
        let bars = bar_is_shown(&fleet.context.global).then(|| Bars::new(count));
        Self { fleet, bars }
    }

    /// Shows an event.
    pub(super) fn tell(&self, event: &Event<'_, Done>) {
        match event {
            Event::Pause(pause) => {
                self.note(&format!("waiting for {} s before the next wave", pause.as_secs()));
            }
            Event::Wave(wave) => {
                let count = counted(wave.members.len(), "database");
                let name =
                    if wave.is_canary() { "canaries".to_owned() } else { format!("wave {}", wave.number) };
                self.note(&format!("{name}: {count}"));
            }
            Event::Begins { place, .. } => self.begins(*place),
            Event::Ends(ended) => self.ends(ended),
            Event::Halts(halt) => {
                let why = halted(halt, |index| self.fleet.entry(index).name.clone());
                self.note(&format!("no further database is taken: {why}"));
            }
        }
    }

    /// Says a thing that stays to be read.
    pub(super) fn note(&self, text: &str) {
        if let Some(bars) = &self.bars {
            bars.all.println(text);
        } else {
            tracing::info!(target: "pgrefit", "{text}");
        }
    }

    /// What a database is at.
    pub(super) fn line(&self, index: usize, text: &str) {
        let Some(bars) = &self.bars else {
            tracing::debug!(target: "pgrefit", database = self.fleet.entry(index).name, "{text}");
            return;
        };
        if let Some(bar) = bars.running.borrow().get(&index) {
            bar.set_message(printable(text));
        }
    }

    /// Takes the bars away.
    pub(super) fn close(&self) {
        if let Some(bars) = &self.bars {
            bars.all.finish_and_clear();
        }
    }

    fn begins(&self, index: usize) {
        let name = &self.fleet.entry(index).name;
        if let Some(bars) = &self.bars {
            bars.begins(index, name);
        } else {
            tracing::debug!(target: "pgrefit", database = name, "begins");
        }
    }

    fn ends(&self, ended: &Ended<Done>) {
        let (name, done) = (&self.fleet.entry(ended.place).name, &ended.result);
        if let Some(bars) = &self.bars {
            bars.ends(ended.place);
            if let Some(error) = &done.error {
                bars.all.println(format!("{name}: {} {error}", done.exit.code()));
            }
            return;
        }
        let (exit_code, wave, duration_ms) = (done.exit.code(), ended.wave, done.duration_ms());
        match &done.error {
            None if done.exit == Exit::Done => {
                let what = words(done);
                tracing::info!(target: "pgrefit", database = name, wave, duration_ms, "{what}");
            }
            error => {
                let error = error.as_deref().unwrap_or_default();
                tracing::warn!(target: "pgrefit", database = name, wave, exit_code, duration_ms, "{error}");
            }
        }
    }
}

/// `V3 → V7`.
fn words(done: &Done) -> String {
    let at = |version: Option<i64>| version.map_or("nothing".to_owned(), |version| format!("V{version}"));
    if done.was_there {
        return format!("is at {}", at(done.to));
    }
    format!("{} → {}", at(done.from), at(done.to))
}

impl Bars {
    fn new(count: usize) -> Self {
        let lines = MultiProgress::new();
        let all = lines.add(ProgressBar::new(count.try_into().unwrap_or(u64::MAX)));
        all.set_style(style("[{elapsed}] {bar:30} {pos}/{len} databases"));
        all.enable_steady_tick(Duration::from_millis(200));
        Self { lines, all, running: RefCell::default() }
    }

    fn begins(&self, index: usize, name: &str) {
        let bar = self.lines.add(ProgressBar::new_spinner());
        bar.set_style(style("  {spinner} {prefix} {wide_msg}"));
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.running.borrow_mut().insert(index, bar);
    }

    fn ends(&self, index: usize) {
        if let Some(bar) = self.running.borrow_mut().remove(&index) {
            bar.finish_and_clear();
            self.lines.remove(&bar);
        }
        self.all.inc(1);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
