//! `cargo xtask k8s lint`: every set of manifests, by the rules of the API server and ours, and every command line in
//! them by the real program.

use super::kustomize::{self, Kubectl, Set};
use super::program::Linter;
use super::schemas;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{bounded, workspace};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The program prints its help and ends.
const LIMIT: Duration = Duration::from_secs(20);

/// Check the manifests: k8s itself, every overlay and every component; print `file:field: message`
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Hold them against the published schemas as well (kubernetes-validate)
    #[arg(long)]
    pub(super) schemas: bool,
}

pub(super) fn check(schemas: bool) -> Outcome<()> {
    let kubectl = Kubectl::find()?;
    let linter = Linter::build()?;
    let sets = kustomize::all()?;
    let files = sets.iter().map(|set| rendered(set, &kubectl, &linter)).collect::<Outcome<Vec<_>>>()?;
    let judged = judge(&linter, &files)?;
    let understood = understood(&linter, &files)?;
    if !judged || !understood || (schemas && !schemas::check(&files)?) {
        return Err(Failure::because("pass the checks of the manifests", "the problems stand above"));
    }
    eprintln!("{} sets of manifests are clean", files.len());
    Ok(())
}

/// The file with the manifests of a set, named from the root where that is possible.
fn rendered(set: &Set, kubectl: &Kubectl, linter: &Linter) -> Outcome<PathBuf> {
    let raw = kubectl.render(set)?;
    let stamped = raw.with_file_name(format!("{}.yaml", set.name));
    workspace::write(&stamped, linter.stamp(&raw, &[])?)?;
    Ok(stamped.strip_prefix(workspace::root()).map(PathBuf::from).unwrap_or(stamped))
}

fn judge(linter: &Linter, files: &[PathBuf]) -> Outcome<bool> {
    let mut command = linter.command("lint");
    command.args(files).args(["--exit-codes", "docs/reference/exit-codes.md", "--sources", "k8s"]);
    if kustomize::folder().join("expects.toml").is_file() {
        command.args(["--expects", "k8s/expects.toml"]);
    }
    let ended = bounded::run(&mut command, LIMIT)?;
    if ended.said.is_empty() && ended.success {
        return Ok(true);
    }
    println!("{}", ended.said);
    Ok(false)
}

/// How a container starts pgrefit.
struct Call {
    place: String,
    args: Vec<String>,
}

/// Whether the product understands the arguments of every container that runs it.
fn understood(linter: &Linter, files: &[PathBuf]) -> Outcome<bool> {
    let lines = linter.commands(files)?;
    let calls: Vec<_> = lines.lines().filter_map(call).collect();
    let product = Product::build()?;
    let (mut clean, mut asked) = (true, BTreeSet::new());
    for call in calls.iter().filter(|call| asked.insert(call.args.clone())) {
        if let Some(problem) = misunderstood(&mut product.command(), &call.args)? {
            println!("{}.args: {problem}", call.place);
            clean = false;
        }
    }
    eprintln!("pgrefit was asked about {} command lines", asked.len());
    Ok(clean)
}

/// A line of `pgrefit-kube commands`; nothing when the image is not one of ours.
fn call(line: &str) -> Option<Call> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let image = text("image")?;
    let name = image.split('@').next()?.rsplit('/').next()?.split(':').next()?;
    if !matches!(name, "pgrefit" | "pgrefit-tools") {
        return None;
    }
    let args = value["args"].as_array()?.iter().filter_map(|arg| arg.as_str().map(str::to_owned)).collect();
    Some(Call { place: format!("{}:{}", text("file")?, text("field")?), args })
}

/// What is wrong with arguments: asked for its help after them, the program must give that of the same command.
fn misunderstood(command: &mut Command, args: &[String]) -> Outcome<Option<String>> {
    let ended = bounded::run(command.args(args).arg("--help"), LIMIT)?;
    if !ended.success {
        let why = ended.said.lines().next().unwrap_or("it fails without a word");
        return Ok(Some(format!("pgrefit {}: {why}", args.join(" "))));
    }
    let asked = subcommand(&ended.said);
    let same = !asked.is_empty() && args.starts_with(&asked);
    Ok((!same).then(|| format!("pgrefit takes {} for: pgrefit {}", args.join(" "), asked.join(" "))))
}

/// The command of which a help is: the words after the program in `Usage: pgrefit fleet migrate [OPTIONS]`.
fn subcommand(help: &str) -> Vec<String> {
    let usage = help.lines().find_map(|line| line.trim().strip_prefix("Usage: pgrefit")).unwrap_or_default();
    let is_word = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    usage.split_whitespace().take_while(is_word).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{call, misunderstood, subcommand};
    use std::process::Command;

    #[test]
    fn the_command_of_a_help() {
        let check = |help: &str, expected: &[&str]| assert_eq!(subcommand(help), expected, "{help}");
        check("Does it\n\nUsage: pgrefit migrate [OPTIONS]\n", &["migrate"]);
        check("Usage: pgrefit fleet migrate --list <FILE>\n", &["fleet", "migrate"]);
        check("Usage: pgrefit [OPTIONS] <COMMAND>\n", &[]);
        check("no help", &[]);
    }

    #[test]
    fn only_our_images_are_asked() {
        let line = |image: &str| {
            format!(r#"{{"file":"a.yaml","field":"spec","image":"{image}","args":["migrate"]}}"#)
        };
        let check =
            |image: &str, expected: bool| assert_eq!(call(&line(image)).is_some(), expected, "{image}");
        check("pgrefit", true);
        check("r.example:5000/a/pgrefit-tools:1@sha256:00", true);
        check("postgres:18", false);
        assert!(call("no JSON").is_none());
    }

    #[test]
    fn arguments_that_are_not_understood_are_a_problem() {
        let check = |script: &str, expected: Option<&str>| {
            let mut program = Command::new("sh");
            program.args(["-c", script, "pgrefit"]);
            let found = misunderstood(&mut program, &["migrate".to_owned()]).expect("a shell");
            assert_eq!(
                found.as_deref().map(|found| found.contains(expected.unwrap_or("?"))),
                expected.map(|_| true)
            );
        };
        check("echo 'Usage: pgrefit migrate [OPTIONS]'", None);
        check("echo 'Usage: pgrefit [OPTIONS] <COMMAND>'", Some("takes migrate for: pgrefit"));
        check("echo 'unexpected argument' >&2; exit 2", Some("unexpected argument"));
    }
}
