//! `pgrefit audit`: a read-only verdict on a live database.

mod catalogue;
mod contract;
mod drift;
mod history;
mod ignores;
mod report;
mod standing;
mod take;

pub(crate) use standing::plan as standing_plan;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand, ValueEnum};
use pgrefit_audit::{Check, Group, Options, audit, checks};
use pgrefit_catalog::census::Census;
use pgrefit_report::Status;

use crate::config::Config;
use crate::nearest::nearest;
use crate::setup::{Flag, Folder};
use crate::size::bytes;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the catalogs and statistics as of one moment, in one READ ONLY transaction that takes ACCESS SHARE on catalogs and no lock
on any table: it neither waits for a migration nor holds one up. Nothing is written. What the role may not see is told
as blind, with the GRANT that would open it: see `pgrefit audit grants`.

Exits with 1 if a finding is at the failing level (--fail-on), with 3 if a check that must look could not
(--allow-incomplete lets that pass), with 2 if something named does not exist.

Examples:
  pgrefit audit --live                              the database of DATABASE_URL
  pgrefit audit --only indexes,constraints          two groups of checks, or checks by name
  pgrefit audit --node postgres://standby/app       an index is unused only if it is unused on every node
  pgrefit audit --save-snapshot prod.json           keep what was read, and
  pgrefit audit --snapshot prod.json                judge it again where the database cannot be reached
  pgrefit audit --report audit.html                 a page to hand on
  pgrefit audit --baseline audit.json               only what an earlier report does not have
  pgrefit audit --drift                             also: is the schema what the migrations make?
  pgrefit audit explain duplicate-index             what a check means";

/// Judge a live database, reading only: history, constraints, indexes, vacuum, security, settings.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct Audit {
    #[command(subcommand)]
    about: Option<About>,
    #[command(flatten)]
    options: AuditOptions,
}

/// What is told without an audit.
#[derive(Debug, Subcommand)]
enum About {
    /// List the checks.
    List,
    /// Explain a check.
    Explain {
        /// Its name, or its code.
        check: String,
    },
    /// Print the SQL for a role that can see all that an audit looks at, and nothing else.
    Grants(catalogue::Grants),
    /// Draft the contract of a database, for pgrefit.toml.
    Contract(contract::Draft),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of the command")]
struct AuditOptions {
    /// Audit the database of --database-url or `DATABASE_URL`. That is the default; the word is for scripts that say it.
    #[arg(long, conflicts_with = "snapshot")]
    live: bool,
    /// Judge a file that --save-snapshot wrote, with no database.
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Write what was read to a file; there are no rows in it.
    #[arg(long, value_name = "FILE", conflicts_with = "snapshot")]
    save_snapshot: Option<PathBuf>,
    /// Another node of the same cluster, whose use of indexes counts too; may be repeated. A password given here can be
    /// seen in the list of processes: use a service or a password file.
    #[arg(long, value_name = "URL", conflicts_with = "snapshot")]
    node: Vec<String>,
    /// Read the statistics of all columns, also of small tables.
    #[arg(long)]
    deep: bool,
    /// Count the rows of the tables that the contract names: reads them whole.
    #[arg(long, conflicts_with = "snapshot")]
    exact: bool,
    /// How long counting the rows of one table may take, such as 1min.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    exact_limit: String,
    /// Only these groups or checks; may be repeated or separated by commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Not these groups or checks [default: `audit.skip`].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    skip: Vec<String>,
    /// From which level on findings end with exit code 1 [default: fail].
    #[arg(long, value_name = "LEVEL")]
    fail_on: Option<FailOn>,
    /// Do not end with exit code 3 if a check that must look could not.
    #[arg(long)]
    allow_incomplete: bool,
    /// Findings to ignore, each with a reason [default: audit.toml, if it exists].
    #[arg(long, value_name = "FILE")]
    ignores: Option<PathBuf>,
    /// A JSON report of an earlier audit: what it has does not count.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Memory of the server's machine or container, such as 8GiB; without it, memory settings are not judged.
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
    /// How long a query may take [default: 2s].
    #[arg(long, value_name = "DURATION")]
    budget: Option<String>,
    /// Compare the schema with what the migrations make: builds them on a scratch server, once.
    #[arg(long, conflicts_with = "snapshot")]
    drift: bool,
    /// Compare the schema with that of a file by `pgrefit snapshot`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["drift", "snapshot"])]
    expected: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

/// From which level on findings fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Never.
    None,
    /// Whatever there is to know.
    Info,
    /// What should be changed.
    Warn,
    /// What must be changed.
    Fail,
}

impl FailOn {
    fn parse(word: &str) -> Result<Self, Failed> {
        Self::from_str(word, false).map_err(|_| {
            Failed::new(Exit::Usage, format!("audit.fail_on is none, info, warn or fail, not {word:?}"))
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// The least status that fails.
    fn status(self) -> Option<Status> {
        match self {
            Self::None => None,
            Self::Info => Some(Status::Info),
            Self::Warn => Some(Status::Warn),
            Self::Fail => Some(Status::Fail),
        }
    }
}

impl Audit {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.about {
            None => Box::pin(self.options.run(context)).await,
            Some(About::List) => Ok(Output::Plain(catalogue::list())),
            Some(About::Explain { check }) => catalogue::explain(&check),
            Some(About::Grants(grants)) => Ok(Output::Plain(grants.sql())),
            Some(About::Contract(draft)) => draft.run(context).await,
        }
    }
}

impl AuditOptions {
    async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&self.flags())?;
        let wanted = self.wanted(&config)?;
        let mut options = options(&config)?;
        let fail_on = FailOn::parse(config.text("audit.fail_on"))?;
        let ignores = ignores::read(self.ignores.as_deref())?;
        let known = self.baseline.as_deref().map(ignores::baseline).transpose()?;
        let census = self.census(context, &config, &options).await?;
        options.migrations = history::migrations(&config, census.history.as_deref())?;
        if self.snapshot.is_none() {
            history::accept_layout(context, &config, &census, &mut options).await;
        }
        if let Some(path) = &self.save_snapshot {
            take::save(&census, path)?;
        }
        if self.drift || self.expected.is_some() {
            let drift =
                Box::pin(drift::compare(context, &config, self.expected.as_deref(), census.server.major()))
                    .await?;
            options.drift = Some(drift);
        }
        let start = Instant::now();
        let mut verdicts = audit(&census, &options, |check| wanted.contains(check.id));
        let judged = start.elapsed();
        let mut about = pgrefit_audit::ignore(&mut verdicts, &ignores, &context.today());
        if let Some(known) = &known {
            pgrefit_audit::ignore_known(&mut verdicts, known);
        }
        about.retain(|finding| finding.status == Status::Warn || self.only.is_empty());
        let judgement =
            report::Judgement { verdicts, about, fail_on, allow_incomplete: self.allow_incomplete };
        Ok(judgement.output(context, &config, &census, judged))
    }

