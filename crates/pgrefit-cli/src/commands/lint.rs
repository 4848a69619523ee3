//! `pgrefit lint`: judges migration files, with no database.

mod fixing;
mod select;

use std::collections::HashSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pgrefit_lint::{Judged, Linter, Options, RULES, Rule, Source};
use pgrefit_report::{Fact, Finding, Location, Outcome, Report, RuleInfo, Status, counted};

use crate::arguments::Format;
use crate::config::Config;
use crate::nearest::nearest;
use crate::setup::{Flag, Folder};
use crate::{Context, Exit, Failed, Output};

use select::{Chosen, Selection};

const AFTER_HELP: &str = "\
Reads files; opens no connection. Earlier files of the folder tell what a file finds: a table that the file itself makes
is nobody's, a varchar that grows is free. Files for other runners are welcome; their down files are passed over.

A finding that is right in your case is allowed by a comment before the statement:
  -- pgrefit:allow drop-column no release reads it since 4.2

Exits with 1 if a finding is at the failing level (--fail-on), with 2 if a file cannot be read.

Examples:
  pgrefit lint                                     every migration of the folder
  pgrefit lint --applied 41                        those behind V41, which is what production has
  pgrefit lint migrations/V42__orders.sql          one file; the versions before it are its past
  pgrefit lint --schema schema.sql change.sql      a file of any name, on the schema of a dump
  pgrefit lint --snapshot prod.json --applied 41   with the sizes and the traffic of production (pgrefit snapshot)
  pgrefit lint --format sarif --report lint.sarif  for code scanning
  pgrefit lint --fix                               write what can be written mechanically
  pgrefit lint --explain set-not-null-scan         what a rule means";

/// More findings than this are likely those of files that were applied long ago.
const MANY: usize = 20;

/// Judge migration files: what each statement would do to a live database, and what to write instead.
#[expect(clippy::struct_excessive_bools, reason = "they are flags of the command")]
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Lint {
    /// Files or folders; `-` is standard input [default: the migrations].
    paths: Vec<PathBuf>,
    #[command(flatten)]
    folder: Folder,
    /// The last version that is applied: it and those before are the past, and not judged; for other runners, the number
    /// that names begin with.
    #[arg(long, value_name = "VERSION")]
    applied: Option<i64>,
    /// A file of SQL that makes the schema the files find, such as a dump; may be repeated.
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,
    /// A snapshot of the database, by `pgrefit snapshot`: schema, sizes and traffic.
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// The files judged ship together: a step that takes away must not ship with the one that prepares it.
    #[arg(long)]
    one_release: bool,
    /// No file is the past of another.
    #[arg(long)]
    independent: bool,
    /// The major version of the server [default: 15].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(13..))]
    server_version: Option<u32>,
    /// The time zone of the sessions that run the files, such as UTC.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// From which level on findings end with exit code 1 [default: fail].
    #[arg(long, value_name = "LEVEL")]
    fail_on: Option<Level>,
    /// A rule that is not asked; may be repeated; `all` leaves those about files that cannot be read or run.
    #[arg(long, value_name = "RULE")]
    off: Vec<String>,
    /// A rule of squawk to ask as well, or `all`; may be repeated.
    #[arg(long, value_name = "RULE")]
    squawk: Vec<String>,
    /// Write what can be written mechanically into the files, and judge them again.
    #[arg(long, conflicts_with_all = ["explain", "rules"])]
    fix: bool,
    /// Explain a rule.
    #[arg(long, value_name = "RULE", conflicts_with = "paths")]
    explain: Option<String>,
    /// List the rules.
    #[arg(long, conflicts_with = "paths")]
    rules: bool,
}

/// A level of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Whatever there is to know.
    Info,
    /// What should be changed.
    Warn,
    /// What must be changed.
    Fail,
}

impl Level {
    /// Reads a level as a configuration writes it.
    pub(crate) fn parse(word: &str) -> Result<Self, Failed> {
        Self::from_str(word, false).map_err(|_| {
            Failed::new(Exit::Usage, format!("lint.fail_on is fail, warn or info, not {word:?}"))
        })
    }

    /// From which status on it fails.
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Info => Status::Info,
            Self::Warn => Status::Warn,
            Self::Fail => Status::Fail,
        }
    }

    /// The level as a configuration writes it.
    pub(crate) fn word(self) -> &'static str {
        self.status().as_str()
    }
}

