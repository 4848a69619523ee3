//! `pgrefit bench compare`: which of two is faster.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgrefit_bench::benchmark::{BenchOptions, Ending, Side, Versus, VersusOptions, versus};
use pgrefit_bench::versus::{
    Comparison, Terms, comparison_charts, comparison_findings, comparison_rows, judge, pairs_needed, summary,
};
use pgrefit_load::Workload;
use pgrefit_pg::{Connector, Settings};
use pgrefit_report::{Fact, Finding, Outcome, Status};
use serde::Serialize;

use super::load::{Load, Usual};
use super::shown::Shown;
use super::{failing, outcome, stored};
use crate::config::Config;
use crate::context::{target, variable};
use crate::span::duration;
use crate::workloads::Which;
use crate::{Context, Exit, Failed, Output};

/// Pairs of rounds when nobody says how many: on a machine with noise of a few percent, a tenth is then found in 19 of 20
/// comparisons at least.
const PAIRS: usize = 30;

const AFTER_HELP: &str = "\
With a workload, both sides run it in turn, A B B A …, in short rounds. Each pair of rounds gives one ratio of a query's median
and one of its p10, which other work on the machine moves least; the verdict is that of an exact signed-rank test with Holm's
adjustment over all of them, with a 95 % interval. A difference below --smallest is none. A comparison of a database with
itself declares a difference in one of 20 at most. Ends with 1 if B is slower, with 3 if there were too few pairs to tell.

The sides are two databases (--a, --b; a password is better given by PGREFIT_A_URL and PGREFIT_B_URL), or one database with
settings of the sessions (--a-set, --b-set: changes nothing), or one that is set up by SQL before each round (--a-setup,
--b-setup: changes the database, so it is refused on a production database; A's is run once more at the end).

With two results of `pgrefit bench run --save`, those are compared; they need --repeat 5 or more for a verdict.

Examples:
  pgrefit bench compare workload.toml --b postgres://app@replica2/app
  pgrefit bench compare --queries --b-set jit=off
  pgrefit bench compare --queries --a-setup 'DROP INDEX IF EXISTS i' --b-setup 'CREATE INDEX IF NOT EXISTS i ON t (a)'
  pgrefit bench compare before.json after.json";

/// Say which of two is faster: two databases, one database in two states, or two saved results.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Compare {
    /// A workload file, or `docserver` or `docserver-migrated`, which are shipped; or two saved results [default: the [[queries]] of the configuration]
    #[arg(value_name = "WORKLOAD | A.json B.json", num_args = 0..=2)]
    inputs: Vec<PathBuf>,
    /// Take the [[queries]] of the configuration as the workload, which is done too if none is named.
    #[arg(long, conflicts_with = "inputs")]
    queries: bool,
    #[command(flatten)]
    sides: Sides,
    #[command(flatten)]
    load: Load,
    /// Pairs of rounds [default: 30, or as many as so many queries need]
    #[arg(long, value_name = "N")]
    pairs: Option<usize>,
    /// How long each round is.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    round: Duration,
    /// What comes before each round and is not counted.
    #[arg(long, value_name = "DURATION", default_value = "200ms", value_parser = duration)]
    warm_up: Duration,
    /// Differences below so many percent are none.
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    smallest: f64,
    /// Write rounds, plans and verdicts as JSON.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Write the comparison as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Show a live view; only on a terminal.
    #[arg(long)]
    watch: bool,
}

/// What differs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sides")]
struct Sides {
    /// The database of side A [default: that of --database-url]
    #[arg(long, value_name = "URL", env = "PGREFIT_A_URL", hide_env_values = true)]
    a: Option<String>,
    /// The database of side B [default: that of A]
    #[arg(long, value_name = "URL", env = "PGREFIT_B_URL", hide_env_values = true)]
    b: Option<String>,
    /// A setting with which the sessions of A begin; may be given more than once.
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    a_set: Vec<(String, String)>,
    /// A setting with which the sessions of B begin.
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    b_set: Vec<(String, String)>,
    /// SQL that is run before each round of A, and once more at the end; or the name of a file that ends in .sql.
    #[arg(long, value_name = "SQL | FILE.sql", requires = "b_setup")]
    a_setup: Option<String>,
    /// SQL that is run before each round of B.
    #[arg(long, value_name = "SQL | FILE.sql", requires = "a_setup")]
    b_setup: Option<String>,
}

