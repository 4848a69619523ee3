//! `pgrefit bench`: puts a workload on a database and judges what comes back.

mod compare;
mod failing;
mod load;
mod outcome;
mod run;
mod shown;
mod stored;
mod watch;

use clap::{Args, Subcommand};

use crate::{Context, Failed, Output};

pub(super) use failing::bench as failed;

const AFTER_HELP: &str = "\
A workload is a TOML file: statements with their weights, budgets, and where the values of $1, $2, … come from. Without one, the
[[queries]] of pgrefit.toml are taken.

Examples:
  pgrefit bench run workload.toml                          50 requests a second for 30 s, reading only, with a guard
  pgrefit bench run --queries --rate 200 --watch           the application's queries, with a live view
  pgrefit bench run workload.toml --save before.json --html before.html
  pgrefit bench compare before.json after.json             what became slower between two results
  pgrefit bench compare workload.toml --b URL              which of two databases is faster, in turn";

/// Measure the application's queries under load, and compare two databases, settings or results.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct BenchCommand {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put a workload on the database: does each query keep its budget?
    Run(run::Run),
    /// Say which of two is faster: two databases, one database in two states, or two saved results.
    Compare(compare::Compare),
}

impl BenchCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.action {
            Some(Action::Run(run)) => Box::pin(run.run(context)).await,
            Some(Action::Compare(compare)) => Box::pin(compare.run(context)).await,
            None => Ok(Output::Plain(explained())),
        }
    }
}

fn explained() -> String {
    format!("{EXPLANATION}\n{AFTER_HELP}\n")
}

const EXPLANATION: &str = "\
pgrefit bench puts a workload on a database and judges what comes back.

  run       Runs the workload open (--rate: requests come when they come) or closed (--closed: users wait for an answer before
            they ask again). Open is the default, because only there a database that stands still shows in the percentiles.
            Ends with 1 if p95 or p99 of a query is over its budget, 2 s unless the workload says otherwise.
  compare   Runs two sides in turn, A B B A …, and says of each query: faster, slower, or no difference shown. A comparison of
            a database with itself declares a difference in one of 20 at most.

Both only read unless --write says otherwise, and both end when the database suffers: a guard looks twice a second, on a
connection of its own, at how long its probe takes, how many others are active or wait for locks, and how far standbys are
behind.
";
