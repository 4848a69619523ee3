//! `pgrefit tune server --measure`: what the settings buy, on two restored copies that differ in nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgrefit_backup::Restored;
use pgrefit_bench::benchmark::{BenchOptions, Ending, Event, Side, Versus, VersusOptions, versus};
use pgrefit_bench::versus::{
    Comparison, Terms, Verdict, comparison_findings, comparison_rows, judge, pairs_needed, summary,
};
use pgrefit_load::{LoadOptions, Pace, Workload};
use pgrefit_pg::Connector;
use pgrefit_report::{Fact, Finding, Report, Status};
use pgrefit_tune::server::{Error, Facts, Proposal, Sides};

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

/// Why the settings should not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Objection {
    /// It was seen that they do harm.
    Harm(&'static str),
    /// It was not seen that they do none.
    Unknown(&'static str),
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

    /// Restores, sets, and runs. Reads nothing of the live server but the name of its database. Fails if it was asked to stop: it
    /// was begun to know what it did not come to know.
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
        if played.ending == Ending::Stopped {
            return Err(Error::Stopped { undone: true }.into());
        }
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
    /// What is said against the settings, if anything is.
    pub(super) fn objection(&self) -> Option<Objection> {
        objection(&self.comparison, &self.played.ending)
    }

    /// Adds it to the report. That a query is slower is a warning: the whole is what counts. One that fails with the settings
    /// only is not made up for by others.
    pub(super) fn tell(&self, report: &mut Report) {
        report.facts.push(Fact::new(
            "measured",
            "the workload as proposed (B), by as it is (A)",
            summary(&self.comparison),
        ));
        report.facts.push(Fact::new("pairs", "pairs of rounds", self.played.pairs.len()));
        let is_complete = self.played.ending == Ending::Completed;
        report.facts.push(Fact::new("measured_to_the_end", "measured to the end", is_complete));
        report.tables.push(comparison_rows(&self.comparison));
        report.findings.extend(broken_off(&self.played.ending));
        report.findings.extend(comparison_findings(&self.comparison).into_iter().map(softer));
        report.findings.extend(
            self.reduced.iter().map(|what| {
                Finding::new("measured-with-less", Status::Info, format!("on the copies: {what}"))
            }),
        );
    }
}

fn objection(comparison: &Comparison, ending: &Ending) -> Option<Objection> {
    if comparison.statements.iter().any(|it| it.b_failed > 0 && it.a_failed == 0) {
        return Some(Objection::Harm("queries fail with them that do not fail without"));
    }
    if comparison.statements.iter().any(|it| it.loses_more) {
        return Some(Objection::Harm("more queries fail with them, or have no answer in time, than without"));
    }
    match (comparison.verdict, ending) {
        (Verdict::Slower, _) => Some(Objection::Harm("the workload is slower with them")),
        (_, Ending::Suffered(_) | Ending::Stopped) => {
            Some(Objection::Unknown("the measurement was broken off"))
        }
        (Verdict::NotMeasured, Ending::Completed) => {
            Some(Objection::Unknown("too little was measured for a verdict"))
        }
        (Verdict::Faster | Verdict::NoDifferenceShown, Ending::Completed) => None,
    }
}

fn broken_off(ending: &Ending) -> Option<Finding> {
    let Ending::Suffered(suffering) = ending else { return None };
    let message = format!("the measurement was ended by the guard: {suffering}");
    let hint = "measure when this machine has less to do, or with fewer --users";
    Some(Finding::new("bench-database-suffers", Status::Blind, message).hint(hint))
}

fn softer(finding: Finding) -> Finding {
    if finding.check == "bench-fails" {
        return finding;
    }
    Finding { status: finding.status.min(Status::Warn), ..finding }
}

#[cfg(test)]
mod tests {
    use pgrefit_bench::guard::{Sign, Suffering};
    use pgrefit_bench::versus::{Pair, Round, Sample};

    use super::*;

    fn round(millis: u64, failed: u64) -> Round {
        let time = Duration::from_millis(millis);
        let sample = Sample { done: 50, failed, unanswered: 0, p10: time, p50: time, p95: time };
        Round::from([("q".to_owned(), sample)])
    }

    fn suffered() -> Ending {
        let (measured, limit) = ("2 s".to_owned(), "1 s".to_owned());
        Ending::Suffered(Suffering { sign: Sign::ProbeLatency, at: ROUND, measured, limit })
    }

    #[test]
    fn only_what_was_measured_to_its_end_and_does_no_harm_may_be_set() {
        let check = |pairs: usize, (b, failed): (u64, [u64; 2]), ending: Ending, expected: Option<&str>| {
            let pair = Pair { a: round(10, failed[0]), b: round(b, failed[1]) };
            let comparison = judge(&vec![pair; pairs], &BTreeMap::new(), &Terms::default());
            let found = objection(&comparison, &ending);
            let text = found.map(|it| match it {
                Objection::Harm(why) | Objection::Unknown(why) => why,
            });
            assert_eq!(text.is_some(), expected.is_some(), "{pairs} {b} {ending:?}: {text:?}");
            assert!(text.unwrap_or_default().contains(expected.unwrap_or_default()), "{text:?}");
            assert_eq!(broken_off(&ending).is_some(), matches!(ending, Ending::Suffered(_)));
        };
        check(20, (10, [0, 0]), Ending::Completed, None);
        check(20, (5, [0, 0]), Ending::Completed, None);
        check(20, (20, [0, 0]), Ending::Completed, Some("slower"));
        check(20, (20, [0, 0]), suffered(), Some("slower"));
        check(20, (5, [0, 0]), suffered(), Some("broken off"));
        check(20, (5, [0, 0]), Ending::Stopped, Some("broken off"));
        check(2, (5, [0, 0]), Ending::Completed, Some("too little"));
        check(0, (5, [0, 0]), Ending::Completed, Some("too little"));
        check(20, (5, [0, 1]), Ending::Completed, Some("fail"));
        check(20, (5, [1, 1]), Ending::Completed, None);
        check(20, (5, [1, 40]), Ending::Completed, Some("more queries fail"));
    }
}