    /// Takes the census, or reads it from a file.
    async fn census(&self, context: &Context, config: &Config, options: &Options) -> Result<Census, Failed> {
        if let Some(path) = &self.snapshot {
            return take::read(path);
        }
        let exact_limit = self.exact.then(|| take::limit(&self.exact_limit)).transpose()?;
        let wanted = take::Wanted { deep: self.deep, nodes: &self.node, exact_limit };
        take::live(context, config, options, &wanted).await
    }

    /// The values that win over the configuration.
    fn flags(&self) -> Vec<Flag> {
        let mut flags = self.folder.flags();
        flags.extend(self.fail_on.map(|level| ("audit.fail_on", level.word().to_owned())));
        flags.extend(self.memory.clone().map(|size| ("audit.memory", size)));
        flags.extend(self.budget.clone().map(|budget| ("audit.budget", budget)));
        if !self.skip.is_empty() {
            flags.push(("audit.skip", self.skip.join(",")));
        }
        flags
    }

    /// The ids of the checks that are asked.
    fn wanted(&self, config: &Config) -> Result<BTreeSet<&'static str>, Failed> {
        let named = |names: &[String]| -> Result<BTreeSet<&'static str>, Failed> {
            let each = names.iter().map(|name| catalogue::named(name));
            Ok(each.collect::<Result<Vec<_>, _>>()?.concat().into_iter().map(|check| check.id).collect())
        };
        let skipped = named(config.list("audit.skip"))?;
        let all = if self.only.is_empty() {
            checks().map(|check: &Check| check.id).collect()
        } else {
            named(&self.only)?
        };
        let wanted: BTreeSet<&str> = all.difference(&skipped).copied().collect();
        if wanted.is_empty() {
            let failed = Failed::new(Exit::Usage, "no check is left to ask".to_owned());
            return Err(failed.hint("--skip and `audit.skip` leave out all that --only names"));
        }
        Ok(wanted)
    }
}

/// What the audit is told by the configuration.
pub(crate) fn options(config: &Config) -> Result<Options, Failed> {
    let memory = match config.text("audit.memory") {
        "" => None,
        // No server fits into less; a forgotten unit does.
        text => Some(bytes(text).filter(|bytes| *bytes >= 1 << 20).ok_or_else(|| {
            Failed::new(Exit::Usage, format!("audit.memory is a size such as 8GiB, not {text:?}"))
        })?),
    };
    Ok(Options {
        budget_ms: config.duration("audit.budget").as_secs_f64() * 1_000.0,
        memory_bytes: memory,
        migrations: None,
        contract: config.contract().clone(),
        drift: None,
    })
}

/// No such group or check.
fn unknown(name: &str) -> Failed {
    let failed = Failed::new(Exit::Usage, format!("there is no check or group {name:?}"));
    let words = Group::ALL.iter().map(|group| group.word()).chain(checks().map(|check| check.id));
    match nearest(name, words) {
        Some(near) => failed.hint(format!("did you mean {near}?")),
        None => failed.hint("`pgrefit audit list` lists them"),
    }
}
