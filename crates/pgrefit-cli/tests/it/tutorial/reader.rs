//! Somebody who follows a page: writes the files that it shows, types its commands in one terminal, and compares.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use tempfile::TempDir;

use super::console::{self, Call};
use crate::harness::Database;
use crate::page::{Block, Page, shell};

/// A folder and a terminal, in which variables stay from command to command.
pub(crate) struct Reader {
    folder: TempDir,
    programs: Option<PathBuf>,
    environment: Vec<(String, String)>,
    /// What must never be printed.
    secret: Option<String>,
}

/// How a command ended.
struct Ended {
    code: i32,
    printed: String,
}

impl Reader {
    /// With an empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), programs: None, environment: Vec::new(), secret: None }
    }

    /// With a database in libpq's variables, and the programs of its server.
    pub(crate) fn on(mut self, database: &Database) -> Self {
        let psql = database.server.binaries().program("psql").expect("the server's programs have psql");
        self.programs = psql.parent().map(PathBuf::from);
        let port = database.server.port().to_string();
        let reader = self.with("PGHOST", "127.0.0.1").with("PGPORT", &port);
        let reader = reader.with("PGUSER", database.server.user()).with("PGDATABASE", &database.name);
        reader.with("PGPASSWORD", &database.password()).secret(&database.password())
    }

    /// With a variable of the environment.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a text that no command may print.
    pub(crate) fn secret(mut self, secret: &str) -> Self {
        self.secret = Some(secret.to_owned());
        self
    }

    /// Follows a page from begin to end, and fails the test at the first line that is not as the page says.
    #[track_caller]
    pub(crate) fn follow(&self, page: &Page) {
        assert!(page.blocks.iter().any(|block| block.language == "console"), "a page without a command");
        for block in &page.blocks {
            match block.language.as_str() {
                "console" => self.type_in(block),
                "sql" | "toml" if !block.note.is_empty() => self.write(&block.note, &block.text),
                _ => assert_eq!(block.hides(), None, "line {}", block.line),
            }
        }
    }

    /// Whether a run has left evidence with this file.
    pub(crate) fn has_evidence(&self, file: &str) -> bool {
        let runs = fs::read_dir(self.folder.path().join("pgrefit")).unwrap();
        runs.map(|run| run.unwrap().path().join(file)).any(|path| path.is_file())
    }

    /// Puts a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[track_caller]
    fn type_in(&self, block: &Block) {
        let calls = console::calls(block);
        let mut before = 0;
        for (index, call) in calls.iter().enumerate() {
            let ended = self.run(call, before);
            let is_asked_for = calls.get(index + 1).is_some_and(Call::asks_for_the_code);
            let said = format!("line {}: $ {}\n{}", call.line, call.command, ended.printed);
            assert!(ended.code == 0 || is_asked_for, "exit code {}: {said}", ended.code);
            assert!(call.prints(&ended.printed), "it prints something else: {said}");
            let secret = self.secret.as_deref().unwrap_or("\0");
            assert!(!ended.printed.contains(secret), "a password is printed: {said}");
            before = ended.code;
        }
    }

    /// Runs a command behind one that ended with this code.
    fn run(&self, call: &Call, before: i32) -> Ended {
        let state = ".terminal";
        let script = format!(
            "exec 2>&1\nset -a\n[ ! -f {state} ] || . ./{state}\n(exit {before})\n{}\ncode=$?\nexport -p > {state}\nexit $code\n",
            call.command
        );
        let mut shell = shell(self.folder.path(), self.programs.as_deref().as_slice());
        shell.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let Output { status, stdout, .. } = shell.args(["-c", &script]).output().unwrap();
        Ended { code: status.code().unwrap_or(-1), printed: String::from_utf8(stdout).unwrap() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Reader};

    fn follow(text: &str) {
        Reader::new().with("SECRET", "s3cr3t").secret("s3cr3t").follow(&Page::parsed("p", text.to_owned()));
    }

    #[test]
    fn variables_files_and_codes_are_those_of_one_terminal() {
        follow(
            "```sql a/b.sql\nSELECT 1;\n```\n```console\n$ cat a/b.sql\nSELECT 1;\n$ X='y z'\n$ echo \"$X\"\ny z\n```",
        );
        follow("```console\n$ (exit 7)\n$ echo $?\n7\n$ true\n```");
        follow("```console\n$ echo a >&2\na\n```\n```text\nnot run\n```");
    }

    #[test]
    #[should_panic(expected = "exit code 7")]
    fn a_command_that_fails_unannounced_fails_the_page() {
        follow("```console\n$ (exit 7)\n```");
    }

    #[test]
    #[should_panic(expected = "it prints something else")]
    fn another_output_fails_the_page() {
        follow("```console\n$ echo a\nb\n```");
    }

    #[test]
    #[should_panic(expected = "a password is printed")]
    fn a_printed_password_fails_the_page() {
        follow("```console\n$ echo $SECRET\n…\n```");
    }

    #[test]
    #[should_panic(expected = "line 1")]
    fn a_block_that_is_neither_run_nor_shown_fails_the_page() {
        follow("```sql\nSELECT 1;\n```\n```console\n$ true\n```");
    }
}
