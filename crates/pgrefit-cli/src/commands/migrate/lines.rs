//! What is kept of a run until its end, and what the evidence and the report say of it.

use std::collections::BTreeSet;

use pgrefit_backup::{TableVerdict, VerifiedBackup};
use pgrefit_bench::{Measured, Tolerance, Traffic, compare};
use pgrefit_history::Applied;
use pgrefit_migrate::evidence::{self, Lines};
use pgrefit_migrate::policy::Policy;
use pgrefit_migrate::proof::{Claim, Proof, Standing};
use pgrefit_migrate::{
    BackedUp, Judged, Planned, Rehearsed, Seen, Verified, effort_table, migrations_table, verification_table,
};
use pgrefit_report::evidence::{Backup, Line, Query, StageName, TableComparison};
use pgrefit_report::{Cell, Column, Evidence, Finding, Outcome, Status, Table, counted, human_duration};

use crate::Failed;

/// What is kept until the end.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) server_version: Option<String>,
    pub(super) standing: Option<Standing>,
    pub(super) backup: Option<Backup>,
    pub(super) backup_proof: Option<Proof>,
    pub(super) rehearsal_proof: Option<Proof>,
    pub(super) judged: Vec<Judged>,
    pub(super) seen: Seen,
    pub(super) applied: Vec<Applied>,
    /// Migrations that were committed, and the version now, where the run has ended before it could say so itself.
    pub(super) committed: usize,
    pub(super) version: Option<i64>,
    pub(super) rehearsal_failed: Option<String>,
    pub(super) live_traffic: Option<Traffic>,
    existing: BTreeSet<String>,
    verification: Vec<Finding>,
    queries: Vec<Query>,
    content_tables: Option<u64>,
    recorded: Option<u64>,
    tables: Vec<Table>,
}

impl Kept {
    /// Judges the proofs at the gate.
    pub(super) fn judge(
        &mut self,
        now: &Standing,
        policy: &Policy,
        backup: Option<&BackedUp>,
        rehearsed: Option<&Rehearsed>,
    ) {
        let backup = backup.map(|step| Judged::of(step.proof(), now, policy, step.is_own()));
        let rehearsed = rehearsed.map(|step| Judged::of(step.proof(), now, policy, step.is_own()));
        self.judged = backup.into_iter().chain(rehearsed).collect();
    }

    /// Takes in what the verification of the live database, and the queries before and after, have shown.
    pub(super) fn take_verified(
        &mut self,
        verified: &Verified,
        before: Option<&Measured>,
        after: Option<&Measured>,
    ) {
        self.existing.clone_from(verified.existing());
        self.verification = verified.findings().to_vec();
        self.recorded = u64::try_from(verified.planned().plan().applied_count()).ok();
        self.tables.push(migrations_table(verified.planned().plan()));
        self.tables.extend(effort_table(verified.migrations()));
        self.tables.extend(verified.content().map(|(before, now)| before.table(now)));
        self.tables.push(verification_table(verified));
        self.content_tables = verified.content().map(|(before, _)| before.tables() as u64);
        if let Some(after) = after {
            let found = compare(before, after, &Tolerance::default());
            self.queries = evidence::queries(before, after, &found);
            self.tables.push(pgrefit_bench::comparison_table(before, after, &Tolerance::default()));
            self.verification.extend(found);
        }
    }

    /// Takes in where the database stands after a run that broke off.
    pub(super) fn take_state(&mut self, planned: &Planned) {
        self.version = planned.plan().current();
        self.tables.push(migrations_table(planned.plan()));
    }

    /// Something could not be measured.
    pub(super) fn blind(&mut self, what: &str, why: &str) {
        self.verification.push(Finding::new("not-measured", Status::Warn, format!("{what}: {why}")));
    }

    /// Requirements that are not met.
    pub(super) fn unmet(&self, policy: &Policy) -> usize {
        evidence::checklist(policy, &self.lines()).count(Status::Fail)
    }

