//! A judgement as data: what is in the way of a conversion, what is lost by it with somebody's consent, what to know.

use pgrefit_catalog::Name;

/// What becomes of a table that is converted, said before anything is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The table.
    pub table: Name,
    /// What is in the way. Nothing is generated while there is any.
    pub refusals: Vec<Finding>,
    /// What cannot be preserved and is accepted by name.
    pub accepted: Vec<Finding>,
    /// What to know.
    pub remarks: Vec<Finding>,
    /// Names in `accept` that are names of nothing here.
    pub unused: Vec<String>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A kind and what it is about: `unique:documents_pkey`. What can be accepted is accepted by this name.
    pub name: String,
    /// Where: `public.documents.documents_pkey`.
    pub place: String,
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub todo: String,
    /// Whether it is a loss that somebody may accept.
    pub acceptable: bool,
}

impl Finding {
    pub(crate) fn new(
        name: impl Into<String>,
        place: impl Into<String>,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            place: place.into(),
            what: what.into(),
            todo: todo.into(),
            acceptable: false,
        }
    }

    /// The same as something that may be accepted.
    pub(crate) fn acceptable(self) -> Self {
        Self { acceptable: true, ..self }
    }
}

impl Judgement {
    /// Whether files can be generated.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.refusals.is_empty()
    }

    /// Whether the loss of this name is accepted, and there is one.
    #[must_use]
    pub fn accepts(&self, name: &str) -> bool {
        self.accepted.iter().any(|finding| finding.name == name)
    }
}
