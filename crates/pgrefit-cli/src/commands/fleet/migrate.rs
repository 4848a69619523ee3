//! `pgrefit fleet migrate`: canaries first, then wave by wave, each database by a process of its own.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use pgrefit_fleet::Event;

use super::chosen::Chosen;
use super::done::{Done, first_line};
use super::members::Fleet;
use super::pace::Pace;
use super::verdict::verdict;
use super::view::View;
use super::{entry, journal, summary};
use crate::commands::plan::PlanOptions;
use crate::databases::Entry;
use crate::{Context, Failed, Output};

const AFTER_HELP: &str = "\
Canaries go first; if one fails, no other database is touched. Then come the waves, each when the one before has ended, as
long as the rule to stop by (--stop-after, --stop-ratio) is kept. Each database is looked at first: one that has the
migrations, or cannot be reached, costs a moment. The others are migrated as by `pgrefit migrate`, with its gates, its backup
and its rehearsal where the policy asks for them, each by a process of its own.

Every step is written to a journal in the folder of evidence (fleet-….jsonl) before the next. With --resume, what an earlier
run of the same list and the same migrations has reached is passed over, what failed or was interrupted is tried again.
SIGTERM and Ctrl-C let the running ones end in order, begin no other, and exit with 75.

Examples:
  pgrefit fleet migrate --list shards.toml
  pgrefit fleet migrate --list shards.toml --canary 2 --wave 5,20% --pause 10min
  pgrefit fleet migrate --list shards.toml --parallel 16 --stop-after 3 --retry 2
  pgrefit fleet migrate --list shards.toml --resume
  pgrefit fleet migrate --list shards.toml --only tenant-007";

/// Apply the pending migrations: canaries first, then wave by wave.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct FleetMigrate {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    pace: Pace,
    /// Go on where an earlier run ended: that of the same list and migrations, or that of a journal.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "whether it is there, and whether it has a value")]
    resume: Option<Option<PathBuf>>,
    /// Adopt databases first that have a schema but no history; they must equal the baseline.
    #[arg(long)]
    adopt: bool,
    /// Read every table before and after, and fail if content changed that no migration declares.
    #[arg(long)]
    check_content: bool,
    #[command(flatten)]
    options: PlanOptions,
}

impl FleetMigrate {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let fleet = Fleet::new(context, self.chosen.read()?, self.options.flags(), self.options.target)?;
        if self.chosen.entry.is_some() {
            return entry::run(&fleet, &self.arguments()).await;
        }
        // Whoever asks us to stop may wait for the databases that are at work.
        let heed = context.stop.heed();
        let result = self.many(&fleet).await;
        drop(heed);
        result
    }

    async fn many(&self, fleet: &Fleet<'_>) -> Result<Output, Failed> {
        let mut opened = journal::open(fleet, self.resume.as_ref())?;
        let schedule = self.pace.schedule(fleet.members(), |member| {
            opened.past.records.get(&member.entry.name).is_some_and(|record| record.reached)
        });
        let view = View::new(fleet, schedule.waves.iter().map(|wave| wave.members.len()).sum());
        if let Some(note) = &opened.note {
            view.note(note);
        }
        let arguments = self.arguments();
        let work = async |index: usize, attempt: u32| {
            if attempt > 1 {
                view.line(index, &format!("try {attempt}"));
            }
            let done = self.one(fleet, fleet.entry(index), &arguments, &|line| view.line(index, line)).await;
            (verdict(done.exit), done)
        };
        let tell = |event: Event<'_, Done>| {
            view.tell(&event);
            journal::step(fleet, &event).map_or(Ok(()), |step| opened.journal.write(&step))
        };
        let run = pgrefit_fleet::run(&schedule, &fleet.context.stop, work, tell).await;
        view.close();
        summary::output(fleet, run, &opened.past, opened.note)
    }

    /// Brings one database to where it is to come.
    async fn one(
        &self,
        fleet: &Fleet<'_>,
        entry: &Entry,
        arguments: &[String],
        on_line: &dyn Fn(&str),
    ) -> Done {
        let start = Instant::now();
        let (planned, unmended) = match fleet.look_twice(entry).await {
            Ok(looked) => looked,
            Err(failed) => return Done::failed(&failed, None, start),
        };
        let from = planned.plan().current();
        if !(self.adopt && planned.needs_adoption()) {
            if let Err(error) = planned.refuse_unfit() {
                return Done::failed(&error.into(), from, start);
            }
            if planned.is_up_to_date() {
                return match unmended {
                    Some(run) => Done::unmended(&run, from, start),
                    None => Done::already(from, start),
                };
            }
        }
        let finished = match fleet.child(entry, arguments, None, on_line).await {
            Ok(finished) => finished,
            Err(failed) => return Done::failed(&failed, from, start),
        };
        let to = match finished.number("version") {
            Some(version) => Some(version),
            // It was killed, or had no time to look itself.
            None => fleet.look(entry).await.ok().and_then(|planned| planned.plan().current()),
        };
        let hint = finished.hint();
        let error = finished.error.as_deref().map(first_line);
        Done { exit: finished.exit, was_there: false, from, to, duration: start.elapsed(), error, hint }
    }

    /// The same for one database, as arguments; what the configuration has a key for is given to it by variables.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["migrate".to_owned()];
        if let Some(target) = self.options.target {
            arguments.extend(["--target".to_owned(), target.to_string()]);
        }
        arguments.extend(self.adopt.then(|| "--adopt".to_owned()));
        arguments.extend(self.check_content.then(|| "--check-content".to_owned()));
        arguments
    }
}
