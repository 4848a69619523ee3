//! The binary under test, run as a user would run it. No output may ever hold a password: every run is checked.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::Database;

/// A call of the binary, without anything of this process's environment that could name a database.
pub(crate) struct Pgrefit {
    command: Command,
    secrets: Vec<String>,
}

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A call with these arguments.
pub(crate) fn pgrefit<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Pgrefit {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgrefit"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("DATABASE_URL") || name.starts_with("PG") || name == "NO_COLOR" {
            command.env_remove(name);
        }
    }
    command.args(arguments).current_dir(std::env::temp_dir()).stdin(Stdio::null());
    // The database of a test can be thrown away; tests of proofs say otherwise.
    command.env("PGREFIT_POLICY_ENVIRONMENT", "disposable");
    Pgrefit { command, secrets: Vec::new() }
}

impl Pgrefit {
    /// With `DATABASE_URL` set to a database, as its superuser.
    pub(crate) fn on(self, database: &Database) -> Self {
        let secret = database.password();
        self.env("DATABASE_URL", database.url()).secret(&secret)
    }

    /// With an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Without an environment variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// In a folder.
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// With a file as standard input.
    pub(crate) fn input(mut self, file: std::fs::File) -> Self {
        self.command.stdin(file);
        self
    }

    /// With a text that no output may hold.
    pub(crate) fn secret(mut self, secret: &str) -> Self {
        self.secrets.push(secret.to_owned());
        self
    }

    /// Runs to the end.
    pub(crate) fn run(mut self) -> Ran {
        let Output { status, stdout, stderr } = self.command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        let ran = Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        for secret in &self.secrets {
            assert!(
                !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
                "the password was printed: {ran:?}"
            );
        }
        ran
    }

    /// Starts, and leaves it to the caller to wait or kill.
    pub(crate) fn start(mut self) -> Child {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Ran {
    /// Fails the test unless the call ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless standard error holds every part, wherever its lines were wrapped.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        assert_holds(&self.stderr, parts);
        self
    }

    /// Fails the test unless standard output holds every part, wherever its lines were wrapped.
    #[track_caller]
    pub(crate) fn shows(self, parts: &[&str]) -> Self {
        assert_holds(&self.stdout, parts);
        self
    }
}

#[track_caller]
fn assert_holds(text: &str, parts: &[&str]) {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(flat(text).contains(&flat(part)), "{part:?} is missing in\n{text}");
    }
}
