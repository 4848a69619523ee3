//! Why manifests could not be judged at all.

use std::io;
use std::path::PathBuf;

/// What stops the linter. A manifest that is wrong is no error but a [`crate::Problem`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file is no YAML, has a key twice, or holds something else than objects.
    #[error("failed to understand {} as YAML", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_yaml_ng::Error,
    },
    /// A document of a file is not an object.
    #[error("failed to find a manifest in document {document} of {}: it is {what}", path.display())]
    NotAnObject {
        /// The file.
        path: PathBuf,
        /// Which document, counted from 1.
        document: usize,
        /// What it is.
        what: &'static str,
    },
    /// The list of what is expected in the cluster is wrong.
    #[error("failed to understand {}", path.display())]
    Expects {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: toml::de::Error,
    },
    /// The page of exit codes has no table that can be read.
    #[error("failed to find the table of exit codes in {}", path.display())]
    ExitCodes {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ExitCodes { .. } => Some("cargo xtask docs"),
            _ => None,
        }
    }
}