impl Lint {
    pub(crate) fn run(self, context: &Context) -> Result<Output, Failed> {
        if let Some(id) = &self.explain {
            return explain(id);
        }
        if self.rules {
            return Ok(Output::Plain(list()));
        }
        let config = context.config(&self.flags())?;
        let options = options(&config, self.one_release)?;
        let level = Level::parse(config.text("lint.fail_on"))?;
        let linter = self.prepared(&options)?;
        let mut selection = Selection::of(&self.paths, &config, self.applied, self.independent)?;
        if self.fix {
            fixing::write(&mut selection, &linter)?;
        }
        let (judged, statements) = judge(&selection, &linter);
        let report = report(context, &selection, judged, statements, level, linter.server_major());
        let exit = if report.outcome.exit_code == 0 { Exit::Done } else { Exit::Findings };
        Ok(match self.advice(context, &selection, &report, level) {
            Some(advice) => Output::Brief(exit, Box::new(report), advice),
            None => Output::Report(exit, Box::new(report)),
        })
    }

    /// How to see what people are not shown, and how to see less; nothing if they are shown all of little.
    fn advice(
        &self,
        context: &Context,
        selection: &Selection,
        report: &Report,
        level: Level,
    ) -> Option<String> {
        let notes = report.findings.iter().filter(|it| it.status == Status::Info).count();
        if context.global.verbose > 0 || level == Level::Info {
            return None;
        }
        let mut words = Vec::new();
        if notes > 0 {
            words.push("-v shows the notes");
        }
        let numbered = selection.sequences.iter().flatten().any(|file| file.judged && file.number.is_some());
        if report.findings.len() - notes > MANY && self.applied.is_none() && numbered {
            words.push("--applied VERSION passes over what production has");
        }
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// The values that win over the configuration.
    fn flags(&self) -> Vec<Flag> {
        let mut flags = self.folder.flags();
        flags.extend(self.fail_on.map(|level| ("lint.fail_on", level.word().to_owned())));
        flags.extend(self.server_version.map(|major| ("lint.server_version", major.to_string())));
        flags.extend(self.time_zone.clone().map(|zone| ("lint.time_zone", zone)));
        for (key, list) in [("lint.off", &self.off), ("lint.squawk", &self.squawk)] {
            if !list.is_empty() {
                flags.push((key, list.join(",")));
            }
        }
        flags
    }

    /// A linter that knows the schema that the files find.
    fn prepared(&self, options: &Options) -> Result<Linter, Failed> {
        let mut linter = Linter::new(options.clone());
        if let Some(path) = &self.snapshot {
            let text = select::read(path)?;
            let snapshot = pgrefit_catalog::Snapshot::from_json(&text).map_err(|error| {
                Failed::new(Exit::Usage, format!("failed to read the snapshot {}: {error}", path.display()))
                    .hint("take it with `pgrefit snapshot`")
            })?;
            linter.seed(&snapshot);
        }
        for path in &self.schema {
            let text = select::read(path)?;
            if let Some((line, message)) = pgrefit_lint::first_error(&text) {
                let message = format!("failed to read the schema {}, line {line}: {message}", path.display());
                return Err(
                    Failed::new(Exit::Usage, message).hint("give it as SQL, such as pg_dump --schema-only")
                );
            }
            linter.learn(&text);
        }
        Ok(linter)
    }
}

/// The rules and the server that the configuration names.
pub(crate) fn options(config: &Config, one_release: bool) -> Result<Options, Failed> {
    let off = config.list("lint.off").to_vec();
    for id in off.iter().filter(|id| *id != "all") {
        known_rule(id)?;
    }
    let squawk = config.list("lint.squawk").to_vec();
    if let Some(unknown) = squawk.iter().find(|name| *name != "all" && !pgrefit_lint::is_squawk_rule(name)) {
        let failed = Failed::new(Exit::Usage, format!("squawk has no rule {unknown:?}"));
        let names = pgrefit_lint::squawk_rules();
        return Err(match nearest(unknown, names.iter().map(String::as_str)) {
            Some(near) => failed.hint(format!("did you mean {near}?")),
            None => failed.hint("see https://squawkhq.com/docs/rules for their names"),
        });
    }
    let server_major = u32::try_from(config.integer("lint.server_version")).unwrap_or(15);
    let time_zone = Some(config.text("lint.time_zone").to_owned()).filter(|zone| !zone.is_empty());
    Ok(Options { server_major, time_zone, off, squawk, one_release })
}

fn known_rule(id: &str) -> Result<&'static Rule, Failed> {
    pgrefit_lint::rule(id).ok_or_else(|| {
        let failed = Failed::new(Exit::Usage, format!("there is no rule {id:?}"));
        match nearest(id, RULES.iter().map(|rule| rule.id)) {
            Some(near) => failed.hint(format!("did you mean {near}?")),
            None => failed.hint("`pgrefit lint --rules` lists them"),
        }
    })
}

