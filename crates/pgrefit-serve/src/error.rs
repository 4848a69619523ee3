//! Why the exporter does not serve. What is wrong with a database is no error of the exporter: it is what it tells.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the exporter does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Others than this machine would see the status, and nothing keeps them out.
    #[error(
        "failed to listen at {address}: it can be reached from other machines, and no token is asked for"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened at.
    #[error("failed to listen at {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A token that anybody can guess.
    #[error("failed to use the token in {}: it has {length} characters, fewer than {min}", path.display())]
    WeakToken {
        /// The file.
        path: PathBuf,
        /// How long it is.
        length: usize,
        /// How long it must be.
        min: usize,
    },
    /// Certificate and key cannot be used.
    #[error("failed to use the certificate {} with its key", path.display())]
    Tls {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is nothing to watch.
    #[error("failed to find a database to watch")]
    NoTargets,
    /// More than one exporter takes.
    #[error("failed to watch {count} databases: one exporter takes {max}")]
    TooManyTargets {
        /// How many there are.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// Two databases would write the same series.
    #[error("failed to tell two databases apart: both are called \"{name}\"")]
    NameTaken {
        /// The name.
        name: String,
    },
}

impl Error {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exposed { .. } => Some(
                "ask for a token with --token-file, or say --open where the network itself keeps others out; with a token, \
                 --tls-cert and --tls-key keep it from being read on the way",
            ),
            Self::Listen { .. } => {
                Some("another process may listen there; --listen names another address or port")
            }
            Self::Read { .. } | Self::NoTargets => None,
            Self::WeakToken { .. } => Some("`head -c 32 /dev/urandom | base64 > token` makes a good one"),
            Self::Tls { .. } => {
                Some("both are PEM; the key is the one that the first certificate was made with")
            }
            Self::TooManyTargets { .. } => Some("share the list among several exporters"),
            Self::NameTaken { .. } => Some("give each database a name of its own in the list"),
        }
    }
}
