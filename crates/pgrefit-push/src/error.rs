//! What can go wrong with sending metrics. No variant has the user's part of a URL, which may hold a password.

/// Why metrics were not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is no URL of a web server.
    #[error("failed to understand where to send metrics: {why}")]
    Target {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A header is none.
    #[error("failed to understand the headers for {to}: they are not name=value, separated by commas")]
    Headers {
        /// Who would get them.
        to: String,
    },
    /// The metrics could not be written as text.
    #[error("failed to send metrics to {to}")]
    Metrics {
        /// Who would get them.
        to: String,
        /// Why not.
        #[source]
        source: pgrefit_metrics::Error,
    },
    /// Nobody answered in time, or not as a web server does.
    #[error("failed to send metrics to {to}")]
    Send {
        /// Who should get them.
        to: String,
        /// What the client said, without the URL.
        #[source]
        source: reqwest::Error,
    },
    /// Somebody answered that these metrics are not taken.
    #[error("failed to send metrics to {to}: it answered {status}: {answer}")]
    Refused {
        /// Who does not take them.
        to: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer, in one line.
        answer: String,
    },
}

impl Error {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Target { .. } => Some("give the address as http://host:port or https://host:port"),
            Self::Headers { .. } => Some("OTEL_EXPORTER_OTLP_HEADERS is name=value,name=value"),
            Self::Refused { status: 401 | 403, .. } => {
                Some("put the user and the password into the URL, and the URL into a variable")
            }
            Self::Refused { status: 404 | 405, .. } => {
                Some("give the address without the path: /metrics/job/… and /v1/metrics are put behind it")
            }
            Self::Metrics { .. } | Self::Send { .. } | Self::Refused { .. } => None,
        }
    }
}
