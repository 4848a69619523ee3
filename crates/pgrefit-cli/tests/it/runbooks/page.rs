//! A page of docs/runbooks as blocks: what is run of it, and what is only shown.

use std::fs;
use std::path::{Path, PathBuf};

/// The language of blocks that are run, and those of blocks that are only shown.
const RUN: &str = "sh";
const SHOWN: [&str; 2] = ["text", "toml"];

/// What begins a command that is only shown.
const COMMANDS: [&str; 6] = ["$ ", "pgrefit ", "psql ", "pg_dump ", "pg_restore ", "createdb "];

/// A page.
pub(super) struct Page {
    name: String,
    pub(super) text: String,
    blocks: Vec<Block>,
}

/// A fenced block.
pub(super) struct Block {
    language: String,
    /// The line of its fence.
    pub(super) line: usize,
    pub(super) text: String,
}

impl Page {
    /// The names of all pages, without `.md`.
    pub(super) fn names() -> Vec<String> {
        let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
        let pages = files.filter(|path| path.extension().is_some_and(|end| end == "md"));
        pages.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    }

    pub(super) fn read(name: &str) -> Self {
        let text = fs::read_to_string(folder().join(format!("{name}.md"))).unwrap();
        Self { name: name.to_owned(), blocks: blocks(&text), text }
    }

    /// The blocks that are run, in order.
    pub(super) fn commands(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.language == RUN)
    }

    /// The blocks that are not run and have a command, or may have one: each with its place and what is wrong.
    pub(super) fn hidden(&self) -> Vec<String> {
        let shown = self.blocks.iter().filter(|block| block.language != RUN);
        let wrong =
            shown.filter_map(|block| Some(format!("{}.md:{}: {}", self.name, block.line, block.hides()?)));
        wrong.collect()
    }
}

impl Block {
    /// What is not run of it, although it should be.
    fn hides(&self) -> Option<String> {
        if !SHOWN.contains(&self.language.as_str()) {
            return Some(format!("a block of {:?}", self.language));
        }
        let command = self.text.lines().find(|line| is_command(line))?;
        Some(format!("{command:?} is not run"))
    }

    /// The text for a shell. What one block assigns, the next one has, as in one terminal; `# exits 15` at the end of a line
    /// says how its command ends.
    pub(super) fn script(&self) -> String {
        let lines: Vec<String> = self.text.lines().map(line).collect();
        let state = ".runbook-variables";
        format!("set -a\n[ ! -f {state} ] || . ./{state}\n{}\nexport -p > {state}\n", lines.join("\n"))
    }
}

fn line(text: &str) -> String {
    match text.rsplit_once("# exits ") {
        Some((command, code)) => {
            format!("status=0; {command} || status=$?; [ \"$status\" -eq {} ]", code.trim())
        }
        None => text.to_owned(),
    }
}

fn is_command(line: &str) -> bool {
    COMMANDS.iter().any(|begin| line.trim_start().starts_with(begin))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks")
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                let language = language.trim().to_owned();
                open = Some(Block { language, line: index + 1, text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

#[test]
fn lines_say_how_they_end() {
    let check = |text: &str, works: bool| {
        let block = Block { language: RUN.to_owned(), line: 1, text: text.to_owned() };
        let folder = tempfile::tempdir().unwrap();
        let mut shell = std::process::Command::new("sh");
        let status = shell.args(["-eu", "-c", &block.script()]).current_dir(folder.path()).status().unwrap();
        assert_eq!(status.success(), works, "{text}");
    };
    check("true", true);
    check("false", false);
    check("false\ntrue", false);
    check("sh -c 'exit 15'  # exits 15", true);
    check("sh -c 'exit 13'  # exits 15", false);
    check("true  # exits 15", false);
}

#[test]
fn commands_that_are_not_run_are_found() {
    let check = |text: &str, expected: &[&str]| {
        let page = Page { name: "p".to_owned(), text: text.to_owned(), blocks: blocks(text) };
        assert_eq!(page.hidden(), expected, "{text}");
    };
    check("```sh\npgrefit status\n```", &[]);
    check("```text\npass: up to date\n```", &[]);
    check("```text\npgrefit status\n```", &["p.md:1: \"pgrefit status\" is not run"]);
    check("a\n```toml\n  $ ls\n```", &["p.md:2: \"  $ ls\" is not run"]);
    check("```console\n```", &["p.md:1: a block of \"console\""]);
    check("```\n```", &["p.md:1: a block of \"\""]);
}

#[test]
fn blocks_are_found_with_their_language() {
    let found: Vec<String> = blocks("a\n```sh\nb\n```\n- c\n  ```text\n  d\n  ```\n")
        .iter()
        .map(|block| format!("{} {} {}", block.line, block.language, block.text.trim()))
        .collect();
    assert_eq!(found, ["2 sh b", "6 text d"]);
}
