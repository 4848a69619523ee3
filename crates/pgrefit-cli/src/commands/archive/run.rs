//! `pgrefit archive run`: from a partition of the database to a file in the store.

use std::sync::Mutex;
use std::time::Instant;

use clap::Args;
use pgrefit_archive::{Archived, Event, State, Until, run};
use pgrefit_catalog::Name;
use pgrefit_pg::Connector;
use pgrefit_report::{Cell, Column, Fact, Outcome, Status, Table, counted};

use super::{named, tell};
use crate::archives::{Archives, Trial, ms};
use crate::config::Config;
use crate::context::target;
use crate::progress::Progress;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Refuses before anything is changed: no right to the table, a foreign key that refers to it, a store that cannot be written
to, no room for the file, no server to try it on. A partition is detached CONCURRENTLY: nobody waits for that. The table is
read twice; at the end writers wait while it is digested once more, and readers only for the DROP.

Examples:
  pgrefit archive run events_p2024_01
  pgrefit archive run app.events_p2024_01 app.events_p2024_02
  pgrefit archive run events_p2024_01 --keep";

/// Archive partitions, or tables, and drop them.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::commands) struct Run {
    /// The partitions or tables; without a schema, those of `public`.
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<String>,
    /// Leave the table where it is, detached: the next run without this drops it.
    #[arg(long)]
    keep: bool,
    /// A server to try the file on, in place of a scratch server: as a role that may create databases there.
    #[arg(long, value_name = "URL", env = "PGREFIT_STAGING_URL", hide_env_values = true)]
    staging_url: Option<String>,
}

impl Run {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let source = context.connector(&config)?;
        let names = self.tables.iter().map(|table| {
            named(table).parse::<Name>().map_err(|error| {
                Failed::new(Exit::Usage, format!("failed to read the table {table}: {error}"))
                    .hint("as SQL writes it: events_p2024_01, app.events_p2024_01, \"Mixed Case\"")
            })
        });
        let names: Vec<Name> = names.collect::<Result<_, _>>()?;
        let until = if self.keep { Until::Recounted } else { Until::Dropped };
        let staging_url = self.staging_url.as_deref();
        let (done, failed) = archive_each(context, &config, &source, &names, until, staging_url).await?;
        let what = if self.keep { "archived, the table kept" } else { "archived and dropped" };
        let summary = format!("{} {what}", counted(done.len(), "table"));
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
        report.target = Some(target(&source, None));
        if let [only] = &done[..] {
            report.facts = facts(only);
        }
        report.tables = vec![table(&done)];
        match failed.into_iter().next() {
            Some((_, failed)) => Err(failed.with_report_if((!done.is_empty()).then_some(report))),
            None => Ok(Output::Report(Exit::Done, Box::new(report))),
        }
    }
}

/// An archive that was made, and when it reached each state.
pub(in crate::commands) struct Done {
    archived: Archived,
    /// Each state with the milliseconds that it took to get there.
    took_ms: Vec<(State, u64)>,
}

/// Archives one table after the other. One that fails does not stop the others; a request to stop does. What is archived stays
/// archived.
pub(in crate::commands) async fn archive_each(
    context: &Context,
    config: &Config,
    source: &Connector,
    tables: &[Name],
    until: Until,
    staging_url: Option<&str>,
) -> Result<(Vec<Done>, Vec<(Name, Failed)>), Failed> {
    let archives = Archives::new(config)?;
    let trial = Trial::start(context, config, source, staging_url).await?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for table in tables {
        match Box::pin(one(context, &archives, source, &trial, table, until)).await {
            Ok(one) => done.push(one),
            Err(error) => failed.push((table.clone(), error)),
        }
        if context.stop.is_requested() {
            break;
        }
    }
    Ok((done, failed))
}

async fn one(
    context: &Context,
    archives: &Archives,
    source: &Connector,
    trial: &Trial,
    table: &Name,
    until: Until,
) -> Result<Done, Failed> {
    let progress = Progress::new(&context.global);
    let reached = Mutex::new((Instant::now(), Vec::new()));
    let on_event = |event: Event| {
        if let (Event::Reached { state, .. }, Ok(mut reached)) = (&event, reached.lock()) {
            let took = ms(reached.0.elapsed());
            reached.0 = Instant::now();
            reached.1.push((*state, took));
        }
        tell(&progress, &event);
    };
    let job = archives.job(context, source, &on_event);
    let outcome = run(&job, &trial.connector, table, until).await?;
    let took_ms = reached.into_inner().map(|(_, states)| states).unwrap_or_default();
    Ok(Done { archived: outcome, took_ms })
}

fn facts(done: &Done) -> Vec<Fact> {
    let Done { archived, took_ms } = done;
    let mut facts = vec![
        Fact::new("archive", "archive", archived.record.id.clone()),
        Fact::new("state", "state", archived.record.state.to_string()),
    ];
    if let Some(export) = &archived.record.export {
        let sum = |of: fn(&pgrefit_archive::Part) -> u64| export.parts.iter().map(of).sum::<u64>();
        facts.push(Fact::new("rows", "rows", export.rows));
        facts.push(Fact::new("digest", "digest", export.digest.clone()));
        facts.push(Fact::new("file_bytes", "file", Cell::Bytes(sum(|part| part.bytes))));
        facts.push(Fact::new("copy_bytes", "as COPY sends it", Cell::Bytes(sum(|part| part.raw_bytes))));
    }
    for (state, took) in took_ms {
        facts.push(Fact::new(step(*state), step(*state), Cell::DurationMs(*took)));
    }
    for (key, label, time) in [
        ("writers_ms", "writers kept out for", archived.writers),
        ("exclusive_ms", "everybody kept out for", archived.exclusive),
    ] {
        facts.extend(time.map(|time| Fact::new(key, label, Cell::DurationMs(ms(time)))));
    }
    facts
}

/// What was done to get into a state.
fn step(state: State) -> &'static str {
    match state {
        State::Planned => "plan_ms",
        State::Detached => "detach_ms",
        State::Exported => "export_ms",
        State::FileVerified => "read_back_ms",
        State::RestoredVerified => "restore_ms",
        State::Uploaded => "upload_ms",
        State::Recounted => "recount_ms",
        State::Dropped => "drop_ms",
        State::Loaded => "load_ms",
        State::Restored => "attach_ms",
    }
}

/// One line for each.
pub(in crate::commands) fn table(all: &[Done]) -> Table {
    let columns = [
        Column::text("table", "table"),
        Column::text("state", "state"),
        Column::number("rows", "rows"),
        Column::number("size_bytes", "size"),
        Column::text("archive", "archive"),
    ];
    let mut table = Table::new("archived", "Archived", columns);
    for Done { archived, .. } in all {
        let record = &archived.record;
        let export = record.export.as_ref();
        let bytes = export.map(|export| export.parts.iter().map(|part| part.bytes).sum::<u64>());
        table.push([
            Cell::from(record.table().to_string()),
            record.state.to_string().into(),
            export.map(|export| export.rows).into(),
            bytes.map_or(Cell::Missing, Cell::Bytes),
            record.id.clone().into(),
        ]);
    }
    table
}
