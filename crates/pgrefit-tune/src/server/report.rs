//! A judgement as a report.

use pgrefit_report::{Cell, Column, Fact, Finding, Outcome, Remediation, Report, Status, Table};

use super::{Applied, Budget, Facts, Judgement, Proposal, Trial};

/// What the command did besides judging.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done<'a> {
    /// On a scratch server.
    pub trial: Option<&'a Trial>,
    /// On the live one.
    pub applied: Option<&'a Applied>,
}

/// How it ended, in one line. Exit code 0, also with proposals; 1 when a trial did not pass; 3 when there was no limit, or
/// the memory does not fit.
#[must_use]
pub fn outcome(judged: &Judgement, done: Done<'_>) -> Outcome {
    if done.trial.is_some_and(|trial| !trial.is_passed()) {
        return Outcome::new(1, Status::Fail, "the scratch server does not take all settings as proposed");
    }
    if let Some(why) = &judged.refusal {
        return Outcome::new(3, Status::Blind, format!("no memory budget: {why}"));
    }
    let count = judged.proposals.len();
    let settings = pgrefit_report::counted(count, "setting");
    let status = if count == 0 { Status::Pass } else { Status::Info };
    let summary = match (done.applied, count) {
        (_, 0) if !judged.waiting.is_empty() => {
            let waiting = pgrefit_report::counted(judged.waiting.len(), "setting");
            format!("nothing to propose; {waiting} set already, and waiting for a restart")
        }
        (_, 0) => "nothing to propose".to_owned(),
        (None, _) => format!("{settings} proposed; nothing was changed"),
        (Some(applied), _) if applied.with_restart.is_empty() => format!("{settings} set"),
        (Some(applied), _) => {
            format!("{settings} set, {} of them with the next restart", applied.with_restart.len())
        }
    };
    Outcome::new(0, status, summary)
}

/// Adds the proposals, the budget, and what could not be seen.
pub fn tell(report: &mut Report, facts: &Facts, judged: &Judgement, done: Done<'_>) {
    report.facts.extend([
        Fact::new("server_version", "PostgreSQL", facts.version.as_str()),
        Fact::new(
            "memory_limit_bytes",
            "memory limit",
            facts.given.memory_bytes.map_or(Cell::Missing, Cell::Bytes),
        ),
        Fact::new("proposals", "settings proposed", judged.proposals.len()),
    ]);
    report.tables.push(proposals(&judged.proposals, done.applied));
    report.tables.extend(judged.budget.as_ref().map(|it| budget(it, "Memory budget".to_owned())));
    report.tables.extend(judged.carries.as_ref().map(|it| {
        budget(&it.budget, format!("Memory budget, if it were for --pools {}", it.pool_connections))
    }));
    report.findings.extend(judged.refusal.as_ref().map(|why| {
        let finding =
            Finding::new("memory-over-limit", Status::Blind, format!("there is no memory budget: {why}"));
        match &judged.carries {
            Some(it) => finding.hint(format!("the limit carries --pools {} at most", it.pool_connections)),
            None => finding,
        }
    }));
    report.findings.extend(alter_system_off(facts));
    report.findings.extend(judged.out_of_reach.iter().map(out_of_reach));
    report.findings.extend(judged.waiting.iter().map(waiting));
    report.findings.extend(judged.proposals.iter().filter_map(caveat));
    report.findings.extend(judged.tables.iter().map(|advice| {
        let sql = format!("{};", advice.set);
        let lock = Some("SHARE UPDATE EXCLUSIVE".to_owned());
        Finding::new("autovacuum-too-seldom", Status::Info, advice.reason.clone())
            .about(advice.table.clone())
            .kind("table")
            .number("rows", advice.rows)
            .remediation(Remediation { sql, lock, reversible: true })
            .confidence("estimate")
    }));
    report.findings.extend(judged.blind.iter().map(|blind| {
        Finding::new("not-judged", Status::Blind, format!("{} was not judged", blind.name))
            .about(blind.name.clone())
            .kind("setting")
            .hint(format!("give {}", blind.needs))
    }));
    if let Some(trial) = done.trial {
        tried(report, trial);
    }
}

const COLUMNS: [Column; 7] = [
    Column::text("setting", "Setting"),
    Column::text("now", "Now"),
    Column::text("proposed", "Proposed"),
    Column::text("takes_effect", "Takes effect"),
    Column::text("state", "State"),
    Column::text("reason", "Reason"),
    Column::text("source", "Source"),
];

