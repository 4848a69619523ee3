//! A run on a database that asks for proofs: preflight, backup, restore and comparison, rehearsal, gate, apply, verification,
//! record. Each step is one of `pgrefit-migrate`; here is what is shown of it, and what becomes of it when it fails.

use std::path::PathBuf;

use clap::Args;
use pgrefit_history::{RunBegins, begin_run, close_killed_runs};
use pgrefit_migrate::policy::Policy;
use pgrefit_migrate::proof::Standing;
use pgrefit_migrate::{
    BackedUp, Cleared, EXPECTED_FILE, Job, Planned, Rehearsal, Rehearsed, Seen, Verified, apply, clear,
    preflight, rehearse, settle, standing, verify,
};
use pgrefit_report::evidence::StageName;
use pgrefit_report::{Fact, Finding, Outcome, Report, Status, counted};

use super::super::audit::options as audit_options;
use super::copies::{Copies, Copy};
use super::lines::{self, Kept};
use super::record::Record;
use super::smoke::Smoke;
use crate::context::{shown, target};
use crate::progress::Progress;
use crate::runs::{self, Run};
use crate::setup::Setup;
use crate::{Context, Exit, Failed, Output};

/// Where the proofs of a run come from.
#[derive(Debug, Args)]
pub(in crate::commands) struct Proofs {
    /// Take and verify a backup, rehearse on it, and stop before the live database: for a run with these proofs later.
    #[arg(long)]
    pub(super) rehearse_only: bool,
    /// A proof of a backup or of a rehearsal that was made earlier, or elsewhere (repeatable). It must count.
    #[arg(long, value_name = "FILE")]
    proof: Vec<PathBuf>,
    /// A database on another server to rehearse on, if it is a fresh copy; else that server is where copies are made, in place
    /// of a scratch server: as a role that may create databases there.
    #[arg(long, value_name = "URL", env = "PGREFIT_STAGING_URL", hide_env_values = true)]
    staging_url: Option<String>,
}

impl Proofs {
    fn staging(&self) -> Option<&str> {
        self.staging_url.as_deref().filter(|url| !url.trim().is_empty())
    }
}

