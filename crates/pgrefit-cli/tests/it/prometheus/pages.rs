//! The commands of `docs/runbooks/alerts`: those of pgrefit are understood, those of `psql` run.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::harness::{Database, pgrefit};

/// The text of all pages.
fn pages() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks/alerts");
    let pages = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    pages.map(|page| std::fs::read_to_string(page).unwrap()).collect()
}

/// Whole lines, and what stands between backticks, that begin with a program.
fn commands(text: &str, program: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim);
    let flat = text.replace("\n  ", " ");
    let quoted: Vec<&str> = flat.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
    let all = lines.chain(quoted).filter(|line| line.starts_with(program));
    all.map(str::to_owned).collect()
}

#[test]
fn every_command_of_pgrefit_is_understood() {
    let commands = commands(&pages(), "pgrefit ");
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        // With --help nothing is done, and what is required may be missing; what is unknown is refused.
        pgrefit(words.iter().chain(&["--help"])).run().expect(0);
        names_are_known(&words);
    }
    pgrefit(["status", "--nonsense", "--help"]).run().expect(2);
}

/// Checks that are named are checks.
fn names_are_known(words: &[&str]) {
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checks");
    let Some(at) = words.iter().position(|word| *word == "--only") else { return };
    for name in words[at + 1].split(',') {
        assert!(checks.join(format!("{name}.md")).is_file(), "there is no check {name}");
    }
}

#[test]
fn every_command_of_psql_runs() {
    let commands = commands(&pages(), "psql ");
    assert!(commands.len() >= 3, "{commands:?}");
    let database = Database::new();
    let psql = database.server.binaries().program("psql").expect("the server's programs have psql");
    for command in commands {
        let text = command.replacen("psql", "\"$PSQL\" -X -v ON_ERROR_STOP=1", 1);
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", &text]).env("PSQL", &psql).env("DATABASE_URL", database.url());
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
