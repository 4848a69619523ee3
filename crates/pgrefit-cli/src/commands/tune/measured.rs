//! `pgrefit tune server --measure`: what the settings buy, on two restored copies that differ in nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgrefit_backup::Restored;
use pgrefit_bench::benchmark::{BenchOptions, Event, Side, Versus, VersusOptions, versus};
use pgrefit_bench::versus::{
    Comparison, Terms, Verdict, comparison_findings, comparison_rows, judge, pairs_needed, summary,
};
use pgrefit_load::{LoadOptions, Pace, Workload};
use pgrefit_pg::Connector;
use pgrefit_report::{Fact, Finding, Report, Status};
use pgrefit_tune::server::{Facts, Proposal, Sides};

use super::server::SHARED_BUFFERS_MAX;
use crate::backups::Backups;
use crate::commands::bench::failed;
use crate::config::Config;
use crate::progress::Progress;
use crate::workloads::Which;
use crate::{Context, Failed};

const PAIRS: usize = 20;
const ROUND: Duration = Duration::from_secs(1);
const WARM_UP: Duration = Duration::from_millis(300);
/// The word for the application's queries in the configuration.
const QUERIES: &str = "queries";

/// Whether and how it is measured.
#[derive(Debug, Args)]
pub(super) struct OnCopies {
    /// Restore the newest backup on two scratch servers, one with the settings as they are and one as proposed, and run this
    /// workload on both in turn: a file, `queries` for the [[queries]] of the configuration, `docserver` or `docserver-migrated`.
    #[arg(long, value_name = "WORKLOAD")]
    measure: Option<PathBuf>,
    /// The folder of the backup that is restored [default: the newest one of the database].
    #[arg(long, value_name = "FOLDER", requires = "measure")]
    backup: Option<PathBuf>,
    /// Users of --measure, who ask again as soon as they are answered.
    #[arg(long, value_name = "N", requires = "measure", default_value_t = 4)]
    users: usize,
    /// Pairs of rounds of --measure, of 1 s each [default: 20, or as many as so many queries need].
    #[arg(long, value_name = "N", requires = "measure", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pairs: Option<u16>,
}

/// What came of it.
pub(super) struct Measured {
    comparison: Comparison,
    played: Versus,
    reduced: Vec<String>,
}

impl OnCopies {
    /// The workload, read before anything is done. Nothing if nothing is to be measured.
    pub(super) fn workload(&self, config: &Config) -> Result<Option<Workload>, Failed> {
        let Some(named) = &self.measure else { return Ok(None) };
        let named = Some(named.clone()).filter(|path| path.as_os_str() != QUERIES);
        Which::of(named).read(config).map(Some)
    }

    /// Restores, sets, and runs. Reads nothing of the live server but the name of its database.
    pub(super) async fn compare(
        &self,
        context: &Context,
        config: &Config,
        live: &Connector,
        (facts, proposals): (&Facts, &[Proposal]),
        workload: &Workload,
        progress: &Progress,
    ) -> Result<Measured, Failed> {
        let backups = Backups::new(config)?;
        let folder = match &self.backup {
            Some(folder) => folder.clone(),
            None => backups.newest(live.settings().database())?,
        };
        let sides = Sides::new(facts, proposals, SHARED_BUFFERS_MAX);
        let restore = async |how: &str, statements: &[String]| -> Result<Restored, Failed> {
            progress.say(&format!("restoring the backup on a scratch server with the settings {how}"));
            let on_event = |event: pgrefit_backup::Event| progress.backup(&event);
            let mut copy = backups.restored(&folder, None, &context.stop, &on_event).await?;
            copy.restart_with(statements).await?;
            Ok(copy)
        };
        let copies =
            [restore("as they are", &sides.now).await?, restore("as proposed", &sides.proposed).await?];
        let played = self.play(context, &copies, workload, progress).await?;
        let weights: BTreeMap<String, u32> =
            workload.statements.iter().map(|it| (it.name.clone(), it.weight)).collect();
        let comparison = judge(&played.pairs, &weights, &Terms::default());
        Ok(Measured { comparison, played, reduced: sides.reduced })
    }

    async fn play(
        &self,
        context: &Context,
        copies: &[Restored; 2],
        workload: &Workload,
        progress: &Progress,
    ) -> Result<Versus, Failed> {
        let side = |name: &str, copy: &Restored| Side {
            name: name.to_owned(),
            connector: copy.as_source_role().clone(),
            setup: None,
        };
        let sides = [side("A", &copies[0]), side("B", &copies[1])];
        let load = LoadOptions {
            connections: self.users,
            pace: Pace::Closed { users: self.users, think: Duration::ZERO },
            warm_up: WARM_UP,
            duration: ROUND,
            ..LoadOptions::default()
        };
        let needed = pairs_needed(workload.statements.len(), Terms::default().alpha) + 2;
        let bench = BenchOptions { load, ..BenchOptions::default() };
        let options = VersusOptions { bench, pairs: self.pairs.map_or(PAIRS.max(needed), usize::from) };
        progress.say("running the workload on both copies in turn");
        let on_event = |_: Event<'_>| {};
        versus(&sides, workload, &options, &context.stop, &on_event).await.map_err(failed)
    }
}

impl Measured {
    /// Whether the workload as a whole takes more time with the settings.
    pub(super) fn is_slower(&self) -> bool {
        self.comparison.verdict == Verdict::Slower
    }

    /// Adds it to the report. That a query is slower is a warning: the whole is what counts.
    pub(super) fn tell(&self, report: &mut Report) {
        report.facts.push(Fact::new(
            "measured",
            "the workload as proposed (B), by as it is (A)",
            summary(&self.comparison),
        ));
        report.facts.push(Fact::new("pairs", "pairs of rounds", self.played.pairs.len()));
        report.tables.push(comparison_rows(&self.comparison));
        let softer = |finding: Finding| Finding { status: finding.status.min(Status::Warn), ..finding };
        report.findings.extend(comparison_findings(&self.comparison).into_iter().map(softer));
        report.findings.extend(
            self.reduced.iter().map(|what| {
                Finding::new("measured-with-less", Status::Info, format!("on the copies: {what}"))
            }),
        );
    }
}