/// The file of `--save`.
#[derive(Serialize)]
struct Kept<'a> {
    schema_version: u32,
    comparison: &'a Comparison,
    versus: &'a Versus,
}

impl Compare {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        if let [a, b] = &self.inputs[..] {
            return stored::run(context, a, b, self.html.as_deref());
        }
        let config = context.config(&[])?;
        let workload = Which::of(self.inputs.first().cloned()).read(&config)?;
        if self.sides.is_one() {
            return Err(Failed::new(Exit::Usage, "failed to compare: nothing says what differs between A and B")
                .hint("give --b, --b-set, or --a-setup and --b-setup; `--b` of the same database compares it with itself"));
        }
        let options = self.options(&config, &workload)?;
        let sides = self.sides.both(context, &config, &self.load)?;
        let played = {
            let shown = self.shown(context, &workload)?;
            let on_event = |event: pgrefit_bench::benchmark::Event<'_>| shown.event(&event);
            versus(&sides, &workload, &options, &context.stop, &on_event).await.map_err(failing::bench)?
        };
        self.tell(context, &sides[0].connector, &workload, &played)
    }

    fn options(&self, config: &Config, workload: &Workload) -> Result<VersusOptions, Failed> {
        if !(0.0..100.0).contains(&self.smallest) {
            return Err(Failed::new(
                Exit::Usage,
                "failed to use --smallest: it is a percentage from 0 to 100",
            ));
        }
        let load = self.load.options(config, &Usual::Users(1), (self.warm_up, self.round))?;
        // Two more than the fewest, so that one of them may fall the other way.
        let needed = pairs_needed(workload.statements.len(), Terms::default().alpha) + 2;
        let pairs = self.pairs.unwrap_or(PAIRS.max(needed));
        Ok(VersusOptions { bench: BenchOptions { load, ..BenchOptions::default() }, pairs })
    }

    fn shown(&self, context: &Context, workload: &Workload) -> Result<Shown, Failed> {
        if self.watch {
            Shown::live(context, &workload.name, (self.round + self.warm_up).as_secs().max(1))
        } else {
            Ok(Shown::progress(context))
        }
    }

    fn tell(
        &self,
        context: &Context,
        connector: &Connector,
        workload: &Workload,
        played: &Versus,
    ) -> Result<Output, Failed> {
        let weights: BTreeMap<String, u32> =
            workload.statements.iter().map(|it| (it.name.clone(), it.weight)).collect();
        let terms = Terms { smallest: self.smallest / 100.0, ..Terms::default() };
        let comparison = judge(&played.pairs, &weights, &terms);
        if let Some(path) = &self.save {
            let kept = Kept { schema_version: 1, comparison: &comparison, versus: played };
            let text = serde_json::to_string(&kept)
                .map_err(|error| Failed::new(Exit::Internal, error.to_string()))?;
            outcome::write(path, &(text + "\n"))?;
        }
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
        report.target = Some(target(connector, Some(played.a.environment.server_version.clone())));
        report.facts = facts(played, &comparison);
        report.tables = vec![comparison_rows(&comparison)];
        let mut found = comparison_findings(&comparison);
        found.extend(played.plan_findings().into_iter().map(informing));
        found.extend(ending(&played.ending));
        found.sort_by_key(|finding| std::cmp::Reverse(finding.status));
        let (exit, report) = outcome::ended(report, found, summary(&comparison));
        let charts = comparison_charts(&comparison, &played.pairs, &weights);
        outcome::write_page(&report, &charts, self.html.as_deref())?;
        outcome::told(exit, report, played.ending == Ending::Stopped)
    }
}

