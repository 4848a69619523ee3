//! The verdicts as one report, and the exit code that goes with them.

use std::fmt::Write as _;
use std::time::Duration;

use pgrefit_audit::{KNOWN, Verdict};
use pgrefit_catalog::census::Census;
use pgrefit_report::{Cell, Fact, Finding, Outcome, RuleInfo, Status, Target, counted};

use super::FailOn;
use crate::arguments::Format;
use crate::config::Config;
use crate::context::target;
use crate::{Context, Exit, Output};

/// All that was judged.
pub(super) struct Judgement {
    pub(super) verdicts: Vec<Verdict>,
    /// Findings about what is ignored.
    pub(super) about: Vec<Finding>,
    pub(super) fail_on: FailOn,
    pub(super) allow_incomplete: bool,
}

impl Judgement {
    /// The report as the command gives it back.
    pub(super) fn output(
        self,
        context: &Context,
        config: &Config,
        census: &Census,
        judged: Duration,
    ) -> Output {
        let (exit, status, summary) = self.verdict();
        let notes_count = self.fail_on == FailOn::Info;
        let mut report = context.report(Outcome::new(exit.code(), status, summary));
        report.target = Some(database(context, config, census));
        report.facts = facts(census, judged);
        report.rules = self.rules();
        report.findings = self.findings();
        let notes = report.findings.iter().filter(|it| it.status == Status::Info).count();
        let quiet = context.global.verbose == 0 && !notes_count;
        if notes > 0 && quiet && context.global.format == Format::Text {
            return Output::Brief(exit, Box::new(report), "-v shows the notes".to_owned());
        }
        Output::Report(exit, Box::new(report))
    }

    fn rules(&self) -> Vec<RuleInfo> {
        self.verdicts.iter().map(Verdict::rule_info).collect()
    }

    fn findings(self) -> Vec<Finding> {
        let judged = self.verdicts.into_iter().flat_map(|verdict| verdict.findings);
        self.about.into_iter().chain(judged).collect()
    }

    /// What it comes to: that it is not complete comes before what was found, because more may be there.
    fn verdict(&self) -> (Exit, Status, String) {
        let rules = self.rules();
        let ended = |status: Status| rules.iter().filter(|rule| rule.status == Some(status)).count();
        let all = || self.verdicts.iter().flat_map(|verdict| &verdict.findings).chain(&self.about);
        let count =
            |status: Status| all().filter(|it| it.status == status && it.suppressed.is_none()).count();
        let mut parts = Vec::new();
        for (status, word) in [(Status::Fail, "failure"), (Status::Warn, "warning"), (Status::Info, "note")] {
            if count(status) > 0 {
                parts.push(counted(count(status), word));
            }
        }
        let (known, ignored): (Vec<_>, Vec<_>) =
            all().filter_map(|it| it.suppressed.as_deref()).partition(|why| *why == KNOWN);
        for (why, what) in [(&ignored, "ignored with a reason"), (&known, KNOWN)] {
            if !why.is_empty() {
                parts.push(format!("{} {what}", why.len()));
            }
        }
        let found = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
        let mut summary = format!("{found} by {}", counted(rules.len(), "check"));
        for (status, word) in
            [(Status::Blind, "blind"), (Status::Error, "broken"), (Status::Skip, "not applicable")]
        {
            if ended(status) > 0 {
                let _ = write!(summary, ", {} {word}", ended(status));
            }
        }
        let incomplete: Vec<&str> =
            self.verdicts.iter().filter(|it| it.is_incomplete()).map(|it| it.check.id).collect();
        let worst = Status::worst(
            rules
                .iter()
                .filter_map(|rule| rule.status)
                .chain(self.about.iter().map(|finding| finding.status)),
        );
        let status = worst.filter(|worst| *worst > Status::Info).unwrap_or(Status::Pass);
        let fails = |status: &Status| self.fail_on.status().is_some_and(|least| *status >= least);
        let found = all().filter(|it| it.suppressed.is_none()).any(|it| fails(&it.status));
        let exit = match () {
            () if !incomplete.is_empty() && !self.allow_incomplete => {
                let _ = write!(summary, "; incomplete: {} must look and could not", incomplete.join(", "));
                Exit::Blind
            }
            () if found => Exit::Findings,
            () => Exit::Done,
        };
        (exit, status, summary)
    }
}

/// The database that was judged, also if it is one of a file.
fn database(context: &Context, config: &Config, census: &Census) -> Target {
    let server = &census.server;
    let named = context.connector(config).ok().map(|connector| target(&connector, None));
    let (host, port) = named.map_or((String::new(), 0), |target| (target.host, target.port));
    Target {
        database: server.database.clone(),
        user: server.user.clone(),
        host,
        port,
        server_version: Some(server.version.clone()),
    }
}

/// What was looked at, and the proof that looking harmed nothing.
fn facts(census: &Census, judged: Duration) -> Vec<Fact> {
    let (server, origin) = (&census.server, &census.origin);
    let window = server.counted_for_s.map_or(Cell::Missing, |seconds| {
        Cell::duration(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
    });
    let tables = census.relations.iter().filter(|it| it.kind.is_table()).count();
    vec![
        Fact::new("taken_at", "taken at", Cell::Timestamp(server.taken_at.clone())),
        Fact::new("in_recovery", "standby", server.in_recovery),
        Fact::new(
            "system_identifier",
            "system identifier",
            server.system_identifier.map(|it| it.to_string()),
        ),
        Fact::new("tables", "tables", tables),
        Fact::new("indexes", "indexes", census.indexes.len()),
        Fact::new("statistics_window_ms", "counters count for", window),
        Fact::new("nodes", "nodes", 1 + census.nodes.len()),
        Fact::new("census_ms", "read in", Cell::DurationMs(origin.duration_ms)),
        Fact::new("snapshot_ms", "snapshot open for", Cell::DurationMs(origin.snapshot_ms)),
        Fact::new("judge_ms", "judged in", Cell::duration(judged)),
        Fact::new("queries", "queries", origin.queries),
        Fact::new("lock_modes", "locks held", origin.lock_modes.join(", ")),
        Fact::new("user_locks", "of them on user relations", origin.user_locks),
        Fact::new(
            "wal_bytes",
            "WAL written by the session",
            origin.wal_bytes.map(|it| Cell::Bytes(it.unsigned_abs())),
        ),
        Fact::new("has_transaction_id", "took a transaction id", origin.has_transaction_id),
    ]
}
