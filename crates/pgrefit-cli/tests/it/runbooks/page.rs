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

    /// Fails the test if a block that is not run has a command.
    pub(super) fn assert_no_command_is_hidden(&self) {
        for block in self.blocks.iter().filter(|block| block.language != RUN) {
            let place = format!("{}.md:{}", self.name, block.line);
            assert!(SHOWN.contains(&block.language.as_str()), "{place}: a block of {:?}", block.language);
            let hidden = block.text.lines().find(|line| is_command(line));
            assert!(hidden.is_none(), "{place}: {hidden:?} is not run: make it a block of {RUN}");
        }
    }
}

impl Block {
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
            (None, Some(block)) => block.text += &format!("{line}\n"),
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
fn blocks_are_found_with_their_language() {
    let found: Vec<String> = blocks("a\n```sh\nb\n```\n- c\n  ```text\n  d\n  ```\n")
        .iter()
        .map(|block| format!("{} {} {}", block.line, block.language, block.text.trim()))
        .collect();
    assert_eq!(found, ["2 sh b", "6 text d"]);
}
