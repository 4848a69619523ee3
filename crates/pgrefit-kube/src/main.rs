//! `pgrefit-kube`: judges and stamps rendered manifests. `cargo xtask k8s` runs it.
#![expect(clippy::print_stderr, reason = "a command-line tool: results go to stdout, talk to stderr")]

use clap::{Parser, Subcommand};
use pgrefit_kube::{
    ExitCodes, Expects, Found, Linter, Manifest, STRICT_RULES, Severity, Stamp, check_sources, invocations,
    stamp,
};
use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Judge Kubernetes manifests as the API server does, and more strictly
#[derive(Parser)]
#[command(name = "pgrefit-kube")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Print the problems of rendered manifests, each file a set of its own; 1 when there are any
    Lint(Lint),
    /// Print a rendered file with the images set and the Jobs named for what they run
    Stamp(StampArgs),
    /// Print how each container starts its program, as one JSON object a line
    Commands {
        /// Rendered manifests
        files: Vec<PathBuf>,
    },
    /// Print the rules that the API server does not have
    Rules,
}

#[derive(clap::Args)]
struct Lint {
    /// Rendered manifests
    files: Vec<PathBuf>,
    /// The list of what there is besides the manifests
    #[arg(long)]
    expects: Option<PathBuf>,
    /// The page of exit codes, to hold the failure policies against
    #[arg(long)]
    exit_codes: Option<PathBuf>,
    /// The folder of the manifests as they are written, whose comments are judged
    #[arg(long, requires = "exit_codes")]
    sources: Option<PathBuf>,
}

#[derive(clap::Args)]
struct StampArgs {
    /// Rendered manifests
    file: PathBuf,
    /// An image to set, by digest: registry/name@sha256:…
    #[arg(long)]
    image: Vec<String>,
    /// The folder of migrations that the image has
    #[arg(long)]
    migrations: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Lint(args) => lint(&args),
        Task::Stamp(args) => print_stamped(args),
        Task::Commands { files } => commands(&files),
        Task::Rules => rules(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {}", chain(&*error));
        if let Some(hint) = error.downcast_ref().and_then(pgrefit_kube::Error::hint) {
            eprintln!("hint: {hint}");
        }
        ExitCode::from(2)
    })
}

type Outcome = Result<ExitCode, Box<dyn Error>>;

fn lint(args: &Lint) -> Outcome {
    let expects = args.expects.as_deref().map(Expects::read).transpose()?.unwrap_or_default();
    let codes = args.exit_codes.as_deref().map(ExitCodes::read).transpose()?;
    let mut linter = Linter::new(expects);
    if let Some(codes) = codes.clone() {
        linter = linter.exit_codes(codes);
    }
    let sets = args.files.iter().map(|file| Ok(linter.lint(&Manifest::read(file)?)));
    let mut all = needed(sets.collect::<Result<Vec<_>, pgrefit_kube::Error>>()?);
    if let Some((dir, codes)) = args.sources.as_deref().zip(codes) {
        all.extend(check_sources(dir, &codes)?);
    }
    // What stands in the base is wrong in every overlay: once is enough.
    let mut seen = BTreeSet::new();
    all.retain(|found| seen.insert((found.object.clone(), found.problem.clone())));
    print(&all.iter().map(|found| format!("{found}\n")).collect::<Vec<_>>().concat())?;
    Ok(ExitCode::from(u8::from(!all.is_empty())))
}

/// The problems of all sets. An exception that one of them needs is needed.
fn needed(sets: Vec<Vec<Found>>) -> Vec<Found> {
    let unused = |found: &Found| found.problem.severity == Severity::Strict("unused-allowance");
    let same = |one: &Found, found: &Found| unused(one) && one.problem == found.problem;
    let everywhere = |found: &Found| sets.iter().all(|set| set.iter().any(|one| same(one, found)));
    let last = sets.last().cloned().unwrap_or_default();
    let unneeded: Vec<_> = last.into_iter().filter(|found| unused(found) && everywhere(found)).collect();
    sets.into_iter().flatten().filter(|found| !unused(found)).chain(unneeded).collect()
}

fn print_stamped(args: StampArgs) -> Outcome {
    let text = read(&args.file)?;
    print(&stamp(&text, &Stamp { images: args.image, migrations: args.migrations })?)?;
    Ok(ExitCode::SUCCESS)
}

fn commands(files: &[PathBuf]) -> Outcome {
    for file in files {
        for invocation in invocations(&Manifest::read(file)?) {
            print(&format!("{}\n", serde_json::to_string(&invocation)?))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn rules() -> Outcome {
    for (rule, why) in STRICT_RULES {
        print(&format!("{rule:<28} {why}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A reader that has had enough is an error, not a panic.
fn print(text: &str) -> std::io::Result<()> {
    std::io::stdout().write_all(text.as_bytes())
}

fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    std::fs::read_to_string(path)
        .map_err(|cause| format!("failed to read {}: {cause}", path.display()).into())
}

fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}
