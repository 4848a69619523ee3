//! `cargo xtask ci`: what a change must pass, in the order in which it fails soonest.
//!
//! A check that fails does not hide the others; only the tests, which take longest, are then not run. A check that needs
//! something which is not to be had here says SKIPPED, and why: it never passes silently.

mod advisories;
mod hygiene;
mod steps;
mod verdict;

use crate::failure::{Failure, Outcome};
use crate::postgres::Versions;
use crate::tools;
use std::fs::File;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;
use steps::{STEPS, Step};
use verdict::{Row, Verdict};

/// Names the file of a page, on GitHub.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Check everything, in the order of soonest failure, and print a table of verdicts
#[derive(clap::Args)]
pub(crate) struct Args {
    /// PostgreSQL versions to test on
    #[arg(long, value_enum, default_value = "all")]
    pg: Versions,
    /// Only these, in their own order
    #[arg(long, value_delimiter = ',', value_name = "STEP", value_parser = names())]
    only: Vec<String>,
    /// Only what compiles nothing of the product
    #[arg(long, conflicts_with = "only")]
    quick: bool,
    /// Print the steps, and run none
    #[arg(long)]
    list: bool,
    /// Take a step that was skipped for failed
    #[arg(long)]
    nothing_skipped: bool,
}

fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let chosen: Vec<_> = STEPS.iter().filter(|step| args.wants(step)).collect();
    if args.list {
        for step in chosen {
            println!("{:<12} {}", step.name, step.what);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.only.is_empty() {
        fetch_ahead();
    }
    let mut rows: Vec<Row> = Vec::with_capacity(chosen.len());
    for step in chosen {
        let failed = rows.iter().any(|row| row.verdict.is_failed());
        rows.push(if failed && step.is_last { Row::not_reached(step.name) } else { timed(step, args) });
    }
    let table = verdict::table(&rows);
    print!("{table}");
    summarize(&table)?;
    Ok(verdict::exit_code(&rows, args.nothing_skipped))
}

/// On GitHub the table stands on the page of the run, too.
fn summarize(table: &str) -> Outcome<()> {
    let Some(page) = std::env::var_os(SUMMARY).filter(|page| !page.is_empty()) else {
        return Ok(());
    };
    let append = |mut page: File| write!(page, "```text\n{table}```\n");
    let written = File::options().create(true).append(true).open(page).and_then(append);
    written.map_err(|cause| Failure::because(format!("write to {SUMMARY}"), cause))
}

/// Installs the tools beside each other, while the first checks run: most of it is waiting. A check that comes too early waits
/// for its tool, and says what went wrong.
fn fetch_ahead() {
    for name in tools::TOOLS.into_iter().filter(|name| !name.starts_with("kube")) {
        std::thread::spawn(move || drop(tools::path(name)));
    }
}

impl Args {
    fn wants(&self, step: &Step) -> bool {
        if self.quick {
            return step.is_quick;
        }
        self.only.is_empty() || self.only.iter().any(|name| name == step.name)
    }
}

fn timed(step: &Step, args: &Args) -> Row {
    eprintln!("── {}: {}", step.name, step.what);
    let start = Instant::now();
    let verdict = Verdict::of((step.run)(args));
    let row = Row { step: step.name, verdict, seconds: start.elapsed().as_secs_f64() };
    eprintln!("── {}: {} in {:.1} s", row.step, row.verdict, row.seconds);
    row
}

/// A task that ended with findings is a failed step.
fn passed(task: &str, exit: ExitCode) -> Outcome<()> {
    if exit == ExitCode::SUCCESS {
        return Ok(());
    }
    Err(Failure::because(format!("pass {task}"), "what it found stands above"))
}

#[cfg(test)]
mod tests {
    use super::{Args, STEPS};
    use clap::Parser;

    #[derive(Parser)]
    struct Ci {
        #[command(flatten)]
        args: Args,
    }

    /// The steps that a command line chooses.
    fn chosen(words: &[&str]) -> Result<Vec<&'static str>, String> {
        let words = ["ci"].iter().chain(words);
        let ci = Ci::try_parse_from(words).map_err(|error| error.to_string())?;
        Ok(STEPS.iter().filter(|step| ci.args.wants(step)).map(|step| step.name).collect())
    }

    #[test]
    fn steps_are_chosen_by_name_or_by_what_they_cost() {
        assert_eq!(chosen(&[]).map(|all| all.len()), Ok(STEPS.len()));
        assert_eq!(chosen(&["--only", "zizmor,fmt"]), Ok(vec!["fmt", "zizmor"]));
        let quick = chosen(&["--quick"]).expect("quick");
        assert!(
            quick.contains(&"links") && !quick.contains(&"clippy") && !quick.contains(&"test"),
            "{quick:?}"
        );
        assert!(chosen(&["--only", "zizmer"]).is_err(), "a typing error is not a check that passed");
        assert!(chosen(&["--only", "fmt", "--quick"]).is_err());
    }

    #[test]
    fn only_the_last_step_waits_for_the_others() {
        let last: Vec<_> = STEPS.iter().filter(|step| step.is_last).map(|step| step.name).collect();
        assert_eq!(last, ["test"]);
        assert_eq!(STEPS.last().map(|step| step.name), Some("test"));
    }
}
