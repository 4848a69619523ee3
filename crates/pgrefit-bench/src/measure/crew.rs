//! The sessions that measure, and their replacement when one is lost.

use pgrefit_pg::{Connector, Error, ReadOnly};

use crate::Measurement;

pub(super) struct Crew<'a> {
    connector: &'a Connector,
    sessions: Vec<ReadOnly>,
    wanted: usize,
}

impl<'a> Crew<'a> {
    pub(super) async fn open(connector: &'a Connector, wanted: usize) -> Result<Self, Error> {
        let mut crew = Self { connector, sessions: Vec::with_capacity(wanted), wanted };
        crew.mend().await?;
        Ok(crew)
    }

    /// Opens what is missing; tries each once.
    pub(super) async fn mend(&mut self) -> Result<(), Error> {
        while self.sessions.len() < self.wanted {
            self.sessions.push(self.connector.read_only().await?);
        }
        Ok(())
    }

    /// Gives up the sessions after trouble that may have left one of them unusable.
    pub(super) fn dismiss_after(&mut self, measurement: &Measurement) {
        let is_suspect = |sqlstate: &Option<String>| {
            sqlstate.as_deref().is_none_or(|state| state.starts_with("57P") || state.starts_with("08"))
        };
        if measurement.trouble.as_ref().is_some_and(|trouble| is_suspect(&trouble.sqlstate)) {
            self.sessions.clear();
        }
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &ReadOnly> {
        self.sessions.iter()
    }

    pub(super) fn first(&self) -> &ReadOnly {
        &self.sessions[0]
    }

    pub(super) fn version_num(&self) -> u32 {
        self.sessions.first().map_or(0, ReadOnly::version_num)
    }
}
