//! What is shown while proofs are made: a backup that is taken, restored and compared, and a rehearsal.

use pgrefit_backup::{Event as Backup, Phase};
use pgrefit_migrate::Event;
use pgrefit_report::human_bytes;

use super::{Progress, ms, style};

impl Progress {
    /// An event of a backup. May be called from any thread.
    pub(crate) fn backup(&self, event: &Backup) {
        match event {
            Backup::Begins(phase) => self.say(words(*phase)),
            Backup::Written { bytes, estimated_bytes } => self.pulse(&format!(
                "taking the backup: {} written, of tables with {}",
                human_bytes(*bytes),
                human_bytes(*estimated_bytes)
            )),
            Backup::TableRestored { done, tables } => {
                self.pulse(&format!("restoring the backup: {done} of {tables} tables"));
            }
            Backup::TableDigested { done, tables, .. } => {
                self.pulse(&format!("comparing: {done} of {tables} digests"));
            }
            Backup::Note(text) => self.note(text),
            Backup::Removed(path) => {
                self.note(&format!("removed {}, which an earlier run had left", path.display()));
            }
            _ => {}
        }
    }

    /// An event of migrations being applied to a copy.
    pub(crate) fn rehearsal(&self, event: &Event<'_>) {
        match event {
            Event::Begin { title, index, count } => {
                if let Some(bar) = &self.bar {
                    bar.set_style(style("{spinner} [{elapsed}] {wide_msg} {human_pos}/{human_len}"));
                    bar.set_length((*count).try_into().unwrap_or(u64::MAX));
                    bar.set_position((*index).try_into().unwrap_or(u64::MAX));
                    bar.set_message(format!("rehearsing {title}"));
                }
            }
            Event::Done { title, duration } => {
                tracing::debug!(target: "pgrefit", duration_ms = ms(*duration), "rehearsed {title}");
            }
            other => self.migration(other),
        }
    }

    /// Says how far something has come: on the bar at once, in the log now and then.
    fn pulse(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
        } else if self.is_time_to_log(self.began.elapsed()) {
            tracing::info!(target: "pgrefit", "{text}");
        }
    }
}

fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Preflight => "preparing the backup",
        Phase::Take => "taking the backup",
        Phase::Hash => "hashing the files of the backup",
        Phase::Restore => "restoring the backup on a scratch server",
        Phase::Compare => "comparing the restored copy with the source",
    }
}
