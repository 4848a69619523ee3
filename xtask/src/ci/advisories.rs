//! Known holes in dependencies, from the database that the Rust project keeps.
//!
//! `PGREFIT_ADVISORY_DB` names the database as a folder, or as a tar.xz of one. Without it, cargo-deny fetches it. Where
//! neither works the check was not made, and says so.

use super::hygiene;
use crate::bounded;
use crate::failure::{Failure, Outcome};
use crate::{tools, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Names the database.
const VARIABLE: &str = "PGREFIT_ADVISORY_DB";

/// Where it is kept.
const UPSTREAM: &str = "https://github.com/rustsec/advisory-db";

/// To fetch it: 3 MB.
const FETCH: Duration = Duration::from_secs(45);

/// For a step with a given one: 1,200 files, on a machine that has other work.
const UNPACK: Duration = Duration::from_mins(2);

pub(super) fn check() -> Outcome<()> {
    let given = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
    let given = given.map(|given| repository(&given)).transpose()?;
    let config = config(&workspace::target("advisories"))?;
    let deny = |words: &[&str]| -> Outcome<Command> {
        let mut deny = tools::command("cargo-deny")?;
        deny.args(["--color=never", "--log-level=warn", "--workspace", "--locked", "--config"]).arg(&config);
        if let Some(given) = &given {
            take_for_upstream(given, &mut deny);
        }
        // git asks for a password where a proxy wants one: there is nobody to answer.
        deny.args(words).env("GIT_TERMINAL_PROMPT", "0");
        Ok(deny)
    };
    // Apart from the check, which fetches it again: so a database that cannot be had is told from a hole that was found.
    let mut fetch = deny(&["fetch", "db"])?;
    if given.is_some() { run(&mut fetch) } else { fetch_from_upstream(&mut fetch) }?;
    hygiene::pass(&mut deny(&["check", "--hide-inclusion-graph", "advisories"])?)
}

/// deny.toml, with a place of its own for the database: that of the user's other projects is left alone.
fn config(dir: &Path) -> Outcome<PathBuf> {
    let text = workspace::read(&workspace::root().join("deny.toml"))?;
    workspace::create_dir(dir)?;
    let config = dir.join("deny.toml");
    workspace::write(&config, with_database(&text, &dir.join("databases"))?)?;
    Ok(config)
}

fn with_database(settings: &str, databases: &Path) -> Outcome<String> {
    let section = "[advisories]\n";
    if !settings.contains(section) {
        return Err(Failure::new("find [advisories] in deny.toml"));
    }
    let databases = databases.to_string_lossy();
    let own =
        format!("{section}db-path = {databases:?}\ndb-urls = [{UPSTREAM:?}]\ngit-fetch-with-cli = true\n");
    Ok(settings.replacen(section, &own, 1))
}

/// A database that somebody named must be there: to skip it would hide a typing error.
fn repository(given: &Path) -> Outcome<PathBuf> {
    let given = std::path::absolute(given).unwrap_or_else(|_| given.to_owned());
    if given.join(".git").exists() {
        return Ok(given);
    }
    let own = workspace::target("advisories").join("given");
    workspace::empty_dir(&own)?;
    let failed = |what: &str| Failure::because(format!("read {VARIABLE}"), what.to_owned());
    let mut copy = if given.is_dir() {
        let mut cp = Command::new("cp");
        cp.arg("-R").arg(given.join(".")).arg(&own);
        cp
    } else if given.is_file() {
        let mut tar = Command::new("tar");
        tar.arg("-xf").arg(&given).arg("-C").arg(&own);
        tar
    } else {
        return Err(failed("there is neither a folder nor a file of that name"));
    };
    run(&mut copy)?;
    let root =
        root_of(&own).ok_or_else(|| failed("it has no folder `crates`: it is not the RustSec database"))?;
    commit(&root)?;
    Ok(root)
}

/// The database itself, or the one folder that an archive has it in.
fn root_of(dir: &Path) -> Option<PathBuf> {
    let is_database = |dir: &Path| dir.join("crates").is_dir();
    if is_database(dir) {
        return Some(dir.to_owned());
    }
    let inside = std::fs::read_dir(dir).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    inside.into_iter().find(|path| is_database(path))
}

/// cargo-deny wants a git repository.
fn commit(root: &Path) -> Outcome<()> {
    if root.join(".git").exists() {
        return Ok(());
    }
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(root).args(["-c", "user.name=pgrefit", "-c", "user.email=pgrefit@localhost"]);
        run(git.args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]).args(words))
    };
    git(&["init", "--quiet"])?;
    git(&["add", "--all", "--force"])?;
    git(&["commit", "--quiet", "--message", "The database as it was given"])
}

/// git takes the given repository for the one that cargo-deny asks for.
fn take_for_upstream(repository: &Path, deny: &mut Command) {
    let key = format!("url.file://{}.insteadOf", repository.display());
    deny.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", key).env("GIT_CONFIG_VALUE_0", UPSTREAM);
}

fn fetch_from_upstream(fetch: &mut Command) -> Outcome<()> {
    let skipped = |cause: String| {
        let cause = format!("{cause}; {VARIABLE} may name a copy of it");
        Failure::unavailable("fetch the database of advisories", cause)
    };
    let ended = bounded::run(fetch, FETCH).map_err(|failure| skipped(failure.chain()))?;
    if ended.success { Ok(()) } else { Err(skipped(ended.last_lines(1))) }
}

fn run(command: &mut Command) -> Outcome<()> {
    let ended = bounded::run(command, UNPACK)?;
    if ended.success {
        return Ok(());
    }
    Err(Failure::because(format!("run {}", command.get_program().display()), ended.last_lines(3)))
}

#[cfg(test)]
mod tests {
    use super::{repository, root_of, with_database};
    use crate::workspace;
    use std::path::Path;

    #[test]
    fn the_settings_are_ours_with_a_database_of_their_own() {
        let check = |settings: &str, expected: Option<&str>| {
            let given = with_database(settings, Path::new("/d"));
            assert_eq!(given.ok().as_deref(), expected, "{settings}");
        };
        check(
            "[graph]\n\n[advisories]\nyanked = \"deny\"\n",
            Some(
                "[graph]\n\n[advisories]\ndb-path = \"/d\"\n\
             db-urls = [\"https://github.com/rustsec/advisory-db\"]\ngit-fetch-with-cli = true\nyanked = \"deny\"\n",
            ),
        );
        check("[bans]\n", None);
    }

    #[test]
    fn a_database_that_was_named_and_is_not_there_is_a_failure() {
        let failure = repository(Path::new("/no/such/database.tar.xz")).expect_err("it is not there");
        assert!(!failure.is_unavailable(), "{}", failure.chain());
    }

    #[test]
    fn the_database_may_be_in_a_folder_of_its_archive() {
        let dir = workspace::target("advisories-test").join(std::process::id().to_string());
        std::fs::create_dir_all(dir.join("advisory-db/crates")).expect("folders");
        assert_eq!(root_of(&dir), Some(dir.join("advisory-db")));
        assert_eq!(root_of(&dir.join("advisory-db")), Some(dir.join("advisory-db")));
        assert_eq!(root_of(&dir.join("advisory-db/crates")), None);
        std::fs::remove_dir_all(&dir).expect("removed");
    }
}