fn proposals(proposals: &[Proposal], applied: Option<&Applied>) -> Table {
    let mut table = Table::new("proposals", "Proposals", COLUMNS);
    for proposal in proposals {
        table.push([
            proposal.name.as_str().into(),
            proposal.now.as_str().into(),
            proposal.value.as_str().into(),
            proposal.takes.as_str().into(),
            state(&proposal.name, applied).into(),
            proposal.reason.as_str().into(),
            proposal.source.into(),
        ]);
    }
    let mut brief = Table::new("proposals", "Proposals", &COLUMNS[..4]);
    brief.rows = table.rows.iter().map(|row| row[..4].to_vec()).collect();
    table.brief = Some(Box::new(brief));
    table
}

fn state(name: &str, applied: Option<&Applied>) -> &'static str {
    let Some(applied) = applied else { return "proposed" };
    let has = |names: &[String]| names.iter().any(|own| own == name);
    match () {
        () if has(&applied.in_force) => "in force",
        () if has(&applied.with_restart) => "waits for a restart",
        () if has(&applied.overridden) => "set, and overridden",
        () => "proposed",
    }
}

fn budget(budget: &Budget, title: String) -> Table {
    let columns = [
        Column::text("what", "Memory"),
        Column::text("how", "Reckoned as"),
        Column::number("size_bytes", "Size"),
    ];
    let mut table = Table::new("memory_budget", title, columns);
    for line in &budget.lines {
        table.push([line.what.into(), line.how.as_str().into(), Cell::Bytes(line.bytes)]);
    }
    table.push(["total".into(), "the limit".into(), Cell::Bytes(budget.total_bytes())]);
    table
}

/// From 17 on a platform can keep its servers to the files that it manages.
fn alter_system_off(facts: &Facts) -> Option<Finding> {
    let is_off = facts.setting("allow_alter_system").is_some_and(|setting| setting.is("off"));
    let text = "ALTER SYSTEM is not allowed on this server: allow_alter_system is off";
    let hint = "put the values where the platform keeps the server's configuration";
    is_off.then(|| Finding::new("alter-system-off", Status::Warn, text).hint(hint))
}

fn out_of_reach(proposal: &Proposal) -> Finding {
    let Proposal { name, now, value, reason, .. } = proposal;
    Finding::new("out-of-reach", Status::Warn, format!("{name} is {now} and should be {value}: {reason}"))
        .about(name.clone())
        .kind("setting")
        .hint(proposal.caveats.join("; "))
}

fn waiting(proposal: &Proposal) -> Finding {
    let Proposal { name, now, value, .. } = proposal;
    let message = format!("{name} is set to {value} already, and is {now} until the server is restarted");
    Finding::new("waits-for-restart", Status::Info, message).about(name.clone()).kind("setting")
}

fn caveat(proposal: &Proposal) -> Option<Finding> {
    let message =
        format!("before {} is set to {}: {}", proposal.name, proposal.value, proposal.caveats.join("; "));
    let sql = format!("ALTER SYSTEM SET {} = '{}';", proposal.name, proposal.value.replace('\'', "''"));
    let finding = Finding::new("caveat", Status::Info, message)
        .about(proposal.name.clone())
        .kind("setting")
        .remediation(Remediation { sql, lock: None, reversible: proposal.name != "max_slot_wal_keep_size" });
    (!proposal.caveats.is_empty()).then_some(finding)
}

fn tried(report: &mut Report, trial: &Trial) {
    let (major, minor) = trial.version;
    report.facts.extend([
        Fact::new("trial_version", "tried on PostgreSQL", format!("{major}.{minor}")),
        Fact::new("trial_confirmed", "read back as proposed", trial.confirmed),
        Fact::new("trial_leads_back", "the reset script leads back", trial.leads_back),
        Fact::new(
            "trial_shared_memory_bytes",
            "shared memory taken",
            trial.shared_memory_bytes.map_or(Cell::Missing, Cell::Bytes),
        ),
        Fact::new("trial_took_ms", "the trial took", Cell::duration(trial.took)),
    ]);
    report.findings.extend(trial.mismatches.iter().map(|mismatch| {
        let said = match (&mismatch.problem, &mismatch.found) {
            (Some(problem), _) => problem.clone(),
            (None, Some(found)) => format!("it shows {found}, not {}", mismatch.wanted),
            (None, None) => "it does not know the setting".to_owned(),
        };
        Finding::new(
            "not-taken",
            Status::Fail,
            format!("the scratch server does not take {}: {said}", mismatch.name),
        )
        .about(mismatch.name.clone())
        .kind("setting")
    }));
    report.findings.extend(trial.reduced.iter().map(|text| {
        Finding::new("tried-smaller", Status::Info, text.clone()).hint("this machine has not as much memory")
    }));
}
