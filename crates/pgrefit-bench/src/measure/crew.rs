//! The sessions that measure, and their replacement when one is lost.

use pgrefit_pg::{Connector, Error, ReadOnly};

use crate::Measurement;

pub(super) struct Crew<'a> {
    connector: &'a Connector,
    sessions: Vec<ReadOnly>,
    wanted: usize,
    version_num: u32,
}

impl<'a> Crew<'a> {
    /// Nothing is open yet.
    pub(super) fn new(connector: &'a Connector, wanted: usize) -> Self {
        Self { connector, sessions: Vec::with_capacity(wanted), wanted, version_num: 0 }
    }

    /// Opens what is missing; tries each once.
    pub(super) async fn mend(&mut self) -> Result<(), Error> {
        while self.sessions.len() < self.wanted {
            let session = self.connector.read_only().await?;
            self.version_num = session.version_num();
            self.sessions.push(session);
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

    /// None if nothing is open, because somebody asked to stop.
    pub(super) fn first(&self) -> Option<&ReadOnly> {
        self.sessions.first()
    }

    /// Of the session that was opened last; 0 if none was.
    pub(super) fn version_num(&self) -> u32 {
        self.version_num
    }
}
