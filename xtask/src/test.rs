//! `cargo xtask test`: every test of the workspace, on one or on all PostgreSQL versions.

use crate::failure::Outcome;
use crate::postgres::{self, Versions};
use crate::{browser, prometheus, shell, workspace};
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// What tells the test runner how many tests may run at once.
const THREADS: &str = "NEXTEST_TEST_THREADS";

/// Run all tests: documentation tests, then nextest, or `cargo test` where nextest is not installed
#[derive(clap::Args)]
pub(crate) struct Args {
    /// PostgreSQL versions to test on [default: 18, or all when CI is set]
    #[arg(long, value_enum)]
    pg: Option<Versions>,
    /// Arguments for the test runner, such as a filter; documentation tests are then left out
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let versions = args.pg.unwrap_or_else(Versions::of_environment);
    all(versions, &args.args)
}

/// Runs the tests; the runner's own summary comes last, and its exit code is the result.
pub(crate) fn all(versions: Versions, args: &[OsString]) -> Outcome<ExitCode> {
    let mut variables = postgres::provide(versions)?;
    browser::provide(versions)?;
    variables.extend(prometheus::provide(versions)?);
    let in_workspace = |words: &[&str]| -> Command {
        let mut cargo = workspace::cargo();
        cargo.args(words).args(["--workspace", "--all-features"]);
        cargo.envs(variables.iter().cloned());
        cargo
    };
    if !has_nextest() {
        return shell::status(in_workspace(&["test"]).args(args));
    }
    if args.is_empty() {
        shell::succeed(&mut in_workspace(&["test", "--doc", "--quiet"]))?;
    }
    let mut nextest = in_workspace(&["nextest", "run"]);
    if std::env::var_os(THREADS).is_none() {
        nextest.env(THREADS, at_once().to_string());
    }
    shell::status(nextest.args(args))
}

/// How many tests run at once: half as many again as there are processors, for most of them wait for a server.
fn at_once() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    processors + processors.div_ceil(2)
}

fn has_nextest() -> bool {
    shell::first_line(workspace::cargo().args(["nextest", "--version"])).is_some()
}