    /// What failed after the live run.
    pub(super) fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.verification.iter().filter(|finding| finding.status >= Status::Fail)
    }

    /// The evidence of it all.
    pub(super) fn fill(&self, evidence: &mut Evidence, policy: &Policy, origin: &dyn Fn(&str) -> String) {
        evidence.policy = Some(evidence::policy(policy, origin));
        if let Some(standing) = &self.standing {
            let version = self.server_version.as_deref().unwrap_or_default();
            let shown = self.rehearsal_proof.as_ref().or(self.backup_proof.as_ref());
            evidence.source = Some(evidence::source(standing, shown, version));
        }
        evidence.backup.clone_from(&self.backup);
        evidence.proofs = self.judged.iter().map(evidence::proof).collect();
        evidence.steps = evidence::steps(self.seen.trace.as_ref(), &self.applied, &self.existing);
        evidence.verification = self.verification.iter().map(evidence::check).collect();
        evidence.queries = self.shown_queries();
        let beside = |stage, traffic: &Option<Traffic>| {
            let queries = traffic.as_ref().map_or(0, |traffic| traffic.queries.len());
            let workload = format!("the {queries} configured queries");
            traffic.as_ref().map(|traffic| evidence::traffic(stage, workload, traffic))
        };
        evidence.traffic =
            [beside(StageName::Rehearse, &self.seen.traffic), beside(StageName::Apply, &self.live_traffic)]
                .into_iter()
                .flatten()
                .collect();
        evidence.checklist = evidence::checklist(policy, &self.lines());
    }

    /// Those of the live database, or, if it was not changed, those of the copy.
    fn shown_queries(&self) -> Vec<Query> {
        match (&self.queries[..], &self.seen.after) {
            ([], Some(after)) => {
                let before = self.seen.before.as_ref();
                let found = compare(before, after, &Tolerance::default());
                evidence::queries(before, after, &found)
            }
            (queries, _) => queries.to_vec(),
        }
    }

    /// What spoke against the proof of this kind at the gate.
    fn refused(&self, kind: &str) -> Option<String> {
        let judged = self.judged.iter().find(|judged| judged.proof.kind() == kind)?;
        let reasons: Vec<String> = judged.refusals.iter().map(ToString::to_string).collect();
        (!reasons.is_empty()).then(|| format!("the gate refuses the proof: {}", reasons.join("; ")))
    }

    fn lines(&self) -> Lines<'_> {
        let is_applied = !self.verification.is_empty();
        let trace = self.seen.trace.as_ref();
        let content_of_copy = self.seen.content.as_ref().map(|(before, _)| before.tables() as u64);
        Lines {
            backup: self.backup_proof.as_ref(),
            rehearsal: self.rehearsal_proof.as_ref(),
            actual_lock_ms: evidence::longest_lock_ms(trace, &self.applied, &self.existing)
                .filter(|_| is_applied),
            live_traffic: self.live_traffic.as_ref(),
            content: if self.content_tables.is_some() { &self.verification } else { &self.seen.findings },
            content_tables: self.content_tables.or(content_of_copy),
            content_of_copy: self.content_tables.is_none(),
            verification: &self.verification,
            queries: &self.queries,
            recorded: self.recorded,
            backup_refused: self.refused("backup"),
            rehearsal_refused: self.refused("rehearsal"),
            predicted_ms: trace.map(evidence::predicted_ms),
            rehearsal_failed: self.rehearsal_failed.clone(),
            restored: self
                .backup
                .as_ref()
                .and_then(|backup| Some((backup.restore_ms?, backup.location.clone().unwrap_or_default()))),
        }
    }
}

/// A verified backup as evidence: table by table, those that are not plainly equal first.
pub(super) fn backup_evidence(verified: &VerifiedBackup) -> Backup {
    let (manifest, timings) = (verified.manifest(), verified.timings());
    let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).ok();
    let mut backup = Backup::new(&manifest.adapter, verified.strength().to_string());
    backup.tool_version = Some(manifest.tool.clone());
    backup.size_bytes = Some(manifest.bytes);
    backup.duration_ms = ms(timings.take);
    backup.restore_ms = ms(timings.restore);
    backup.snapshot = Some(format!(
        "{} at {}",
        manifest.lsn.as_deref().unwrap_or("an unknown position"),
        manifest.taken_at
    ));
    backup.files = u64::try_from(manifest.files.len()).ok();
    backup.location = Some(verified.dir().display().to_string());
    let tables = verified.verification().comparison.iter().flat_map(|comparison| &comparison.tables);
    backup.tables = tables.map(|(name, verdict)| compared(name.to_string(), verdict)).collect();
    backup.tables.sort_by_key(|table| std::cmp::Reverse(table.status));
    backup
}

fn compared(table: String, verdict: &TableVerdict) -> TableComparison {
    let mut line = TableComparison {
        table,
        source_rows: None,
        copy_rows: None,
        source_digest: None,
        copy_digest: None,
        status: Status::Pass,
        note: None,
    };
    match verdict {
        TableVerdict::Equal { rows, digest } => {
            (line.source_rows, line.copy_rows) = (Some(*rows), Some(*rows));
            (line.source_digest, line.copy_digest) = (Some(digest.clone()), Some(digest.clone()));
        }
        TableVerdict::SampleEqual { rows, compared } => {
            (line.source_rows, line.copy_rows) = (Some(*rows), Some(*rows));
            line.note = Some(format!("{compared} rows compared"));
        }
        TableVerdict::Differs { rows, restored } => {
            (line.source_rows, line.copy_rows, line.status) = (Some(*rows), *restored, Status::Fail);
            line.note = Some("not the same rows".to_owned());
        }
        TableVerdict::Refreshed { rows, restored } => {
            (line.source_rows, line.copy_rows, line.status) = (Some(*rows), Some(*restored), Status::Info);
            line.note = Some("computed anew when it was restored".to_owned());
        }
        TableVerdict::Skipped { reason } => {
            (line.status, line.note) = (Status::Skip, Some(reason.clone()));
        }
    }
    line
}

