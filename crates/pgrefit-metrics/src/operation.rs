//! How long queries take, by their names.

use std::collections::BTreeMap;
use std::sync::RwLock;
use std::time::Duration;

use crate::catalogue::OPERATION;
use crate::error::Error;
use crate::handle::Histogram;
use crate::pool::Outcome;
use crate::registry::Tables;

/// How many queries get a series of their own.
pub(crate) const QUERIES_MAX: usize = 100;

/// The name of all that came after those.
const THE_REST: &str = "other";

/// Durations of database operations by query.
#[derive(Debug)]
pub struct Operations {
    tables: Tables,
    known: RwLock<BTreeMap<&'static str, [Histogram; 2]>>,
}

impl Operations {
    pub(crate) fn new(tables: Tables) -> Self {
        Self { tables, known: RwLock::default() }
    }

    /// Records one operation. `summary` is a name such as `order by number`, never the query's text: names are kept for good, and
    /// after the first 100 all others share the series `other`.
    ///
    /// # Errors
    /// [`Error::Register`] when the series cannot be made, on its first use.
    pub fn observe(&self, summary: &'static str, outcome: Outcome, duration: Duration) -> Result<(), Error> {
        if let Some(series) = self.read(summary) {
            series[outcome as usize].observe(duration);
            return Ok(());
        }
        self.add(summary)?[outcome as usize].observe(duration);
        Ok(())
    }

    fn read(&self, summary: &str) -> Option<[Histogram; 2]> {
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(summary).cloned()
    }

    fn add(&self, summary: &'static str) -> Result<[Histogram; 2], Error> {
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let named = known.keys().filter(|name| **name != THE_REST).count();
        let name = if named < QUERIES_MAX || known.contains_key(summary) { summary } else { THE_REST };
        if let Some(series) = known.get(name) {
            return Ok(series.clone());
        }
        let one = |outcome: Outcome| self.tables.histogram(&OPERATION, &["postgresql", name, outcome.word()]);
        let series = [one(Outcome::Done)?, one(Outcome::Failed)?];
        known.insert(name, series.clone());
        Ok(series)
    }
}