/// A run.
pub(super) struct Pipeline<'a> {
    context: &'a Context,
    setup: &'a Setup,
    job: &'a Job<'a>,
    progress: &'a Progress,
    proofs: &'a Proofs,
    check_content: bool,
    policy: Policy,
    smoke: Smoke<'a>,
    record: Record,
    kept: Kept,
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(
        context: &'a Context,
        setup: &'a Setup,
        job: &'a Job<'a>,
        progress: &'a Progress,
        proofs: &'a Proofs,
        check_content: bool,
    ) -> Result<Self, Failed> {
        let policy = setup.policy()?;
        let root = setup.evidence_dir();
        let run = Run::begin(context, &root, job.connector.settings().database())?;
        let smoke = Smoke::of(setup, job);
        let record = Record::new(context, run);
        let kept = Kept::default();
        Ok(Self { context, setup, job, progress, proofs, check_content, policy, smoke, record, kept })
    }

    /// Runs the plan to its end, and writes the evidence whatever that end is.
    pub(super) async fn run(mut self, planned: Planned, adopted: Option<Finding>) -> Result<Output, Failed> {
        let result = Box::pin(self.steps(planned)).await;
        if result.is_err() && self.record.in_ledger {
            // What was committed stays, and must be told.
            if let Ok(planned) = pgrefit_migrate::plan(self.job).await {
                self.kept.take_state(&planned);
            }
        }
        let page = self.finish(&result).await;
        let root = self.setup.evidence_dir();
        runs::prune(&root, usize::try_from(self.setup.config.integer("evidence.keep")).unwrap_or(50));
        match result {
            Ok(end) => {
                let mut report = self.report(self.outcome_of(&end), Some(end.server_version()), adopted);
                match page {
                    Ok(page) => report.facts.push(Fact::new("page", "report", shown(&page))),
                    // The run is what it is; that it cannot be shown later is a finding.
                    Err(failed) => {
                        report.findings.push(Finding::new("evidence-lost", Status::Warn, failed.line()));
                    }
                }
                Ok(Output::Report(end.exit(), Box::new(report)))
            }
            Err(failed) => {
                if let Ok(page) = page {
                    self.progress.note(&format!("the evidence is in {}", page.display()));
                }
                let shown = self.report(lines::ended_early(&self.record.evidence, &failed), None, adopted);
                Err(if failed.report.is_some() { failed } else { failed.with_report(shown) })
            }
        }
    }

    async fn steps(&mut self, planned: Planned) -> Result<End, Failed> {
        let going = Record::begins(StageName::Plan);
        let pending = planned.plan().pending().count();
        self.kept.server_version = Some(planned.server_version());
        self.record.ended(&going, Status::Pass, format!("{} to apply", counted(pending, "migration")));
        self.lint(&planned).await;
        self.preflight().await?;
        let now = standing(self.job, &planned).await?;
        self.kept.standing = Some(now.clone());
        let (backup, copy) = self.backup(&now).await?;
        let rehearsed = Box::pin(self.rehearse(&now, copy)).await?;
        let cleared = self.gate(&planned, backup.as_ref(), rehearsed.as_ref()).await?;
        if self.proofs.rehearse_only {
            for stage in [StageName::Apply, StageName::Verify] {
                self.record.skipped(stage, "--rehearse-only");
            }
            return Ok(End::Rehearsed { version: planned.server_version(), pending });
        }
        Box::pin(self.live(planned, cleared)).await
    }

    /// What the linter thinks of it is part of the evidence; what the rehearsal has measured decides.
    async fn lint(&mut self, planned: &Planned) {
        let going = Record::begins(StageName::Lint);
        let linted = match super::super::lint::options(&self.setup.config, true) {
            Ok(options) => pgrefit_migrate::lint(self.job, planned, options).await,
            Err(failed) => {
                self.record.ended(&going, Status::Blind, failed.line());
                return;
            }
        };
        let found: Vec<Finding> =
            linted.findings().filter(|finding| finding.status >= Status::Warn).cloned().collect();
        let status = linted.worst().unwrap_or(Status::Pass).min(Status::Warn);
        self.record.ended(
            &going,
            status,
            format!("{} in the pending files", counted(found.len(), "finding")),
        );
        self.record.find(found);
    }

    async fn preflight(&mut self) -> Result<(), Failed> {
        self.progress.say("auditing the live database, reading only");
        let going = Record::begins(StageName::Preflight);
        if !self.proofs.rehearse_only {
            // Now rather than after hours of proofs.
            let refused = self.job.refuse_pooler().await;
            if refused.is_err() {
                self.record.ended_with(&going, refused, |()| String::new())?;
            }
        }
        let found = preflight(self.job.connector, self.job.table, &audit_options(&self.setup.config)?).await;
        let found = self.record.ended_with(&going, found, |found| {
            let all = counted(found.findings().count(), "finding");
            format!(
                "{} asked, {all}, of which {} must be changed",
                counted(found.checks(), "check"),
                found.failures()
            )
        })?;
        self.record.find(found.findings().cloned());
        Ok(())
    }

    /// A verified backup, if the policy asks for one: an earlier one that counts, or a new one.
    async fn backup(&mut self, now: &Standing) -> Result<(Option<BackedUp>, Option<Copy>), Failed> {
        let copies = Copies::new(self.context, self.setup, self.job, self.progress, &self.policy);
        if let Some((path, earlier)) = copies.earlier_backup(&self.proofs.proof, now).await? {
            let shown = shown(&path);
            self.progress.note(&format!("the verified backup of {shown} is used"));
            self.record.reused(StageName::Backup, &shown, "an earlier verified backup counts");
            self.record.reused(StageName::VerifyBackup, &shown, "its files are whole");
            self.kept.backup_proof = Some(earlier.proof().clone());
            return Ok((Some(earlier), None));
        }
        let staging = self.proofs.staging();
        let (backup, copy) = copies.new_backup(now, staging, &mut self.record, &mut self.kept).await?;
        self.record.run.write_proof(backup.proof())?;
        self.kept.backup_proof = Some(backup.proof().clone());
        Ok((Some(backup), copy))
    }

    /// A rehearsal, if the policy asks for one.
    async fn rehearse(&mut self, now: &Standing, copy: Option<Copy>) -> Result<Option<Rehearsed>, Failed> {
        if !self.policy.environment.needs_rehearsal() && !self.proofs.rehearse_only {
            self.record.skipped(StageName::Rehearse, "the policy does not ask for it");
            return Ok(None);
        }
        let copies = Copies::new(self.context, self.setup, self.job, self.progress, &self.policy);
        if !self.proofs.rehearse_only
            && let Some((path, earlier)) = copies.earlier_rehearsal(&self.proofs.proof, now)?
        {
            let shown = shown(&path);
            self.progress.note(&format!("the rehearsal of {shown} is used"));
            self.record.reused(StageName::Rehearse, &shown, "an earlier rehearsal counts");
            self.kept.rehearsal_proof = Some(earlier.proof().clone());
            return Ok(Some(earlier));
        }
        let (staging, backup) = (self.proofs.staging(), self.kept.backup_proof.clone());
        let chosen = copies.copy_to_rehearse_on(copy, staging, backup.as_ref(), &mut self.record);
        let copy = Box::pin(chosen).await?;
        let rehearsed = Box::pin(self.rehearse_on(&copy, now)).await?;
        drop(copy);
        if let Some(catalog) = &rehearsed.expected().catalog {
            self.record.run.write(EXPECTED_FILE, &serde_json::to_string(catalog).unwrap_or_default())?;
        }
        self.record.run.write_proof(rehearsed.proof())?;
        self.kept.rehearsal_proof = Some(rehearsed.proof().clone());
        Ok(Some(rehearsed))
    }

    async fn rehearse_on(&mut self, copy: &Copy, now: &Standing) -> Result<Rehearsed, Failed> {
        self.progress.say("rehearsing on the copy");
        let going = Record::begins(StageName::Rehearse);
        let made_at = Context::now();
        let measuring = self.smoke.measuring();
        let audit = audit_options(&self.setup.config)?;
        let rehearsal = Rehearsal {
            copy: copy.connector(),
            all_seeing: copy.all_seeing(),
            is_ours: copy.is_ours(),
            has_roles: copy.has_roles(),
            standing: &copy.standing(now),
            policy: &self.policy,
            queries: self.setup.config.queries(),
            measuring: &measuring,
            audit: &audit,
            traffic: self.smoke.traffic_on_copy(),
            now: &made_at,
        };
        let mut seen = Seen::default();
        let mut listener = |event: pgrefit_migrate::Event<'_>| self.progress.rehearsal(&event);
        let result = Box::pin(rehearse(self.job, &rehearsal, &mut seen, &mut listener)).await;
        if let Some(trace) = &seen.trace {
            let text = serde_json::to_string_pretty(trace).unwrap_or_default();
            self.record.run.write("trace.json", &text)?;
        }
        self.kept.rehearsal_failed = result.as_ref().err().map(ToString::to_string);
        self.record.find(seen.findings.iter().filter(|finding| finding.status >= Status::Warn).cloned());
        self.kept.seen = seen;
        let kept = &self.kept;
        self.record.ended_with(&going, result, |rehearsed| lines::rehearsal_summary(rehearsed, kept))
    }

    async fn gate(
        &mut self,
        planned: &Planned,
        backup: Option<&BackedUp>,
        rehearsed: Option<&Rehearsed>,
    ) -> Result<Cleared, Failed> {
        let going = Record::begins(StageName::Gate);
        let now = standing(self.job, planned).await?;
        self.kept.judge(&now, &self.policy, backup, rehearsed);
        let environment = self.policy.environment.word();
        let asked = Policy { ..self.policy.clone() };
        let cleared = clear(asked, now, backup, rehearsed);
        self.record.ended_with(&going, cleared, |cleared| {
            format!("{} count for a {environment} database", counted(cleared.proofs().len(), "proof"))
        })
    }

    /// The live database is changed, with whoever was asked to look at it.
    async fn live(&mut self, planned: Planned, cleared: Cleared) -> Result<End, Failed> {
        let before = self.smoke.measured(self.job.connector).await?;
        self.begin_ledger(&planned).await?;
        self.progress.say("applying");
        let going = Record::begins(StageName::Apply);
        let progress = self.progress;
        let mut committed = 0;
        let mut listener = |event: pgrefit_migrate::Event<'_>| {
            committed += usize::from(matches!(event, pgrefit_migrate::Event::Done { .. }));
            progress.migration(&event);
        };
        let work = apply(self.job, planned, cleared, self.check_content, &mut listener);
        let (applied, traffic) = Box::pin(self.smoke.beside(self.job.connector, work)).await;
        self.kept.committed = committed;
        match traffic {
            Ok(Some(traffic)) => {
                let text = serde_json::to_string_pretty(&traffic).unwrap_or_default();
                self.record.run.write("traffic.json", &text)?;
                self.kept.live_traffic = Some(traffic);
            }
            Ok(None) => {}
            Err(failed) => self.kept.blind("the queries beside the live run", &failed.line()),
        }
        let applied = self.record.ended_with(&going, applied, |applied| {
            format!("{} applied", counted(applied.migrations().len(), "migration"))
        })?;
        self.kept.applied = applied.migrations().to_vec();
        self.progress.say("verifying");
        let going = Record::begins(StageName::Verify);
        let verified = match settle(self.job, &applied).await {
            Ok(settled) => Box::pin(verify(self.job, applied, settled)).await,
            Err(error) => Err(error),
        };
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) => {
                let failed =
                    Failed::from(error).within("the migrations are applied, but failed to verify them");
                self.record.ended(&going, Status::Error, failed.line());
                return Err(failed.exit(Exit::NotVerified));
            }
        };
        let after = match self.smoke.measured(self.job.connector).await {
            Ok(after) => after,
            Err(failed) => {
                self.kept.blind("the queries after the run", &failed.line());
                None
            }
        };
        if let Some(after) = &after {
            let both = serde_json::json!({ "before": before, "after": after });
            self.record.run.write("queries.json", &format!("{both:#}\n"))?;
        }
        self.kept.take_verified(&verified, before.as_ref(), after.as_ref());
        let failures = self.kept.failures().count();
        let (status, summary) = match failures {
            0 => (Status::Pass, lines::verified_summary(&self.kept)),
            count => (Status::Fail, format!("{} of the verification failed", counted(count, "check"))),
        };
        self.record.ended(&going, status, summary);
        if failures > 0 {
            self.draft(&verified)?;
        }
        Ok(End::Live(Box::new(verified), failures))
    }

    /// The ledger is told before the database is changed, so that a run that is killed leaves a trace of itself.
    async fn begin_ledger(&mut self, planned: &Planned) -> Result<(), Failed> {
        let run = RunBegins {
            id: &self.record.run.id.clone(),
            environment: self.policy.environment.word(),
            from_version: planned.plan().current(),
            tool: concat!("pgrefit ", env!("CARGO_PKG_VERSION")),
        };
        if planned.history().has_runs {
            for closed in close_killed_runs(self.job.connector, self.job.table).await? {
                self.progress.note(&format!("the run {} did not come to its end", closed.id));
            }
        }
        begin_run(self.job.connector, self.job.table, &run).await?;
        self.record.in_ledger = true;
        Ok(())
    }

    /// A draft of what puts right a failed verification.
    fn draft(&mut self, verified: &Verified) -> Result<(), Failed> {
        let mut next = vec![
            "read docs/runbooks/roll-forward.md: the database is changed, and the way out is forward"
                .to_owned(),
        ];
        if let Some(draft) = verified.roll_forward() {
            let path = self.record.run.write("roll-forward.sql", draft)?;
            next.insert(0, format!("read the draft {} and put it among the migrations", path.display()));
            self.record.evidence.roll_forward = Some(draft.to_owned());
        }
        self.record.evidence.next_steps = next;
        Ok(())
    }

    /// Writes the evidence.
    async fn finish(&mut self, result: &Result<End, Failed>) -> Result<PathBuf, Failed> {
        let (outcome, version) = match result {
            Ok(end) => (self.outcome_of(end), end.version()),
            Err(failed) => (lines::outcome_of(failed), self.kept.version),
        };
        let origin = |key: &str| self.setup.config.origin(key);
        self.kept.fill(&mut self.record.evidence, &self.policy, &origin);
        self.record.evidence.target = Some(target(self.job.connector, self.kept.server_version.clone()));
        let applied = self.kept.committed;
        self.record.finish(self.job, outcome, version, applied).await
    }

    /// A run that did what it was asked to, on a database of which not everything is as it is required, ends well with a warning.
    fn outcome_of(&self, end: &End) -> Outcome {
        let mut outcome = end.outcome();
        let unmet = if matches!(end, End::Live(..)) { self.kept.unmet(&self.policy) } else { 0 };
        if unmet > 0 && outcome.status == Status::Pass {
            outcome.status = Status::Warn;
            outcome.summary =
                format!("{}; {} of the checklist not met", outcome.summary, counted(unmet, "requirement"));
        }
        outcome
    }

    fn report(&self, outcome: Outcome, version: Option<String>, adopted: Option<Finding>) -> Report {
        let mut report = self.context.report(outcome);
        report.target = Some(target(self.job.connector, version));
        report.tables = lines::tables(&self.record.evidence, &self.kept);
        report.findings.extend(adopted);
        report.findings.extend(self.kept.failures().cloned());
        report
    }
}

