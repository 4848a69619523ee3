//! The browser that the page of a report is tested in.

use crate::debian;
use crate::failure::Outcome;
use crate::postgres::Versions;
use std::path::PathBuf;

/// The names under which Chromium is installed; the test looks for the same.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Installs Debian's Chromium for a run of all tests, if there is none; says so if the page is tested in no browser.
pub(crate) fn provide(versions: Versions) -> Outcome<()> {
    if is_installed() {
        return Ok(());
    }
    if versions == Versions::All && debian::can_install() {
        debian::update()?;
        return debian::install(&["chromium", "fonts-dejavu-core"]);
    }
    eprintln!(
        "not tested in a browser: there is no Chromium on PATH or in PGREFIT_CHROMIUM; \
         `cargo xtask test --pg all` installs it on Debian, as root"
    );
    Ok(())
}

fn is_installed() -> bool {
    let named = std::env::var_os("PGREFIT_CHROMIUM").is_some_and(|name| !name.is_empty());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    named || folders.any(|folder: PathBuf| NAMES.iter().any(|name| folder.join(name).is_file()))
}
