//! `pgrefit tune server --save`: the script as a file, and the way back beside it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pgrefit_report::Fact;
use pgrefit_tune::server::Scripts;

use crate::context::shown;
use crate::output::write_beside;
use crate::{Exit, Failed};

/// Where they go.
pub(super) struct Files {
    set: PathBuf,
    reset: PathBuf,
}

impl Files {
    pub(super) fn new(path: &Path) -> Self {
        Self { set: path.to_owned(), reset: path.with_extension("reset.sql") }
    }

    /// A way back that an earlier run has written may be the only one: that of what is set now. It is not overwritten, unless it
    /// is the same.
    pub(super) fn check(&self, scripts: &Scripts) -> Result<(), Failed> {
        match std::fs::read(&self.reset) {
            Ok(found) if found == scripts.reset_text().as_bytes() => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            _ => Err(self.kept()),
        }
    }

    fn kept(&self) -> Failed {
        let reset = shown(&self.reset);
        let message =
            format!("failed to write {reset}: it is there already, and leads back to something else");
        Failed::new(Exit::Usage, message).hint(
            "it may be the only way back from what is set: give --save another name, or move it elsewhere",
        )
    }

    /// The way back first.
    pub(super) fn write(&self, scripts: &Scripts) -> Result<(), Failed> {
        self.check(scripts)?;
        write(&self.reset, &scripts.reset_text())?;
        write(&self.set, &scripts.set_text())
    }

    pub(super) fn facts(&self) -> [Fact; 2] {
        [
            Fact::new("script", "script", shown(&self.set)),
            Fact::new("reset_script", "the way back", shown(&self.reset)),
        ]
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    write_beside(path, text)
        .map_err(|error| Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display())))
}
