//! What the workflows on GitHub call exists: tasks with their arguments, commands of the product, and files. A workflow is run
//! after it was merged, and a release once in a month: here it is told before.

mod required;
mod scripts;

use crate::{Cli, Task, workspace};
use clap::Parser as _;
use serde_yaml_ng::Value;
use std::collections::BTreeSet;

/// Every workflow, by its path.
fn workflows() -> Vec<(String, Value)> {
    let paths = workspace::files(&[".github/workflows/*.yml", ".github/examples/*.yml"]).expect("workflows");
    let read = |path: &String| workspace::read(&workspace::root().join(path)).expect("a workflow");
    let parse = |path: String| {
        let yaml = serde_yaml_ng::from_str(&read(&path)).expect("YAML");
        (path, yaml)
    };
    paths.into_iter().map(parse).collect()
}

fn jobs(workflow: &Value) -> Vec<(String, &Value)> {
    let jobs = workflow["jobs"].as_mapping().expect("jobs");
    jobs.iter().map(|(name, job)| (name.as_str().expect("a name").to_owned(), job)).collect()
}

/// What is handed to a shell, line by line; a line that ends with a backslash goes on in the next.
fn lines(workflow: &Value) -> Vec<String> {
    let jobs = jobs(workflow);
    let steps = jobs.iter().filter_map(|(_, job)| job["steps"].as_sequence()).flatten();
    let scripts: Vec<_> = steps.filter_map(|step| step["run"].as_str()).collect();
    scripts.join("\n").replace("\\\n", " ").lines().map(|line| line.trim().to_owned()).collect()
}

/// The words behind `program`, up to the end of the command. A variable stands for itself.
fn calls(line: &str, program: &str) -> Vec<Vec<String>> {
    let parts = line.split(['|', '>', '<', ';', '&', '(', ')']).map(str::trim);
    let own = parts.filter_map(|part| part.strip_prefix(program)).filter(|rest| rest.starts_with(' '));
    own.map(|rest| rest.split_whitespace().map(|word| word.replace(['"', '\''], "")).collect()).collect()
}

/// What the reference, which is written from the binary, says of a command of the product.
fn is_command_of_the_product(words: &[String], reference: &str) -> Result<(), String> {
    let is_flag = |word: &&String| word.starts_with("--");
    let path: Vec<_> = words.iter().take_while(|word| !word.starts_with('-')).map(String::as_str).collect();
    let sections = (1..=path.len()).rev().map(|count| format!("# `pgrefit {}`\n", path[..count].join(" ")));
    let section = sections.filter_map(|heading| reference.split_once(&heading)).map(|(_, rest)| rest).next();
    let section = section.ok_or_else(|| format!("there is no pgrefit {}", path.join(" ")))?;
    let section = section.split("\n### `").next().unwrap_or(section);
    match words.iter().filter(is_flag).find(|flag| !section.contains(flag.split('=').next().unwrap_or(flag)))
    {
        None => Ok(()),
        Some(flag) => Err(format!("pgrefit {} has no {flag}", path.join(" "))),
    }
}