fn explain(id: &str) -> Result<Output, Failed> {
    known_rule(id).map(|rule| Output::Plain(rule.page()))
}

fn list() -> String {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let lines = RULES.iter().map(|rule| format!("{:width$}  {:4}  {}", rule.id, rule.level, rule.title));
    lines.chain([String::new()]).collect::<Vec<_>>().join("\n")
}

/// Judges what is to be judged, after what comes before it.
fn judge(selection: &Selection, linter: &Linter) -> (Vec<(String, Judged)>, usize) {
    let mut judged = Vec::new();
    let mut statements = 0;
    for sequence in &selection.sequences {
        let mut linter = linter.clone();
        for file in sequence {
            if file.judged {
                let found = linter.judge(&source(file));
                statements += found.statements.len();
                judged.push((file.name.clone(), found));
            } else {
                learn(&mut linter, file);
            }
        }
    }
    (judged, statements)
}

/// Takes note of what a file has made.
fn learn(linter: &mut Linter, file: &Chosen) {
    if file.version.is_some() { linter.learn_migration(&file.text) } else { linter.learn(&file.text) }
}

fn source(file: &Chosen) -> Source<'_> {
    Source { file: &file.name, text: &file.text, is_migration: file.version.is_some() }
}

fn report(
    context: &Context,
    selection: &Selection,
    judged: Vec<(String, Judged)>,
    statements: usize,
    level: Level,
    server_major: u32,
) -> Report {
    let files = judged.len();
    let mut findings: Vec<Finding> = Vec::new();
    for (name, found) in judged {
        if found.findings.is_empty() && context.global.format == Format::Junit {
            let location = Location::at_offset(name.as_str(), "", 0);
            findings.push(Finding::new("lint", Status::Pass, "nothing found").at(location));
        }
        findings.extend(found.findings);
    }
    let (status, exit, summary) = verdict(&findings, files, level);
    let mut report = context.report(Outcome::new(exit.code(), status, summary));
    report.facts.push(Fact::new("files", "files", files));
    report.facts.push(Fact::new("statements", "statements", statements));
    report.facts.push(Fact::new("server_version", "for PostgreSQL", u64::from(server_major)));
    if selection.passed_over > 0 {
        report.facts.push(Fact::new("passed_over", "down files passed over", selection.passed_over));
    }
    report.rules = rule_infos(&findings);
    report.findings = findings;
    report
}

/// What it comes to, in one line.
fn verdict(findings: &[Finding], files: usize, level: Level) -> (Status, Exit, String) {
    let count = |status: Status| {
        findings.iter().filter(|finding| finding.status == status && finding.suppressed.is_none()).count()
    };
    let allowed = findings.iter().filter(|finding| finding.suppressed.is_some()).count();
    let (fails, warns, infos) = (count(Status::Fail), count(Status::Warn), count(Status::Info));
    let mut parts = Vec::new();
    for (number, word) in [(fails, "failure"), (warns, "warning"), (infos, "note")] {
        if number > 0 {
            parts.push(counted(number, word));
        }
    }
    if allowed > 0 {
        parts.push(format!("{allowed} allowed with a reason"));
    }
    let found = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
    let worst = Status::worst(
        [(fails, Status::Fail), (warns, Status::Warn), (infos, Status::Info)]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(_, status)| status),
    );
    let exit = if worst >= Some(level.status()) { Exit::Findings } else { Exit::Done };
    let status = worst.filter(|worst| *worst > Status::Info).unwrap_or(Status::Pass);
    (status, exit, format!("{found} in {}", counted(files, "file")))
}

/// The rules that the findings name, for forms that list them.
pub(crate) fn rule_infos(findings: &[Finding]) -> Vec<RuleInfo> {
    let named: HashSet<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
    let offended = RULES.iter().filter(|rule| named.contains(rule.id));
    offended.map(|rule| RuleInfo::new(rule.id, rule.title, rule.page())).collect()
}
