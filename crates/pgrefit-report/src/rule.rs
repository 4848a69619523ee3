//! What is known of a check besides its findings: what it is for, how it ended, and what it could not see.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::Status;

/// A check, for the forms that list checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Id of the check, as in [`Finding::check`](crate::Finding::check).
    pub id: String,
    /// The problem, in a few words.
    pub title: String,
    /// The whole explanation, in Markdown.
    pub help: String,
    /// Its page.
    pub uri: Option<String>,
    /// Its id in a catalogue of checks: "IDX-01".
    pub code: Option<String>,
    /// What it is among: "Indexes".
    pub group: Option<String>,
    /// How it ended; `None` if the command does not say.
    pub status: Option<Status>,
    /// How many objects it saw, of how many there are.
    pub seen: Option<(u64, u64)>,
    /// Why it did not see all, or was left out.
    pub note: Option<String>,
    /// The statement that would let it see.
    pub grant: Option<String>,
}

impl RuleInfo {
    /// A check of which no more is known; the builder methods add the rest.
    pub fn new(id: impl Into<String>, title: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            help: help.into(),
            uri: None,
            code: None,
            group: None,
            status: None,
            seen: None,
            note: None,
            grant: None,
        }
    }

    /// Says where its page is.
    #[must_use]
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = Some(uri.into());
        self
    }

    /// Names it as a catalogue of checks does.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Says what it is among.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Says how it ended.
    #[must_use]
    pub fn ended(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// Says how many objects it saw, of how many there are.
    #[must_use]
    pub fn seen(mut self, seen: u64, total: u64) -> Self {
        self.seen = Some((seen, total));
        self
    }

    /// Says why it did not see all, or was left out.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Gives the statement that would let it see.
    #[must_use]
    pub fn grant(mut self, grant: impl Into<String>) -> Self {
        self.grant = Some(grant.into());
        self
    }

    /// How many objects it did not see.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        self.seen.map_or(0, |(seen, total)| total.saturating_sub(seen))
    }
}

/// An entry of the list `checks` of the JSON form.
impl Serialize for RuleInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Visible {
            seen: u64,
            total: u64,
        }
        let mut map = serializer.serialize_struct("RuleInfo", 8)?;
        map.serialize_field("id", &self.id)?;
        map.serialize_field("code", &self.code)?;
        map.serialize_field("title", &self.title)?;
        map.serialize_field("group", &self.group)?;
        map.serialize_field("status", &self.status)?;
        map.serialize_field("visible", &self.seen.map(|(seen, total)| Visible { seen, total }))?;
        map.serialize_field("note", &self.note)?;
        map.serialize_field("grant", &self.grant)?;
        map.end()
    }
}
