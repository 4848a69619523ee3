//! `cargo xtask bench lint`: a thousand migration files judged on one core, by pgrefit and by squawk.
//!
//! Three questions: what the rules that are on by default cost; what they cost when no file is the past of another; and
//! how the rules of squawk run inside of pgrefit against squawk's own command line, which must find the same.

mod corpus;
mod findings;
mod goals;
mod rounds;

use super::goal::Goal;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{shell, workspace};
use corpus::Corpus;
use findings::Findings;
use rounds::{Round, Runner, Series};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Judge many migration files on one core, and run squawk's rules against squawk (if installed)
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Migration files
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    files: u32,
    /// Rounds of each measurement
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Folder with squawk's command line, such as `bin` of the wheel squawk-cli [default: PATH]
    #[arg(long, value_name = "DIR", env = "PGREFIT_BENCH_SQUAWK")]
    squawk: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let corpus = Corpus::write(args.files)?;
    let squawk = Squawk::find(args.squawk.as_deref());
    let runner = Runner::new();
    let tools = Tools { product: &product, corpus: &corpus, squawk: squawk.as_ref() };
    let found = tools.findings()?;
    let series = runner.measure(tools.rounds(), usize::from(args.rounds))?;
    let goals = goals::judge(&series, found.as_ref());
    print(args, &corpus, &runner, squawk.as_ref(), &series, found.as_ref(), &goals);
    let json = json!({
        "files": args.files,
        "bytes": corpus.bytes,
        "core": runner.core,
        "squawk": squawk.as_ref().map(|squawk| &squawk.version),
        "series": series.iter().map(Series::to_json).collect::<Vec<_>>(),
        "findings": found.as_ref().map(Findings::to_json),
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("lint.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}

fn print(
    args: &Args,
    corpus: &Corpus,
    runner: &Runner,
    squawk: Option<&Squawk>,
    series: &[Series],
    found: Option<&Findings>,
    goals: &[Goal],
) {
    let core = runner.core.as_ref().map_or_else(
        || "on any core (taskset is not installed)".to_owned(),
        |core| format!("on core {core} alone"),
    );
    println!(
        "{} files, {} kB, {} rounds, whole process {core}, ms",
        args.files,
        corpus.bytes / 1000,
        args.rounds
    );
    println!("{:<26} {:>9} {:>9} {:>9} {:>9}", "", "processor", "min", "max", "wall");
    for series in series {
        println!("{}", series.row());
    }
    match squawk {
        None => println!("squawk is not installed (PATH, --squawk): its rules were not compared"),
        Some(squawk) => println!("{}", squawk.version),
    }
    if let Some(found) = found {
        print!("{}", found.lines());
    }
    for goal in goals {
        println!("{}", goal.line());
    }
}

/// Squawk's own command line.
struct Squawk {
    program: PathBuf,
    version: String,
}

impl Squawk {
    fn find(folder: Option<&Path>) -> Option<Self> {
        let program = folder.map_or_else(|| "squawk".into(), |folder| folder.join("squawk"));
        let version = shell::first_line(Command::new(&program).arg("--version"))?;
        Some(Self { program, version })
    }
}

struct Tools<'a> {
    product: &'a Product,
    corpus: &'a Corpus,
    squawk: Option<&'a Squawk>,
}

impl Tools<'_> {
    fn rounds(&self) -> Vec<Round> {
        let mut rounds = vec![
            Round::new(goals::DEFAULT, self.pgrefit(&[])),
            Round::new(goals::INDEPENDENT, self.pgrefit(&["--independent"])),
        ];
        if let Some(squawk) = self.squawk {
            rounds.extend([
                Round::new(goals::OURS_TEXT, self.with_rules_of_squawk("text")),
                Round::new(goals::SQUAWK_TEXT, self.squawk(squawk, "tty")),
                Round::new(goals::OURS_JSON, self.with_rules_of_squawk("json")),
                Round::new(goals::SQUAWK_JSON, self.squawk(squawk, "json")),
            ]);
        }
        rounds
    }

    /// What both find with the same rules, counted by rule.
    fn findings(&self) -> Outcome<Option<Findings>> {
        let Some(squawk) = self.squawk else { return Ok(None) };
        let ours = output(&mut self.with_rules_of_squawk("json"))?;
        let theirs = output(&mut self.squawk(squawk, "json"))?;
        Findings::read(&ours, &theirs).map(Some)
    }

    fn pgrefit(&self, arguments: &[&str]) -> Command {
        let mut pgrefit = self.product.command();
        // Neither a configuration nor migrations of the workspace.
        pgrefit.current_dir(&self.corpus.home).arg("lint").args(arguments).arg(&self.corpus.dir);
        pgrefit
    }

    fn with_rules_of_squawk(&self, format: &str) -> Command {
        self.pgrefit(&["--off", "all", "--squawk", "all", "--server-version", "15", "--format", format])
    }

    /// As pgrefit asks: every file is a transaction, for the same server.
    fn squawk(&self, squawk: &Squawk, reporter: &str) -> Command {
        let mut command = Command::new(&squawk.program);
        command.current_dir(&self.corpus.home);
        command.args(["--assume-in-transaction", "--pg-version", "15.0", "--reporter", reporter]);
        command.args(&self.corpus.files);
        command
    }
}

/// What a linter prints; that it found something is no failure.
fn output(command: &mut Command) -> Outcome<Vec<u8>> {
    let line = rounds::short(command);
    let output = command.output().map_err(|cause| Failure::because(format!("start {line}"), cause))?;
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        _ => Err(Failure::of_program(format!("run {line}"), output.status)),
    }
}