fn problem(words: &[String], reference: &str) -> Option<String> {
    let line = ["cargo xtask".to_owned()].into_iter().chain(words.iter().cloned());
    match Cli::try_parse_from(line).map(|cli| cli.task) {
        Ok(Task::Product(_)) => is_command_of_the_product(words, reference).err(),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

fn reference() -> String {
    workspace::read(&workspace::root().join("docs/reference/cli.md")).expect("the reference")
}

#[test]
fn every_call_of_a_task_or_of_the_product_is_understood() {
    let reference = reference();
    let mut found = 0;
    for (path, workflow) in workflows() {
        for line in lines(&workflow) {
            for words in calls(&line, "cargo xtask") {
                assert_eq!(problem(&words, &reference), None, "{path}: {line}");
                found += 1;
            }
            for words in calls(&line, "pgrefit") {
                assert_eq!(is_command_of_the_product(&words, &reference), Ok(()), "{path}: {line}");
            }
        }
    }
    assert!(found > 12, "{found} calls");
}

#[test]
fn a_call_that_is_not_understood_is_found() {
    let reference = reference();
    let check = |line: &str, is_understood: bool| {
        let calls = calls(line, "cargo xtask");
        assert_eq!(calls.len(), 1, "{line}");
        assert_eq!(problem(&calls[0], &reference).is_none(), is_understood, "{line}");
    };
    check("cargo xtask ci --only fmt,zizmor", true);
    check("cargo xtask ci --only fmt,zizmer", false);
    check("cargo xtask trend target/bench nights/* | tee -a \"$X\"", true);
    check("cargo xtask trends target/bench", false);
    check("cargo xtask changelog \"$GITHUB_REF_NAME\" > notes.md", true);
    check("cargo xtask lint --format github", true);
    check("cargo xtask lint --fromat github", false);
    check("test -s x && cargo xtask fuzz --minutes half", false);
}

/// Files and folders of the repository begin with one of these; all else is made by the run itself.
const FOLDERS: [&str; 7] = ["k8s/", "docs/", "crates/", "xtask/", "migrations/", ".ci/", ".github/"];

#[test]
fn every_file_that_is_named_is_there() {
    let mut found = BTreeSet::new();
    for (path, workflow) in workflows() {
        let jobs = jobs(&workflow);
        let parts = jobs.iter().filter_map(|(_, job)| job["uses"].as_str()).map(str::to_owned);
        let lines = lines(&workflow);
        let words = parts.chain(lines.iter().flat_map(|line| line.split(' ')).map(str::to_owned));
        for word in words {
            let word = word.trim_matches(['"', '\'', ')', '(', ';']).trim_start_matches("$/");
            if FOLDERS.iter().any(|folder| word.starts_with(folder)) {
                assert!(workspace::root().join(word).exists(), "{path} names {word}");
                found.insert(word.to_owned());
            }
        }
    }
    assert!(found.contains(".github/workflows/ci.yml"), "{found:?}");
}

#[test]
fn every_job_has_an_end_and_rights_of_its_own() {
    for (path, workflow) in workflows() {
        let at_top = workflow["permissions"].as_mapping().map(serde_yaml_ng::Mapping::len);
        assert_eq!(at_top, Some(0), "{path}: permissions");
        assert!(workflow["concurrency"]["group"].is_string(), "{path}: concurrency");
        let is_ours = path.contains("/workflows/");
        let shell = workflow["defaults"]["run"]["shell"].as_str();
        assert!(!is_ours || shell == Some("bash"), "{path}: a pipe would hide what fails in it");
        for (name, job) in jobs(&workflow) {
            assert!(job["permissions"].is_mapping(), "{path}: permissions of {name}");
            let has_end = job["timeout-minutes"].is_u64() || job["uses"].is_string();
            assert!(has_end, "{path}: timeout-minutes of {name}");
        }
    }
}

/// Actions of others are named by the hash of a commit; a tag can be moved. The example is for others to adapt.
#[test]
fn every_action_is_pinned_by_hash() {
    let own = workflows().into_iter().filter(|(path, _)| path.contains("/workflows/"));
    for (path, workflow) in own {
        let jobs = jobs(&workflow);
        for step in jobs.iter().filter_map(|(_, job)| job["steps"].as_sequence()).flatten() {
            let Some(action) = step["uses"].as_str() else { continue };
            let hash = action.split_once('@').map_or("", |(_, hash)| hash);
            let is_hash = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_hash, "{path}: {action}");
            if action.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"].as_bool(), Some(false), "{path}: {action}");
            }
        }
    }
}

/// In every run of a test on GitHub, and here, the same versions of PostgreSQL are meant.
#[test]
fn every_supported_version_is_tested() {
    let all = workflows();
    let (_, ci) = all.iter().find(|(path, _)| path.ends_with("/ci.yml")).expect("ci.yml");
    let versions = ci["jobs"]["test"]["strategy"]["matrix"]["postgres"].as_sequence().expect("a matrix");
    let versions: Vec<_> = versions.iter().filter_map(Value::as_str).collect();
    assert_eq!(versions, ["13", "14", "15", "16", "17", "18"]);
}