/// How a run has ended.
pub(super) enum End {
    /// Before the live database.
    Rehearsed { version: String, pending: usize },
    /// On the live database, with so many failures of its verification.
    Live(Box<Verified>, usize),
}

impl End {
    fn exit(&self) -> Exit {
        match self {
            Self::Live(_, failures) if *failures > 0 => Exit::NotVerified,
            Self::Live(..) | Self::Rehearsed { .. } => Exit::Done,
        }
    }

    fn outcome(&self) -> Outcome {
        let (status, summary) = match self {
            Self::Rehearsed { pending, .. } => (
                Status::Pass,
                format!("{} rehearsed; the live database was not changed", counted(*pending, "migration")),
            ),
            Self::Live(verified, 0) if verified.migrations().is_empty() => (
                Status::Pass,
                "0 migrations applied, verified; another runner had applied what was pending".to_owned(),
            ),
            Self::Live(verified, 0) => (
                Status::Pass,
                format!("{} applied, verified", counted(verified.migrations().len(), "migration")),
            ),
            Self::Live(verified, _) => {
                let count = verified.migrations().len();
                (Status::Fail, format!("{} applied, the verification failed", counted(count, "migration")))
            }
        };
        Outcome::new(self.exit().code(), status, summary)
    }

    fn server_version(&self) -> String {
        match self {
            Self::Rehearsed { version, .. } => version.clone(),
            Self::Live(verified, _) => verified.planned().server_version(),
        }
    }

    /// The version that the database is at, if the run has changed it.
    fn version(&self) -> Option<i64> {
        match self {
            Self::Rehearsed { .. } => None,
            Self::Live(verified, _) => verified.planned().plan().current(),
        }
    }
}
