//! `cargo xtask audit`: the product's audit, of the throwaway database or, with `--live`, of `DATABASE_URL`.

use crate::failure::Outcome;
use crate::product::Product;
use crate::{pg, shell};
use std::ffi::OsString;
use std::process::ExitCode;

/// Audit the throwaway Doc Server database, or with `--live` the database of `DATABASE_URL`
///
/// Runs `pgrefit audit [ARGS…]`. Without `--live` it first starts the scratch server that `cargo xtask migrate` uses.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Arguments for `pgrefit audit`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Arguments with which the product needs no database, or names one.
const NO_DATABASE: [&str; 9] =
    ["--live", "--database-url", "--snapshot", "--help", "-h", "list", "explain", "grants", "help"];

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build()?;
    if is_for_the_product(&args.args) {
        return shell::replace(product.command().arg("audit").args(&args.args));
    }
    let url = pg::ensure(&product, pg::Which::Usual)?;
    let mut audit = product.command_in_root();
    shell::replace(audit.arg("audit").args(&args.args).env("DATABASE_URL", url))
}

fn is_for_the_product(args: &[OsString]) -> bool {
    let names = |arg: &str| {
        NO_DATABASE
            .iter()
            .any(|name| arg == *name || arg.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
    };
    args.iter().filter_map(|arg| arg.to_str()).any(names)
}

#[cfg(test)]
mod tests {
    use super::is_for_the_product;
    use std::ffi::OsString;

    #[test]
    fn the_throwaway_database_is_for_who_names_none() {
        let check = |args: &[&str], expected: bool| {
            let args: Vec<OsString> = args.iter().map(Into::into).collect();
            assert_eq!(is_for_the_product(&args), expected, "{args:?}");
        };
        check(&[], false);
        check(&["--format", "json"], false);
        check(&["--live"], true);
        check(&["--database-url=postgres://h/d"], true);
        check(&["explain", "duplicate-index"], true);
        check(&["--snapshot", "prod.json"], true);
    }
}
