//! One setting that should have another value.

use serde::Serialize;

/// What should be set, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The setting.
    pub name: String,
    /// What it is now, as people write it: `128MB`.
    pub now: String,
    /// What it should be, as people write it and the server reads it.
    pub value: String,
    /// The same as `pg_settings` shows it: in the setting's unit.
    pub raw: String,
    /// When it takes effect.
    pub takes: Takes,
    /// What it rests on, in one sentence.
    pub reason: String,
    /// Where the rule comes from.
    pub source: &'static str,
    /// What to know before it is set.
    pub caveats: Vec<String>,
}

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Takes {
    /// With `pg_reload_conf()`.
    Reload,
    /// With a restart of the server.
    Restart,
}

impl Takes {
    /// `reload` or `restart`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Restart => "restart",
        }
    }
}
