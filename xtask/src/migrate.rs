//! `cargo xtask migrate`: the product's migration, against `DATABASE_URL` or, without one, against a
//! throwaway database.

use crate::failure::{Failure, Outcome};
use crate::pg::Which;
use crate::product::Product;
use crate::{pg, shell, workspace};
use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

/// Migrate the database of `DATABASE_URL`, or a throwaway Doc Server database when there is none
///
/// Runs `pgrefit migrate --adopt [ARGS…]`. Without `DATABASE_URL` and `--database-url` it first starts a
/// scratch server with the schema as found in production and real documents; that server stays, so that you
/// can look around in it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Drop the throwaway database first, and start again from the state found in production
    #[arg(long)]
    fresh: bool,
    /// Use another throwaway database: that of newer installations, with so many documents, such as 100000
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    documents: Option<u32>,
    /// Arguments for `pgrefit migrate`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    forwarded: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let url = ["DATABASE_URL", "DATABASE_URL_FILE"].map(|name| std::env::var_os(name).unwrap_or_default());
    let named = url.iter().any(|url| names_a_database(Some(url), &args.forwarded));
    if named && args.documents.is_some() {
        return Err(Failure::new(
            "use --documents: it makes a throwaway database, and another database was named",
        ));
    }
    if named && args.fresh {
        return Err(Failure::new(
            "use --fresh: it drops the throwaway database, and another database was named",
        ));
    }
    let product = Product::build()?;
    if named {
        let mut migrate = product.command_in_root();
        return shell::replace(migrate.args(["migrate", "--adopt"]).args(&args.forwarded));
    }
    migrate_throwaway(&product, args)
}

fn migrate_throwaway(product: &Product, args: &Args) -> Outcome<ExitCode> {
    let which = args.documents.map_or(Which::Usual, Which::Large);
    if args.fresh {
        pg::forget(product, which)?;
    }
    let url = pg::ensure(product, which)?;
    let reports = workspace::target("pgrefit");
    workspace::create_dir(&reports)?;
    let mut migrate = product.command_in_root();
    // A database that nobody else writes to: its whole content can be compared before and after.
    migrate.args(["migrate", "--adopt", "--check-content"]).args(&args.forwarded).env("DATABASE_URL", url);
    // The application's queries run beside the rehearsal and the live run, so that a run without failures is a measured one.
    let (rate, time_max) = if args.documents.is_some() { ("4", "90s") } else { ("20", "8s") };
    migrate.env("PGREFIT_TRAFFIC_RATE", rate).env("PGREFIT_TRAFFIC_LIVE", "true");
    migrate.env("PGREFIT_SMOKE_TIME_MAX", time_max);
    if !has_option(&args.forwarded, "--report") {
        migrate.arg("--report").arg(reports.join("migrate.json"));
    }
    let exit = shell::status(&mut migrate)?;
    eprintln!();
    if args.documents.is_none() {
        eprintln!("look around:  psql \"$(cargo xtask pg url)\"");
        eprintln!("stop it:      cargo xtask pg stop");
    } else {
        eprintln!("stop it:      cargo xtask scratch stop docserver-large");
    }
    Ok(exit)
}

/// Whether the caller said which database to migrate. An empty `DATABASE_URL` says nothing.
fn names_a_database(environment: Option<&OsStr>, args: &[OsString]) -> bool {
    environment.is_some_and(|url| !url.is_empty()) || has_option(args, "--database-url")
        || has_option(args, "--database-url-file")
}

/// Whether an option is among the arguments, as `--option value` or as `--option=value`.
fn has_option(args: &[OsString], option: &str) -> bool {
    let names =
        |arg: &str| arg.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
    args.iter().filter_map(|arg| arg.to_str()).any(names)
}

#[cfg(test)]
mod tests {
    use super::names_a_database;
    use std::ffi::{OsStr, OsString};

    #[test]
    fn a_database_is_named_by_the_environment_or_by_an_argument() {
        let check = |environment: Option<&str>, args: &[&str], expected: bool| {
            let args: Vec<OsString> = args.iter().map(Into::into).collect();
            let found = names_a_database(environment.map(OsStr::new), &args);
            assert_eq!(found, expected, "{environment:?} {args:?}");
        };
        check(None, &[], false);
        check(Some(""), &[], false);
        check(Some("postgres://h/d"), &[], true);
        check(None, &["--database-url", "postgres://h/d"], true);
        check(None, &["--plan", "--database-url=postgres://h/d"], true);
        check(None, &["--database-url-file", "url"], true);
        check(None, &["--database-urls"], false);
    }
}
