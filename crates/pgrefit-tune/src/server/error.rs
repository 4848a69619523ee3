//! What can go wrong with settings.

use std::time::Duration;

/// Why settings were not read, tried or applied.
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
    /// This role does not see what stands in `postgresql.auto.conf`, so that there is no way back.
    #[error("failed to see which settings ALTER SYSTEM has made already: nothing was changed")]
    PriorUnknown,
    /// This role may not have the server read its files again: all would be set, and nothing in force.
    #[error("failed to see the right to have the server read its files again: nothing was changed")]
    NoReload,
    /// Somebody else has changed the settings since they were read.
    #[error("failed to apply the settings: {name} was changed since it was read; nothing was changed")]
    Moved {
        /// The setting.
        name: String,
    },
    /// A setting was refused; those before it were taken back.
    #[error("failed to set {name}; {}", left(*undone))]
    Refused {
        /// The setting.
        name: String,
        /// Whether those before it were taken back.
        undone: bool,
        /// What the server said.
        #[source]
        source: pgrefit_pg::Error,
    },
    /// The server was told to read its files again, and does not show the values.
    #[error("failed to see {} within {} s after the reload", names.join(", "), waited.as_secs())]
    NotTaken {
        /// The settings.
        names: Vec<String>,
        /// How long was waited.
        waited: Duration,
    },
    /// All of them were set, and then it failed; they were taken back.
    #[error("failed to put the settings in force; {}", left(*undone))]
    NotInForce {
        /// Whether they were taken back.
        undone: bool,
        /// Why.
        #[source]
        source: Box<Self>,
    },
    /// It was asked to stop before anything was changed, or what was changed was taken back.
    #[error("failed to finish: it was asked to stop; {}", left(*undone))]
    Stopped {
        /// Whether nothing is changed.
        undone: bool,
    },
    /// The scratch server did not start, with or without the settings.
    #[error("failed to {what} on a scratch server")]
    Scratch {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        source: Box<pgrefit_scratch::Error>,
    },
}

/// What became of what was set.
fn left(undone: bool) -> &'static str {
    if undone { "nothing is changed" } else { "what was set is still set" }
}

impl Error {
    /// An adaptor for `map_err`.
    pub(crate) fn server(what: impl Into<String>) -> impl FnOnce(pgrefit_pg::Error) -> Self {
        let what = what.into();
        move |source| Self::Server { what, source }
    }

    /// The same for a scratch server.
    pub(crate) fn scratch(what: &'static str) -> impl FnOnce(pgrefit_scratch::Error) -> Self {
        move |source| Self::Scratch { what, source: Box::new(source) }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Server { source, .. } => source.hint(),
            Self::Scratch { source, .. } => source.hint(),
            Self::PriorUnknown => Some(
                "GRANT SELECT ON pg_catalog.pg_file_settings and EXECUTE ON FUNCTION \
                 pg_catalog.pg_show_all_file_settings() to the role, or be a superuser"
                    .to_owned(),
            ),
            Self::NoReload => Some(
                "GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() to the role, or be a superuser".to_owned(),
            ),
            Self::Moved { .. } => Some("judge the settings again".to_owned()),
            Self::Refused { undone: false, .. }
            | Self::NotInForce { undone: false, .. }
            | Self::Stopped { undone: false } => Some(
                "run the reset script: it takes out what was set, and restores what ALTER SYSTEM had set before"
                    .to_owned(),
            ),
            Self::Refused { source, .. } => source.hint().or_else(|| {
                Some(
                    "ALTER SYSTEM needs a superuser, or, from 15 on, GRANT ALTER SYSTEM ON PARAMETER, and EXECUTE ON \
                     FUNCTION pg_catalog.pg_reload_conf()"
                        .to_owned(),
                )
            }),
            Self::NotInForce { source, .. } => source.hint(),
            Self::NotTaken { .. } => Some(
                "the server's log says why, such as a line of its files that it does not understand".to_owned(),
            ),
            Self::Stopped { .. } => Some("run it again".to_owned()),
            Self::Answer { .. } => None,
        }
    }
}
