//! `cargo xtask fuzz`: random texts for everything that reads SQL, on a stable compiler.
//!
//! The fuzzer is an example of pgrefit-sql; `fuzz/` has the same checks for cargo-fuzz, which needs a nightly one.

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use std::path::Path;
use std::process::ExitCode;

const SEEDS: &str = "crates/pgrefit-sql/tests/corpus";

/// Put random changes of the SQL corpus through the parser, effects, split and the rest
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// The number that the random changes begin with [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let found = workspace::target("fuzz");
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "pgrefit-sql", "--example", "fuzz", "--"]);
    cargo.arg(workspace::root().join(SEEDS)).arg(&found).arg((args.minutes * 60).to_string());
    cargo.args(args.seed.map(|seed| seed.to_string()));
    let code = shell::status(&mut cargo)?;
    keep_last(&found)?;
    Ok(code)
}

/// A text that ended the fuzzer is still there: it overflowed the stack, or the fuzzer was stopped.
fn keep_last(found: &Path) -> Outcome<()> {
    let last = found.join("current.sql");
    if last.exists() {
        let kept = found.join("last.sql");
        std::fs::rename(&last, &kept)
            .map_err(|cause| Failure::because(format!("rename {}", last.display()), cause))?;
        eprintln!("fuzz: it ended in the middle of {}", kept.display());
    }
    Ok(())
}
