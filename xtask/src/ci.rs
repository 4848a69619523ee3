//! `cargo xtask ci`: what a change must pass, in the order in which it fails soonest.

use crate::failure::{Failure, Outcome};
use crate::postgres::Versions;
use crate::{shell, test, tidy, workspace};
use std::process::ExitCode;
use std::time::Instant;

/// Check everything: format, clippy, tidy, tests; stops at the first failure
#[derive(clap::Args)]
pub(crate) struct Args {
    /// PostgreSQL versions to test on
    #[arg(long, value_enum, default_value = "all")]
    pg: Versions,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    step("fmt", || cargo(&["fmt", "--all", "--", "--check"]))?;
    step("clippy", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
            "-W",
            "clippy::pedantic",
        ])
    })?;
    step("tidy", || passed("tidy", tidy::run(&tidy::Args {})?))?;
    step("test", || passed("test", test::all(args.pg, &[])?))?;
    Ok(ExitCode::SUCCESS)
}

fn cargo(args: &[&str]) -> Outcome<()> {
    shell::succeed(workspace::cargo().args(args))
}

/// A task that ended with findings is a failed step.
fn passed(task: &str, exit: ExitCode) -> Outcome<()> {
    if exit == ExitCode::SUCCESS {
        return Ok(());
    }
    Err(Failure::new(format!("pass {task}")))
}

fn step(name: &str, work: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
    eprintln!("── {name}");
    let start = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "ok" } else { "failed" };
    eprintln!("── {name}: {verdict} in {:.1} s", start.elapsed().as_secs_f64());
    outcome
}
