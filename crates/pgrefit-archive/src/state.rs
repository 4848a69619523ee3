//! How far an archive is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How far an archive is. Each says what is true, not what is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// What the table is has been written down; nothing was changed.
    Planned,
    /// It is no partition (any more).
    Detached,
    /// Its rows are in a file in the work folder, with the digest that the server found under the same snapshot.
    Exported,
    /// The file was read back from the disk, byte by byte and row by row.
    FileVerified,
    /// It was loaded into another server, which found the same digest.
    RestoredVerified,
    /// It is in the store, and was read back from there.
    Uploaded,
    /// Its rows were counted and digested again under a lock, and are those in the store. Left at once for [`Dropped`](Self::Dropped),
    /// in the same transaction, unless the run was told to keep the table.
    Recounted,
    /// The table is gone; its rows are in the store.
    Dropped,
    /// It has been made again from the store, with the same digest, on its own: not yet a partition.
    Loaded,
    /// It is back where it was.
    Restored,
}

impl State {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Planned,
        Self::Detached,
        Self::Exported,
        Self::FileVerified,
        Self::RestoredVerified,
        Self::Uploaded,
        Self::Recounted,
        Self::Dropped,
        Self::Loaded,
        Self::Restored,
    ];

    /// As it stands in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Detached => "detached",
            Self::Exported => "exported",
            Self::FileVerified => "file_verified",
            Self::RestoredVerified => "restored_verified",
            Self::Uploaded => "uploaded",
            Self::Recounted => "recounted",
            Self::Dropped => "dropped",
            Self::Loaded => "loaded",
            Self::Restored => "restored",
        }
    }

    /// Whether the archive is still being made: the rows are those of the table.
    #[must_use]
    pub fn is_open(self) -> bool {
        self < Self::Dropped
    }

    /// Whether a verified object in the store belongs to it.
    #[must_use]
    pub fn is_stored(self) -> bool {
        self >= Self::Uploaded
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or_else(|| format!("there is no state {text:?} of an archive"))
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn every_state_is_read_back_from_its_name() {
        for state in State::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
            assert_eq!(serde_json::to_string(&state).expect("JSON"), format!("\"{state}\""));
        }
        assert!("gone".parse::<State>().is_err());
    }
}