/// A failure as the outcome of a run.
pub(super) fn outcome_of(failed: &Failed) -> Outcome {
    Outcome::failed(failed.exit.code(), failed.failure.message.clone(), *failed.failure.clone())
}

/// How far a run has come that failed; the error itself is told behind it.
pub(super) fn ended_early(evidence: &Evidence, failed: &Failed) -> Outcome {
    let at = evidence.stages.last().map_or("begin", |stage| stage.name.as_str());
    Outcome::new(failed.exit.code(), Status::Fail, format!("the run has ended at {at}"))
}

/// What a rehearsal came to, in one sentence.
pub(super) fn rehearsal_summary(rehearsed: &Rehearsed, kept: &Kept) -> String {
    let Claim::Rehearsal { stall_reads_us, stall_writes_us, .. } = &rehearsed.proof().claim else {
        return String::new();
    };
    let files = kept.seen.trace.as_ref().map_or(0, |trace| trace.files.len());
    let beside = kept.seen.traffic.as_ref().map_or_else(String::new, |traffic| {
        format!(
            "; {} beside it, {} of them not served",
            counted(usize::try_from(traffic.served).unwrap_or(usize::MAX), "transaction"),
            traffic.not_served()
        )
    });
    format!(
        "{} applied to the copy; readers are kept out for {}, writers for {}{beside}",
        counted(files, "migration"),
        human_duration(stall_reads_us.div_ceil(1000)),
        human_duration(stall_writes_us.div_ceil(1000)),
    )
}

/// What the verification came to, in one sentence.
pub(super) fn verified_summary(kept: &Kept) -> String {
    let remarks = kept.verification.iter().filter(|finding| finding.status == Status::Warn).count();
    let remarks = if remarks > 0 { format!(", {}", counted(remarks, "remark")) } else { String::new() };
    format!("{} of the live database passed{remarks}", counted(kept.verification.len(), "check"))
}

/// The pipeline and the checklist for the report, before the tables of the steps.
pub(super) fn tables(evidence: &Evidence, kept: &Kept) -> Vec<Table> {
    let mut tables = vec![pipeline(evidence)];
    tables.extend(kept.tables.iter().cloned());
    tables.push(checklist(evidence));
    tables
}

fn pipeline(evidence: &Evidence) -> Table {
    let columns = [
        Column::text("stage", "stage"),
        Column::text("status", "status"),
        Column::number("duration_ms", "took"),
        Column::text("summary", "what came of it"),
    ];
    let mut table = Table::new("pipeline", "Pipeline", columns);
    for stage in &evidence.stages {
        table.push([
            stage.name.as_str().into(),
            Cell::Status(stage.status),
            stage.duration_ms.map_or(Cell::Missing, Cell::DurationMs),
            stage.skipped.as_deref().unwrap_or(&stage.summary).into(),
        ]);
    }
    table
}

/// Of a run that did not come to the live database, people are shown what is known.
fn checklist(evidence: &Evidence) -> Table {
    let lines: Vec<&Line> = evidence.checklist.lines().iter().collect();
    let mut table = checklist_of(&lines, "Checklist of the live run".to_owned());
    let is_live =
        evidence.stages.iter().any(|stage| stage.name == StageName::Apply && stage.skipped.is_none());
    if !is_live {
        let known: Vec<&Line> = lines.iter().copied().filter(|line| line.status() != Status::Blind).collect();
        let title = format!("Checklist of the live run: {} of {} that are known", known.len(), lines.len());
        table.brief = Some(Box::new(checklist_of(&known, title)));
    }
    table
}

fn checklist_of(lines: &[&Line], title: String) -> Table {
    let columns = [
        Column::text("requirement", "requirement"),
        Column::text("status", "status"),
        Column::text("measured", "measured"),
    ];
    let mut table = Table::new("checklist", title, columns);
    for line in lines {
        let measured = line.measurement().map(|measurement| measurement.text.as_str()).or(line.reason());
        table.push([
            line.requirement().title().into(),
            Cell::Status(line.status()),
            measured.unwrap_or_default().into(),
        ]);
    }
    table
}
