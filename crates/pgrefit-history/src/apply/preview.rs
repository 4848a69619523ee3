//! What a run would send, as text, for somebody who wants to read it before. It is put together by the same code that sends
//! it (`compose.rs`); what is known only while it runs has a name in angle brackets.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_pg::{Connector, ReadOnly};
use pgrefit_sql::Backfill;

use super::backfill::key::Key;
use super::compose::{Composer, batch_limits, is_plain, journal_entry};
use super::pace::Pace;
use super::{Bounds, needs_journal};
use crate::course::{Step, What, steps};
use crate::journal::{Entry, Journal, StepState};
use crate::message::FileLimits;
use crate::{Error, History, MigrationFile, Plan};

/// What is sent for one migration, or before the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// `V3__name`; nothing for what comes before the first migration.
    pub title: Option<String>,
    /// What is sent, in order.
    pub parts: Vec<Part>,
}

/// One message to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is, in a few words.
    pub about: String,
    /// The message; empty for a step that is done already.
    pub sql: String,
}

/// When the history row says that a migration was applied.
const TIME: &str = "<time>";
/// The key of the last row of a batch, and of the one before.
const CURSOR: &str = "<key of the last row>";
const CURSOR_BEFORE: &str = "<key of the last row before>";

/// What a run of this plan sends to write, in order. Questions to the catalog, such as whether an index is there already, are
/// left out.
///
/// Reads the journal of files that were applied in part; locks: ACCESS SHARE on it.
///
/// # Errors
/// What the server says.
pub async fn preview(
    connector: &Connector,
    session: &mut ReadOnly,
    plan: &Plan,
    history: &History,
    bounds: Bounds,
) -> Result<Vec<Sent>, Error> {
    let own_settings = connector.own_settings(session.version_num());
    let server_major = session.version_num() / 10_000;
    let mut all = Vec::new();
    let files: Vec<&MigrationFile> = plan.pending().filter_map(|entry| entry.file.as_ref()).collect();
    let mut first = Vec::new();
    if !(history.exists && history.has_notes) {
        first.push(part("the tables that record migrations", history.create_sql()));
    }
    if !history.has_journal && files.iter().any(|file| needs_journal(file)) {
        first.push(part("the journal of migrations that run in steps", Journal::create_sql(history)));
    }
    if !files.is_empty() && !first.is_empty() {
        all.push(Sent { title: None, parts: first });
    }
    for file in files {
        let composer = Composer { file, history, own_settings: &own_settings };
        let limits = FileLimits::of(file, &bounds);
        let parts = if needs_journal(file) {
            let entries = match history.has_journal {
                true => Journal::new(history, file.version).read(session).await?,
                false => BTreeMap::new(),
            };
            in_steps(composer, limits, &bounds, &entries, connector.is_through_pooler())
        } else {
            let is_plain = is_plain(file.effects(server_major).as_deref());
            let message = composer.whole(file.script(), is_plain, TIME, limits);
            vec![part("one transaction, sent as one message", message.sql)]
        };
        all.push(Sent { title: Some(file.title()), parts });
    }
    Ok(all)
}

fn part(about: impl Into<String>, sql: impl Into<String>) -> Part {
    Part { about: about.into(), sql: sql.into() }
}

fn in_steps(
    composer: Composer<'_>,
    limits: FileLimits,
    bounds: &Bounds,
    entries: &BTreeMap<i32, Entry>,
    is_pooled: bool,
) -> Vec<Part> {
    let Composer { file, history, own_settings } = composer;
    let journal = Journal::new(history, file.version);
    let steps = steps(file.script(), &file.sql);
    let count = steps.len();
    let mut parts = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let about = format!("step {} of {count}", index + 1);
        let state = entries.get(&step.number).map(|entry| entry.state);
        if state == Some(StepState::Done) {
            parts.push(part(format!("{about} is done already"), ""));
            continue;
        }
        let begun = if state == Some(StepState::Begun) { ", begun by an earlier run" } else { "" };
        let text = &file.sql[step.range.clone()];
        let begin = |limits| journal_entry(limits, &journal.begin_sql(step.number, text));
        match &step.what {
            What::Transaction(_) => {
                let message = composer.together(step, limits);
                parts.push(part(format!("{about}: one transaction, sent as one message"), message.sql));
            }
            What::Alone(alone) => {
                parts.push(part(format!("{about}{begun}: recorded as begun"), begin(limits)));
                if !is_pooled {
                    parts.push(part("its settings", Composer::alone_settings(step, alone, limits)));
                }
                let statement = composer.marked(step, Composer::statement(file, step));
                parts.push(part("on its own", statement));
                if !own_settings.is_empty() {
                    parts.push(part("the session's own settings", own_settings.join(";\n")));
                }
                let done = journal_entry(limits, &journal.done_sql(step.number));
                parts.push(part("recorded as done", done));
            }
            What::Batches(backfill) => {
                let target = backfill.options.target.unwrap_or(bounds.batch_target);
                let limits = batch_limits(limits, target);
                parts.push(part(format!("{about}{begun}: recorded as begun"), begin(limits)));
                parts.extend(batches(composer, step, backfill, limits, target));
            }
        }
    }
    parts.push(part("all steps are done: the history row", composer.record(TIME, limits).sql));
    parts
}

/// One batch in the middle, with names for what it finds out.
fn batches(
    composer: Composer<'_>,
    step: &Step<'_>,
    backfill: &Backfill,
    limits: FileLimits,
    target: Duration,
) -> Vec<Part> {
    let journal = Journal::new(composer.history, composer.file.version);
    let key = Key::unknown(&backfill.correlation);
    let (from, to) = ([CURSOR_BEFORE.to_owned()], [CURSOR.to_owned()]);
    let last = ["<key of the last row of the table>".to_owned()];
    let rows = Pace::new(backfill.options.batch, target, backfill.options.pause.unwrap_or_default()).rows();
    let start =
        composer.batch_start(step, backfill, &key, &key.range(Some(&from), Some(&last)), rows, limits);
    let work = composer.marked(step, &backfill.batch(&key.range(Some(&from), Some(&to))));
    let end = composer.batch_end(step, Some(&to), "<rows>", None, false);
    vec![
        part("where it ends", journal_entry(limits, &journal.pass_sql(step.number, Some(&last)))),
        part(
            format!(
                "each batch begins ({rows} rows at first, then as many as take {} ms)",
                target.as_millis()
            ),
            start,
        ),
        part("each batch", work),
        part("each batch ends", end),
        part("recorded as done", journal_entry(limits, &journal.done_sql(step.number))),
    ]
}
