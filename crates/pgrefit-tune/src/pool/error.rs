//! What can go wrong with a sweep.

/// Why a pool was not measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server, or the way to it.
    #[error("failed to {what}")]
    Server {
        /// What was tried.
        what: String,
        /// What was said.
        #[source]
        source: pgrefit_pg::Error,
    },
    /// The answer of the server is not what was asked for.
    #[error("failed to understand what the server says of {what}")]
    Answer {
        /// Of what.
        what: &'static str,
    },
    /// A load did not run.
    #[error("failed to measure a pool of {size}")]
    Load {
        /// The size.
        size: usize,
        /// Why not.
        #[source]
        source: pgrefit_load::Error,
    },
    /// Too much of a load failed for its times to mean anything.
    #[error("failed to measure a pool of {size}: {failed} of {all} requests failed ({kinds})")]
    Failing {
        /// The size.
        size: usize,
        /// How many failed.
        failed: u64,
        /// Of how many.
        all: u64,
        /// Of which kinds.
        kinds: String,
    },
    /// The server has no connections left for a sweep.
    #[error(
        "failed to sweep: {available} of the server's connections are free, and a sweep needs two at least"
    )]
    NoRoom {
        /// How many are free.
        available: u32,
    },
    /// What is asked for makes no sense.
    #[error("failed to plan the sweep: {what}")]
    Options {
        /// What is wrong.
        what: &'static str,
    },
    /// It was asked to stop.
    #[error("failed to finish: it was asked to stop")]
    Stopped,
}

impl Error {
    /// An adaptor for `map_err`.
    pub(crate) fn server(what: impl Into<String>) -> impl FnOnce(pgrefit_pg::Error) -> Self {
        let what = what.into();
        move |source| Self::Server { what, source }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let own = match self {
            Self::Server { source, .. } => return source.hint(),
            Self::Load { source, .. } => return source.hint(),
            Self::Failing { .. } => "run the workload by itself, and see why it fails",
            Self::NoRoom { .. } => "end connections of others, or raise max_connections",
            Self::Stopped => "run it again: nothing is kept of a sweep that was not finished",
            Self::Answer { .. } | Self::Options { .. } => return None,
        };
        Some(own.to_owned())
    }
}