/// A plan that differs is named; whether that is bad is what the times say.
fn informing(finding: Finding) -> Finding {
    Finding { status: Status::Info, ..finding }
}

fn ending(ending: &Ending) -> Option<Finding> {
    let Ending::Suffered(suffering) = ending else { return None };
    let message = format!("the comparison was ended by the guard: {suffering}");
    Some(Finding::new("bench-database-suffers", Status::Fail, message).hint("compare on a copy"))
}

fn facts(played: &Versus, comparison: &Comparison) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("workload", "workload", played.workload.clone()),
        Fact::new("pairs", "pairs of rounds", played.pairs.len()),
        Fact::new("alpha", "any false difference, probability at most", comparison.alpha),
        Fact::new("smallest_percent", "smallest difference that counts (%)", comparison.smallest * 100.0),
        Fact::new("a_version", "A", played.a.environment.server_version.clone()),
        Fact::new("b_version", "B", played.b.environment.server_version.clone()),
    ];
    if !played.left_out.is_empty() {
        facts.push(Fact::new("left_out", "not run, because they write", played.left_out.join(", ")));
    }
    facts
}

impl Sides {
    /// Whether nothing was said that could make a difference.
    fn is_one(&self) -> bool {
        self.a.is_none()
            && self.b.is_none()
            && self.a_set.is_empty()
            && self.b_set.is_empty()
            && self.a_setup.is_none()
    }

    fn both(&self, context: &Context, config: &Config, load: &Load) -> Result<[Side; 2], Failed> {
        if self.a_setup.is_some() {
            load.may_write(config, "set the sides up by SQL")?;
        }
        let a = self.connector(context, config, self.a.as_deref())?;
        let b = match self.b.as_deref() {
            Some(url) => self.connector(context, config, Some(url))?,
            None => a.clone(),
        };
        let side = |name: &str, connector: Connector, set: &[(String, String)], setup: Option<&String>| {
            let set: Vec<(&str, &str)> =
                set.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let connector = if set.is_empty() { connector } else { connector.with_start_settings(&set) };
            Ok::<_, Failed>(Side {
                name: name.to_owned(),
                connector,
                setup: setup.map(|it| sql(it)).transpose()?,
            })
        };
        Ok([
            side("A", a, &self.a_set, self.a_setup.as_ref())?,
            side("B", b, &self.b_set, self.b_setup.as_ref())?,
        ])
    }

    fn connector(&self, context: &Context, config: &Config, url: Option<&str>) -> Result<Connector, Failed> {
        let _ = self;
        match url.filter(|url| !url.trim().is_empty()) {
            Some(url) => Ok(context.connector_to(config, Settings::resolve(Some(url), &variable)?)),
            None => context.connector(config),
        }
    }
}

/// SQL as it was given, or the text of a file.
fn sql(text: &str) -> Result<String, Failed> {
    if !text.to_ascii_lowercase().ends_with(".sql") {
        return Ok(text.to_owned());
    }
    std::fs::read_to_string(text)
        .map_err(|error| Failed::new(Exit::Usage, format!("failed to read {text}: {error}")))
}

/// `name=value`, without blanks: it is sent when a session begins.
fn setting(text: &str) -> Result<(String, String), String> {
    let Some((name, value)) = text.split_once('=') else { return Err("it is no NAME=VALUE".to_owned()) };
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if !is_name || value.is_empty() || value.contains(|c: char| c.is_whitespace() || c == '\\') {
        return Err("a name of letters, digits, _ and ., and a value without blanks".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::setting;

    #[test]
    fn settings_are_names_and_values() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = setting(text).ok();
            let found = found.as_ref().map(|(name, value)| (name.as_str(), value.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        check("jit=off", Some(("jit", "off")));
        check("pg_trgm.similarity_threshold=0.5", Some(("pg_trgm.similarity_threshold", "0.5")));
        check("search_path=a=b", Some(("search_path", "a=b")));
        check("jit", None);
        check("=off", None);
        check("jit=", None);
        check("a b=c", None);
        check("work_mem=4MB -c x=y", None);
    }
}
