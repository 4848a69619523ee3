//! Packages of Debian that tests need, installed where that is possible.

use crate::failure::Outcome;
use crate::shell;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether packages can be installed: it takes root and apt.
pub(crate) fn can_install() -> bool {
    let root = shell::first_line(Command::new("id").arg("-u")).as_deref() == Some("0");
    root && Path::new("/usr/bin/apt-get").exists()
}

/// Reads the lists of packages anew.
pub(crate) fn update() -> Outcome<()> {
    apt_get(&["update", "--quiet"])
}

/// Installs packages with what they cannot do without.
pub(crate) fn install(packages: &[&str]) -> Outcome<()> {
    apt_get(&[&["install", "--yes", "--quiet", "--no-install-recommends"], packages].concat())
}

fn apt_get(words: &[&str]) -> Outcome<()> {
    let mut apt = Command::new("apt-get");
    // No service may be started by a package's installation.
    apt.args(words).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    shell::succeed(apt.stdout(Stdio::from(std::io::stderr())))
}
