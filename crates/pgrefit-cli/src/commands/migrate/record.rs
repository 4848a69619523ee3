//! What is written down of a run while it goes on: its stages with their times, and at its end the evidence.

use std::time::{Duration, Instant};

use pgrefit_history::{RunEnds, RunStep};
use pgrefit_migrate::Job;
use pgrefit_report::evidence::{Stage, StageName};
use pgrefit_report::{Evidence, Finding, Outcome, Status, render_evidence_html, render_evidence_markdown};

use crate::runs::{EVIDENCE, MARKDOWN, PAGE, Run};
use crate::{Context, Exit, Failed};

/// The evidence of a run, as far as it has come.
pub(super) struct Record {
    pub(super) run: Run,
    pub(super) evidence: Evidence,
    /// Whether the ledger in the database knows of the run.
    pub(super) in_ledger: bool,
    began: Instant,
}

/// A stage that goes on.
pub(super) struct Going {
    name: StageName,
    since: Instant,
}

impl Record {
    pub(super) fn new(context: &Context, run: Run) -> Self {
        let outcome = Outcome::new(Exit::TryAgain.code(), Status::Info, "the run has not come to its end");
        let evidence =
            Evidence::new(env!("CARGO_PKG_VERSION"), run.id.clone(), context.started_at(), outcome);
        Self { run, evidence, in_ledger: false, began: context.started() }
    }

    /// A stage begins.
    pub(super) fn begins(name: StageName) -> Going {
        Going { name, since: Instant::now() }
    }

    /// A stage has ended.
    pub(super) fn ended(&mut self, going: &Going, status: Status, summary: impl Into<String>) -> &mut Stage {
        let started_ms = ms(going.since.duration_since(self.began));
        let stage = Stage::ran(going.name, status, started_ms, ms(going.since.elapsed()), summary);
        self.add(stage)
    }

    /// A stage has ended well, so long after its begin.
    pub(super) fn ended_after(&mut self, going: &Going, took: Duration, summary: String) -> &mut Stage {
        let started_ms = ms(going.since.duration_since(self.began));
        self.add(Stage::ran(going.name, Status::Pass, started_ms, ms(took), summary))
    }

    /// A stage has ended well just now that began so long after the begin of another.
    pub(super) fn ended_since(&mut self, name: StageName, other: &Going, after: Duration, summary: String) {
        let since = other.since + after;
        self.ended(&Going { name, since }, Status::Pass, summary);
    }

    /// A stage has ended well, or with the error, which is handed on.
    pub(super) fn ended_with<T, E: Into<Failed>>(
        &mut self,
        going: &Going,
        result: Result<T, E>,
        summary: impl FnOnce(&T) -> String,
    ) -> Result<T, Failed> {
        match result {
            Ok(value) => {
                let summary = summary(&value);
                self.ended(going, Status::Pass, summary);
                Ok(value)
            }
            Err(error) => {
                let failed: Failed = error.into();
                self.ended(going, Status::Fail, failed.line());
                Err(failed)
            }
        }
    }

    /// A stage that did not run.
    pub(super) fn skipped(&mut self, name: StageName, why: impl Into<String>) {
        self.add(Stage::skipped(name, why));
    }

    /// A stage in whose place an earlier proof stands.
    pub(super) fn reused(&mut self, name: StageName, proof: &str, summary: &str) {
        self.add(Stage::reused(name, proof, summary));
    }

    fn add(&mut self, stage: Stage) -> &mut Stage {
        let stages = &mut self.evidence.stages;
        stages.push(stage);
        let last = stages.len() - 1;
        &mut stages[last]
    }

    pub(super) fn find(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.evidence.findings.extend(findings);
    }

    /// Writes the evidence, and tells the ledger how the run has ended.
    pub(super) async fn finish(
        &mut self,
        job: &Job<'_>,
        outcome: Outcome,
        to_version: Option<i64>,
        applied: usize,
    ) -> Result<std::path::PathBuf, Failed> {
        self.evidence.outcome = outcome;
        self.evidence.duration_ms = ms(self.began.elapsed());
        let json = self.evidence.to_json();
        if self.in_ledger {
            // Whatever becomes of the files.
            self.tell_ledger(job, &json, to_version, applied).await;
        }
        self.run.write(MARKDOWN, &render_evidence_markdown(&self.evidence))?;
        let page = self.run.write(PAGE, &render_evidence_html(&self.evidence))?;
        self.run.write(EVIDENCE, &json)?;
        Ok(page)
    }

    /// That it could not be told is no failure of the run, whose evidence is written.
    async fn tell_ledger(&self, job: &Job<'_>, json: &str, to_version: Option<i64>, applied: usize) {
        let steps: Vec<RunStep> = self.evidence.stages.iter().map(step).collect();
        let evidence = pgrefit_migrate::proof::sha256(json.as_bytes());
        let run = RunEnds {
            id: &self.run.id,
            exit_code: self.evidence.outcome.exit_code,
            summary: &self.evidence.outcome.summary,
            to_version,
            applied,
            evidence: &evidence,
            steps: &steps,
        };
        if let Err(error) = pgrefit_history::end_run(job.connector, job.table, &run).await {
            let line = Failed::from(error).line();
            tracing::warn!(target: "pgrefit", "the end of the run could not be recorded in the database: {line}");
        }
    }
}

fn step(stage: &Stage) -> RunStep {
    RunStep {
        name: stage.name.as_str().to_owned(),
        status: stage.status.as_str().to_owned(),
        began_ms: stage.started_ms,
        duration_ms: stage.duration_ms,
        summary: stage.skipped.clone().unwrap_or_else(|| stage.summary.clone()),
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
