//! A page of docs/ as blocks: what is run of it, what is written to files, and what is only shown.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The language of blocks that a shell runs, and those of blocks that are only shown.
const RUN: &str = "sh";
const SHOWN: [&str; 2] = ["text", "toml"];

/// What begins a command that is only shown.
const COMMANDS: [&str; 6] = ["$ ", "pgrefit ", "psql ", "pg_dump ", "pg_restore ", "createdb "];

/// A page.
pub(crate) struct Page {
    name: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block.
pub(crate) struct Block {
    pub(crate) language: String,
    /// What stands behind the language.
    pub(crate) note: String,
    /// The line of its fence.
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Page {
    /// The names of the pages of a folder of docs, without `.md`.
    pub(crate) fn names(folder: &str) -> Vec<String> {
        let files = fs::read_dir(docs().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let pages = files.filter(|path| path.extension().is_some_and(|end| end == "md"));
        pages.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    }

    /// A page, by its path below docs without `.md`.
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(docs().join(format!("{name}.md"))).unwrap();
        Self::parsed(name, text)
    }

    /// A page of this text.
    pub(crate) fn parsed(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), blocks: blocks(&text), text }
    }

    /// The part of the page below a heading of the second level.
    pub(crate) fn section(&self, title: &str) -> Self {
        let parts = self.text.split("\n## ");
        let part = parts.filter_map(|part| part.strip_prefix(title)).find(|rest| rest.starts_with('\n'));
        Self::parsed(&self.name, part.unwrap_or_else(|| panic!("no section {title:?}")).to_owned())
    }

    /// The page with another word in place of one.
    pub(crate) fn with(self, word: &str, other: &str) -> Self {
        Self::parsed(&self.name, self.text.replace(word, other))
    }

    /// The blocks that a shell runs, in order.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.language == RUN)
    }

    /// The blocks that are not run and have a command, or may have one: each with its place and what is wrong.
    pub(crate) fn hidden(&self) -> Vec<String> {
        let shown = self.blocks.iter().filter(|block| block.language != RUN);
        let wrong =
            shown.filter_map(|block| Some(format!("{}.md:{}: {}", self.name, block.line, block.hides()?)));
        wrong.collect()
    }
}

impl Block {
    /// What is not run of it, although it should be.
    pub(crate) fn hides(&self) -> Option<String> {
        if !SHOWN.contains(&self.language.as_str()) {
            return Some(format!("a block of {:?}", self.language));
        }
        let command = self.text.lines().find(|line| is_command(line))?;
        Some(format!("{command:?} is not run"))
    }

    /// The text for a shell. What one block assigns, the next one has, as in one terminal; `# exits 15` at the end of a line
    /// says how its command ends.
    pub(crate) fn script(&self) -> String {
        let lines: Vec<String> = self.text.lines().map(line).collect();
        let state = ".runbook-variables";
        format!("set -a\n[ ! -f {state} ] || . ./{state}\n{}\nexport -p > {state}\n", lines.join("\n"))
    }
}

/// A shell as somebody has it who follows a page, in a folder: it finds `pgrefit` as it was just built, and what is in these
/// folders; it knows of no database.
pub(crate) fn shell(folder: &Path, programs: &[&Path]) -> Command {
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os() {
        if names_a_database(&name.to_string_lossy()) {
            shell.env_remove(name);
        }
    }
    shell.current_dir(folder).stdin(Stdio::null()).env("PATH", search_path(programs));
    shell
}

fn names_a_database(variable: &str) -> bool {
    let is_libpq = variable.starts_with("PG") && !variable.starts_with("PGREFIT_");
    is_libpq || matches!(variable, "DATABASE_URL" | "DATABASE_URL_FILE" | "PGREFIT_POLICY_ENVIRONMENT")
}

fn search_path(programs: &[&Path]) -> OsString {
    let own = Path::new(env!("CARGO_BIN_EXE_pgrefit")).parent();
    let first = own.into_iter().chain(programs.iter().copied()).map(Path::to_owned);
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(first.chain(std::env::split_paths(&rest))).unwrap()
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

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                let (language, note) = language.trim().split_once(' ').unwrap_or((language.trim(), ""));
                let (language, note) = (language.to_owned(), note.trim().to_owned());
                open = Some(Block { language, note, line: index + 1, text: String::new() });
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
        let page = Page::parsed("p", format!("```sh\n{text}\n```"));
        let folder = tempfile::tempdir().unwrap();
        let mut shell = std::process::Command::new("sh");
        let status =
            shell.args(["-eu", "-c", &page.blocks[0].script()]).current_dir(folder.path()).status().unwrap();
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
        let page = Page::parsed("p", text.to_owned());
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
    let found: Vec<String> = blocks("a\n```sh\nb\n```\n- c\n  ```sql V1__a.sql\n  d\n  ```\n")
        .iter()
        .map(|block| format!("{} {} {:?} {}", block.line, block.language, block.note, block.text.trim()))
        .collect();
    assert_eq!(found, ["2 sh \"\" b", "6 sql \"V1__a.sql\" d"]);
}
