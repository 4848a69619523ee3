//! Checks by outside tools of what is not Rust, and of the tree of dependencies. All of it works without a network once
//! the tools are installed, but for the sources of dependencies that no build here needed.

use crate::bounded;
use crate::failure::{Failure, Outcome};
use crate::{shell, tools, workspace};
use std::process::Command;
use std::time::Duration;

/// For one tool on the whole repository; each takes seconds.
const LIMIT: Duration = Duration::from_mins(2);

const WORKFLOWS: [&str; 1] = [".github/workflows/*.yml"];

pub(super) fn typos() -> Outcome<()> {
    pass(&mut tools::command("typos")?)
}

/// The files are named: taplo does not know what git ignores.
pub(super) fn taplo() -> Outcome<()> {
    let mut taplo = tools::command("taplo")?;
    taplo.env("RUST_LOG", "warn").args(["fmt", "--check", "--diff"]);
    pass(taplo.args(found(&["*.toml"])?))
}

/// A script without a first line that names its shell is handed to sh.
pub(super) fn shellcheck() -> Outcome<()> {
    let names_its_shell =
        |path: &String| std::fs::read(workspace::root().join(path)).is_ok_and(|text| text.starts_with(b"#!"));
    let (named, plain): (Vec<_>, Vec<_>) =
        found(&[".ci/run", "*.sh", "xtask/src/workflows/bin/*"])?.into_iter().partition(names_its_shell);
    pass(tools::command("shellcheck")?.args(named))?;
    if plain.is_empty() {
        return Ok(());
    }
    pass(tools::command("shellcheck")?.arg("--shell=sh").args(plain))
}

/// With shellcheck for the lines of each `run:`.
pub(super) fn actionlint() -> Outcome<()> {
    let shellcheck = tools::path("shellcheck")?;
    let mut actionlint = tools::command("actionlint")?;
    actionlint.arg("-no-color").arg("-shellcheck").arg(shellcheck).arg("-pyflakes=");
    pass(actionlint.args(found(&[".github/workflows/*.yml", ".github/examples/*.yml"])?))
}

/// The schemas are part of the tool.
pub(super) fn schemas() -> Outcome<()> {
    let workflows = found(&WORKFLOWS)?;
    let mut check = tools::command("check-jsonschema")?;
    pass(check.args(["--builtin-schema", "vendor.github-workflows"]).args(workflows))?;
    let mut check = tools::command("check-jsonschema")?;
    pass(check.args(["--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"]))
}

pub(super) fn zizmor() -> Outcome<()> {
    let mut zizmor = tools::command("zizmor")?;
    pass(zizmor.args(["--offline", "--no-progress", "--color=never", "--persona=pedantic", ".github"]))
}

pub(super) fn hadolint() -> Outcome<()> {
    pass(tools::command("hadolint")?.arg("--no-color").args(found(&["*Dockerfile", "*Dockerfile.*"])?))
}

/// promtool is Debian's: in no package index.
pub(super) fn promtool() -> Outcome<()> {
    let promtool = || {
        let mut promtool = Command::new("promtool");
        promtool.current_dir(workspace::root());
        promtool
    };
    if shell::first_line(promtool().arg("--help")).is_none() {
        let cause = "it is not on PATH; on Debian it is in the package prometheus";
        return Err(Failure::unavailable("run promtool", cause));
    }
    pass(promtool().args(["check", "rules"]).args(found(&["k8s/**/rules.yaml"])?))?;
    pass(promtool().args(["test", "rules"]).args(found(&["k8s/**/rules_test.yaml"])?))
}

pub(super) fn shear() -> Outcome<()> {
    pass(tools::command("cargo-shear")?.arg("--color=never"))
}

pub(super) fn deny() -> Outcome<()> {
    let mut deny = tools::command("cargo-deny")?;
    deny.args(["--color=never", "--log-level=warn", "--workspace", "--locked", "check"]);
    pass(deny.args(["--hide-inclusion-graph", "bans", "licenses", "sources"]))
}

/// The repository's files of these patterns. None is a failure: a check of nothing would pass.
fn found(patterns: &[&str]) -> Outcome<Vec<String>> {
    let files = workspace::files(patterns)?;
    if files.is_empty() {
        return Err(Failure::new(format!("find a file to check: {}", patterns.join(" "))));
    }
    Ok(files)
}

/// Runs a tool; what it says is printed, whether it passed or not.
pub(super) fn pass(tool: &mut Command) -> Outcome<()> {
    let ended = bounded::run(tool, LIMIT)?;
    if !ended.said.is_empty() {
        eprintln!("{}", ended.said);
    }
    if ended.success {
        return Ok(());
    }
    let name = std::path::Path::new(tool.get_program()).file_name().unwrap_or_default();
    Err(Failure::because(format!("pass {}", name.display()), "what it found stands above"))
}

#[cfg(test)]
mod tests {
    use super::{found, pass};
    use std::process::Command;

    #[test]
    fn a_check_of_no_file_has_not_passed() {
        assert!(found(&["Cargo.toml"]).is_ok());
        let failure = found(&["*.no-such-kind", "no-such-file"]).expect_err("nothing");
        assert_eq!(failure.chain(), "failed to find a file to check: *.no-such-kind no-such-file");
    }

    #[test]
    fn a_tool_that_finds_something_fails_and_is_not_skipped() {
        assert!(pass(&mut Command::new("true")).is_ok());
        let failure = pass(&mut Command::new("false")).expect_err("it found something");
        assert!(!failure.is_unavailable());
        assert_eq!(failure.chain(), "failed to pass false: what it found stands above");
    }
}
