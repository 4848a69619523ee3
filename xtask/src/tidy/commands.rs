//! What the pages of docs/ tell people to type exists: each command of pgrefit, and each option of it.
//!
//! Held against docs/reference/cli.md, which the binary writes itself.

use super::Violation;
use super::facts::{Facts, File};
use std::collections::{BTreeMap, BTreeSet};

const REFERENCE: &str = "docs/reference/cli.md";
const PROGRAM: &str = "pgrefit";

/// Words behind the program's name that are no commands: it is talked of, not called.
const TALK: [&str; 3] = ["…", "<command>", "command"];

/// The options of each command, by its words: `backup take`.
type Commands = BTreeMap<String, BTreeSet<String>>;

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    let reference = facts.files.iter().find(|file| file.path == REFERENCE);
    let commands = known(reference.map_or("", |file| &file.text));
    facts.files.iter().filter(|file| is_page(&file.path)).flat_map(|page| wrong(&commands, page)).collect()
}

fn is_page(path: &str) -> bool {
    let is_own = path == "README.md" || (path.starts_with("docs/") && !path.starts_with("docs/reference/"));
    is_own && path.strip_suffix(".md").is_some()
}

/// The commands of the reference with their options.
fn known(reference: &str) -> Commands {
    let mut commands = Commands::new();
    let mut current = String::new();
    for line in reference.lines() {
        if let Some(words) = heading(line) {
            current = words;
            commands.entry(current.clone()).or_default();
            continue;
        }
        let options = line.split([' ', ',']).filter(|word| word.starts_with('-'));
        let leads = line.trim_start().starts_with('-');
        commands.entry(current.clone()).or_default().extend(options.filter(|_| leads).map(name));
    }
    commands
}

/// ``### `pgrefit backup take` `` is `backup take`.
fn heading(line: &str) -> Option<String> {
    let quoted =
        line.strip_prefix("##")?.trim_start_matches('#').trim().strip_prefix('`')?.strip_suffix('`')?;
    let words = quoted.strip_prefix(PROGRAM)?;
    Some(words.trim().to_owned())
}

/// `--target=7`, `--wait-for-gap[=<BOOL>]` and `--target` are options of the same kind.
fn name(option: &str) -> String {
    option.split(['=', '[']).next().unwrap_or_default().to_owned()
}

fn wrong(commands: &Commands, page: &File) -> Vec<Violation> {
    let calls = calls(&page.text);
    let problems = calls.into_iter().filter_map(|(line, call)| {
        let problem = problem(commands, &call)?;
        Some(Violation::new(format!("{}:{line}", page.path), problem))
    });
    problems.collect()
}

/// What stands behind the program's name in blocks of code, and between backticks.
fn calls(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.extend(called(line).map(|call| (number, call)));
        } else {
            let quoted = line.split('`').skip(1).step_by(2);
            found.extend(quoted.flat_map(called).map(|call| (number, call)));
        }
    }
    found
}

/// The calls of a line, each as the words behind the program, up to where the shell goes on with something else.
fn called(code: &str) -> impl Iterator<Item = String> {
    let code = code.trim_start().trim_start_matches("$ ");
    let end = format!("{PROGRAM} ");
    let starts = code.match_indices(&end).filter(|(at, _)| begins_a_command(&code[..*at]));
    let calls: Vec<String> = starts.map(|(at, _)| words(&code[at + end.len()..]).to_owned()).collect();
    calls.into_iter()
}

fn words(rest: &str) -> &str {
    rest.split(['|', '>', ';', '&', '(', ')', '#', '`']).next().unwrap_or_default().trim()
}

/// Nothing, assignments of variables, or a substitution stands before it.
fn begins_a_command(before: &str) -> bool {
    let last = before.rsplit(['(', ';', '|', '&']).next().unwrap_or_default();
    last.split_whitespace().all(|word| word.contains('=') || matches!(word, "cargo" | "run" | "exec"))
}

fn problem(commands: &Commands, call: &str) -> Option<String> {
    let words: Vec<&str> = call.split_whitespace().collect();
    let (options, names): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|word| is_option(word));
    let first = names.first().copied().unwrap_or_default();
    if TALK.contains(&first) || first.starts_with('"') {
        return None;
    }
    let command = longest(commands, &names);
    if command.is_empty() && !names.is_empty() {
        return Some(format!("`{PROGRAM} {call}`: there is no such command"));
    }
    let known = commands.get(&command)?;
    let unknown = options.into_iter().map(name).find(|option| !known.contains(option))?;
    Some(format!("`{PROGRAM} {command}` has no option {unknown}"))
}

/// The command that these words begin with.
fn longest(commands: &Commands, names: &[&str]) -> String {
    let mut command = String::new();
    for name in names {
        let longer = format!("{command} {name}").trim().to_owned();
        if !commands.contains_key(&longer) {
            break;
        }
        command = longer;
    }
    command
}

fn is_option(word: &str) -> bool {
    let name = word.trim_start_matches('-');
    name.len() < word.len() && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::{File, known, wrong};

    const REFERENCE: &str = "## `pgrefit`\n```text\n  -V, --version\n```\n### `pgrefit status`\n```text\n      --target <VERSION>\n\
                             \x20 -v, --verbose...\n```\n### `pgrefit backup`\n\
                             #### `pgrefit backup take`\n```text\n      --proof <FILE>\n```\n";

    fn check(text: &str, expected: &[&str]) {
        let page = File { path: "docs/a.md".to_owned(), text: text.to_owned() };
        let found: Vec<String> = wrong(&known(REFERENCE), &page)
            .into_iter()
            .map(|v| format!("{} {}", v.place, v.problem))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_there_may_be_typed() {
        check("`pgrefit status --target=7 -v`, pgrefit nothing, `pgrefit/0.1.0 migrate`", &[]);
        check("```console\n$ A=b pgrefit backup take --proof x > y --not-ours\n```", &[]);
        check("```sh\nB=$(pgrefit backup take)\npsql | pgrefit status # --x\n```", &[]);
        check("`pgrefit …`, `pgrefit --version`, `pgrefit -v status`", &[]);
        check("```sh\npgrefit status \"$(pgrefit backup take --proof x)\"\n```", &[]);
    }

    #[test]
    fn what_is_not_there_is_found() {
        check("a\n`pgrefit stats`", &["docs/a.md:2 `pgrefit stats`: there is no such command"]);
        check("`pgrefit status --proof x`", &["docs/a.md:1 `pgrefit status` has no option --proof"]);
        check(
            "```sh\nX=$(pgrefit backup take --frobnicate)\n```",
            &["docs/a.md:2 `pgrefit backup take` has no option --frobnicate"],
        );
        check("`pgrefit -V status`", &["docs/a.md:1 `pgrefit status` has no option -V"]);
        check("`pgrefit --frobnicate`", &["docs/a.md:1 `pgrefit ` has no option --frobnicate"]);
    }
}
