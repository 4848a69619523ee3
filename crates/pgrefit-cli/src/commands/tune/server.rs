//! `pgrefit tune server`: settings that this server accepts, with the memory they need, tried on a scratch server.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pgrefit_pg::Connector;
use pgrefit_report::{Outcome, Status};
use pgrefit_tune::Local;
use pgrefit_tune::server::{
    Applied, Done, Facts, Given, Judgement, Purpose, Scripts, Storage, Trial, TrialPlace, apply, judge,
    outcome, tell, try_on_scratch,
};

use super::files::Files;
use super::measured::{Measured, Objection, OnCopies};
use crate::config::Config;
use crate::context::target;
use crate::progress::Progress;
use crate::size::bytes;
use crate::span::duration;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads pg_settings and statistics; no value lies outside of what this very server accepts. Memory is never taken from the host:
give what the container or the machine has for PostgreSQL. Without it, settings about memory are told as not judged (exit 3
only if a limit was given that nothing fits into).

Examples:
  pgrefit tune server --memory 8GiB --cpus 4 --storage ssd
  pgrefit tune server --memory 8GiB --try --save tune.sql       tried on a scratch server of the same major version
  pgrefit tune server --memory 8GiB --try --measure queries     what they buy, on two restored copies of the newest backup
  pgrefit tune server --memory 8GiB --save tune.sql --apply     set on the live server; tune.reset.sql is the way back";

/// Propose server settings, within what this server accepts and its memory allows.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Server {
    /// The memory that the server may use, such as 8GiB: the limit of its container [default: that of its control group, if it
    /// runs on this machine; else `audit.memory`].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    /// The CPUs that it may use [default: those of its control group, if it runs on this machine].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    cpus: Option<u32>,
    /// What its data is on.
    #[arg(long, value_enum)]
    storage: Option<Disk>,
    /// What it is for.
    #[arg(long, value_enum, default_value_t = For::Mixed)]
    purpose: For,
    /// The size of the file system that has its WAL.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    wal_disk: Option<u64>,
    /// How many backends work at the same time, at most: what the pools are made for.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    active: Option<u32>,
    /// The connections of all pools of all replicas together; without it `max_connections` is not lowered.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pools: Option<u32>,
    /// How long WAL is watched, such as 1m, in place of its mean since the counters were reset.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    observe: Duration,
    /// Start a scratch server of the same major version with the settings, read each back, and run the way back.
    #[arg(long = "try")]
    is_tried: bool,
    #[command(flatten)]
    on_copies: OnCopies,
    /// Write the ALTER SYSTEM script to this file, and the way back beside it, as NAME.reset.sql, which is not overwritten if it
    /// leads back to something else.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Set them on the live server and reload it; a restart is yours. Needs `--save`, for the way back.
    #[arg(long, requires = "save")]
    apply: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Disk {
    /// Solid state, or a network volume on it.
    Ssd,
    /// Spinning disks.
    Hdd,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum For {
    /// Many short queries, and some long ones.
    Mixed,
    /// Few long queries.
    Analytic,
}

impl Server {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let workload = self.on_copies.workload(&config)?;
        let connector = context.connector(&config)?;
        let progress = Progress::new(&context.global);
        let session = connector.read_only().await?;
        let given = self.given(&config, Local::find(&session).await?)?;
        progress.say("reading the settings and statistics of the server");
        let facts = Facts::read(&session, given, self.observe).await?;
        drop(session);
        let judged = judge(&facts);
        let files = self.save.as_deref().filter(|_| !judged.proposals.is_empty()).map(Files::new);
        let scripts = Scripts::new(&facts, &judged.proposals);
        // Before anything takes long.
        files.as_ref().map_or(Ok(()), |files| files.check(&scripts))?;
        let trial = self.trial(context, &facts, &judged, &progress).await?;
        let measured = match workload.filter(|_| !judged.proposals.is_empty()) {
            Some(workload) => {
                let what = (&facts, &judged.proposals[..]);
                Some(self.on_copies.compare(context, &config, &connector, what, &workload, &progress).await?)
            }
            None => None,
        };
        let seen = Seen { trial: trial.as_ref(), measured: measured.as_ref() };
        self.refuse(context, &facts, &judged, seen)?;
        files.as_ref().map_or(Ok(()), |files| files.write(&scripts))?;
        let applied = self.applied(context, &connector, &facts, &judged).await?;
        drop(progress);
        let done = Done { trial: trial.as_ref(), applied: applied.as_ref() };
        let mut report = context.report(seen.outcome(outcome(&judged, done)));
        report.target = Some(target(&connector, Some(facts.version.clone())));
        tell(&mut report, &facts, &judged, done);
        if let Some(measured) = &measured {
            measured.tell(&mut report);
        }
        report.facts.extend(files.iter().flat_map(Files::facts));
        Ok(Output::Report(Exit::of(report.outcome.exit_code), Box::new(report)))
    }

    fn given(&self, config: &Config, local: Option<Local>) -> Result<Given, Failed> {
        let configured = match config.text("audit.memory") {
            "" => None,
            text => Some(size(text).map_err(|what| {
                let origin = config.origin("audit.memory");
                Failed::new(Exit::Usage, format!("failed to use `audit.memory` ({origin}): {what}"))
            })?),
        };
        Ok(Given {
            memory_bytes: self.memory.or(configured).or_else(|| local?.memory_limit()),
            cpus: self.cpus.or_else(|| local?.cpu_limit()),
            storage: self.storage.map(|disk| match disk {
                Disk::Ssd => Storage::Ssd,
                Disk::Hdd => Storage::Hdd,
            }),
            wal_disk_bytes: self.wal_disk,
            active_backends: self.active,
            pool_connections: self.pools,
            purpose: match self.purpose {
                For::Mixed => Purpose::Mixed,
                For::Analytic => Purpose::Analytic,
            },
        })
    }

    async fn trial(
        &self,
        context: &Context,
        facts: &Facts,
        judged: &Judgement,
        progress: &Progress,
    ) -> Result<Option<Trial>, Failed> {
        if !self.is_tried || judged.proposals.is_empty() {
            return Ok(None);
        }
        let on_event = |event: pgrefit_scratch::Event| progress.scratch(&event);
        let workshop = Context::workshop(&on_event);
        let search = Context::search(Some(facts.major()), &on_event);
        let binaries = pgrefit_scratch::Binaries::find(&workshop.home, &search)?;
        let supervisor = workshop.supervisor.clone();
        // A scratch server shares this machine with whatever else is on it.
        let place = TrialPlace {
            home: workshop.home.clone(),
            binaries,
            supervisor,
            shared_buffers_max: SHARED_BUFFERS_MAX,
        };
        progress.say("trying the settings on a scratch server");
        Ok(Some(try_on_scratch(&place, facts, &judged.proposals, &context.stop).await?))
    }

    /// Only behind a trial that passed and a workload that was measured and did not become slower, if they were asked for. Before
    /// anything is saved: a way back from nothing would be in the way of the next one.
    fn refuse(
        &self,
        context: &Context,
        facts: &Facts,
        judged: &Judgement,
        seen: Seen<'_>,
    ) -> Result<(), Failed> {
        let Some(objection) = seen.objection().filter(|_| self.is_applied(judged)) else { return Ok(()) };
        let mut report = context.report(Outcome::new(Exit::Refused.code(), Status::Fail, ""));
        tell(&mut report, facts, judged, Done { trial: seen.trial, applied: None });
        if let Some(measured) = seen.measured {
            measured.tell(&mut report);
        }
        let message = format!("failed to apply the settings: {objection}; nothing was changed");
        Err(Failed::new(Exit::Refused, message).with_report(report))
    }

    fn is_applied(&self, judged: &Judgement) -> bool {
        self.apply && !judged.proposals.is_empty()
    }

    /// With the way back in a file.
    async fn applied(
        &self,
        context: &Context,
        connector: &Connector,
        facts: &Facts,
        judged: &Judgement,
    ) -> Result<Option<Applied>, Failed> {
        if !self.is_applied(judged) {
            return Ok(None);
        }
        let mut session = connector.migrator().await?;
        Ok(Some(apply(&mut session, facts, &judged.proposals, &context.stop).await?))
    }
}

