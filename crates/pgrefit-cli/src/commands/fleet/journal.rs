//! The journal of a run on a fleet: opened or resumed, and fed.

use std::path::PathBuf;

use pgrefit_fleet::{Error, Event, Halt, Identity, Journal, Past, Record, Step, changed_since};

use super::done::Done;
use super::members::Fleet;
use super::summary::halted;
use crate::context::shown;
use crate::{Context, Exit, Failed};

/// A journal, what it says of earlier runs, and what is to be said about that.
pub(super) struct Opened {
    pub(super) journal: Journal,
    pub(super) past: Past,
    pub(super) note: Option<String>,
}

/// Begins a journal, or goes on with one: with that of the same list and migrations, or with a file.
pub(super) fn open(fleet: &Fleet<'_>, resume: Option<&Option<PathBuf>>) -> Result<Opened, Failed> {
    let (identity, now) = (identity(fleet), Context::now());
    let folder = fleet.evidence();
    let Some(named) = resume else {
        return Ok(Opened { journal: begin(fleet, &identity)?, past: Past::default(), note: None });
    };
    let path = named.clone().unwrap_or_else(|| folder.join(identity.file_name()));
    if let Some((journal, past)) = Journal::resume(&path, &identity, &now)? {
        let note = format!("goes on with {}: {}", shown(&path), told(&past));
        return Ok(Opened { journal, past, note: Some(note) });
    }
    if named.is_some() {
        return Err(Failed::new(Exit::Usage, format!("there is no journal {}", shown(&path))));
    }
    let note = match changed_since(&folder, &identity) {
        Some(changed) => format!(
            "nothing to go on with: {} since the run of {}; every database is looked at again",
            changed.part.words(),
            shown(&changed.path)
        ),
        None => "nothing to go on with: no run of this list with these migrations was interrupted".to_owned(),
    };
    Ok(Opened { journal: begin(fleet, &identity)?, past: Past::default(), note: Some(note) })
}

fn begin(fleet: &Fleet<'_>, identity: &Identity) -> Result<Journal, Error> {
    let tool = concat!("pgrefit ", env!("CARGO_PKG_VERSION"));
    Journal::begin(&fleet.evidence(), identity, tool, &Context::now())
}

fn told(past: &Past) -> String {
    let (reached, all) = (past.reached().count(), past.records.len());
    let interrupted = match past.interrupted.len() {
        0 => String::new(),
        count => format!(", {count} interrupted"),
    };
    format!("{reached} reached and {} failed before{interrupted}", all - reached)
}

/// What the run is about: every entry of the list, also those that are not chosen, every migration, and the target.
fn identity(fleet: &Fleet<'_>) -> Identity {
    let entries: Vec<String> = fleet.choice.all.iter().map(|entry| format!("{entry:?}")).collect();
    let files = fleet.files.iter();
    let files =
        files.map(|file| format!("{} {} {} {}", file.version, file.out_of_order, file.name, file.sql));
    let files: Vec<String> = files.chain([format!("{:?}", fleet.target)]).collect();
    Identity::new(entries.iter().map(String::as_str), files.iter().map(String::as_str))
}

/// What is written down of an event.
pub(super) fn step(fleet: &Fleet<'_>, event: &Event<'_, Done>) -> Option<Step> {
    let at = Context::now();
    match event {
        Event::Begins { place, wave } => {
            Some(Step::Begins { database: fleet.entry(*place).name.clone(), wave: *wave, at })
        }
        Event::Ends(ended) => Some(Step::Ends(Record {
            database: fleet.entry(ended.place).name.clone(),
            wave: ended.wave,
            reached: ended.result.exit == Exit::Done,
            exit_code: ended.result.exit.code(),
            from: ended.result.from,
            to: ended.result.to,
            duration_ms: ended.result.duration_ms(),
            error: ended.result.error.clone(),
            at,
        })),
        Event::Halts(halt) => Some(Step::Stops { why: why(fleet, halt), at }),
        Event::Pause(_) | Event::Wave(_) => None,
    }
}

fn why(fleet: &Fleet<'_>, halt: &Halt) -> String {
    halted(halt, |index| fleet.entry(index).name.clone())
}
