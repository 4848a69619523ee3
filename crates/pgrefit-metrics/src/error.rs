//! What can go wrong with metrics.

/// Why a metric could not be made or encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two pools would write the same series.
    #[error("failed to name a pool \"{name}\" for the metrics: there is one of that name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// More pools than a process reasonably has: each costs some 150 series.
    #[error("failed to add the metrics of pool \"{name}\": there are {max} pools already")]
    TooManyPools {
        /// The name of the one too many.
        name: String,
        /// The limit.
        max: usize,
    },
    /// The catalogue and the Prometheus library disagree about a name.
    #[error("failed to register the metric {name}")]
    Register {
        /// The family.
        name: &'static str,
        /// What the library said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The text format could not be written.
    #[error("failed to encode the metrics")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn register(name: &'static str, source: prometheus::Error) -> Self {
        Self::Register { name, source: Box::new(source) }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NameTaken { .. } => Some("give each pool a name of its own"),
            Self::TooManyPools { .. } => Some("share pools instead of making one for each use"),
            Self::Register { .. } | Self::Encode(_) => None,
        }
    }
}