/// What was tried before.
#[derive(Clone, Copy)]
struct Seen<'a> {
    trial: Option<&'a Trial>,
    measured: Option<&'a Measured>,
}

impl Seen<'_> {
    /// Why the settings should not be set.
    fn objection(&self) -> Option<&'static str> {
        if self.trial.is_some_and(|trial| !trial.is_passed()) {
            return Some("the scratch server does not take them");
        }
        self.measured?.objection().map(|objection| match objection {
            Objection::Harm(why) | Objection::Unknown(why) => why,
        })
    }

    /// The outcome of the judgement, unless what was measured speaks against the settings, or says nothing.
    fn outcome(&self, judged: Outcome) -> Outcome {
        ended(judged, self.measured.and_then(Measured::objection))
    }
}

fn ended(judged: Outcome, objection: Option<Objection>) -> Outcome {
    let (exit, status, why) = match objection.filter(|_| judged.exit_code == Exit::Done.code()) {
        None => return judged,
        Some(Objection::Harm(why)) => (Exit::Findings, Status::Fail, why),
        Some(Objection::Unknown(why)) => (Exit::Blind, Status::Blind, why),
    };
    Outcome::new(exit.code(), status, format!("{}; {why}", judged.summary))
}

/// What a scratch server may take for shared buffers.
pub(super) const SHARED_BUFFERS_MAX: u64 = 256 << 20;

fn size(text: &str) -> Result<u64, String> {
    bytes(text).filter(|bytes| *bytes > 0).ok_or_else(|| format!("`{text}` is no size, such as 8GiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_ends_a_judgement_that_went_well() {
        let check = |judged: u8, objection: Option<Objection>, expected: (u8, &str)| {
            let outcome = ended(Outcome::new(judged, Status::Info, "2 settings"), objection);
            assert_eq!((outcome.exit_code, outcome.summary.as_str()), expected, "{objection:?}");
        };
        check(0, None, (0, "2 settings"));
        check(0, Some(Objection::Harm("slower")), (1, "2 settings; slower"));
        check(0, Some(Objection::Unknown("broken off")), (3, "2 settings; broken off"));
        check(3, Some(Objection::Harm("slower")), (3, "2 settings"));
    }
}
