//! How many connections the server has, and how many pools share them.

use pgrefit_pg::ReadOnly;
use serde::{Deserialize, Serialize};

use super::Error;

const CONNECTED: &str = include_str!("fleet/connected.sql");

/// Who has a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// Processes of the application.
    pub replicas: u32,
    /// Those that run besides while a new version is rolled out (`maxSurge`).
    pub surge: u32,
    /// Jobs, migrations and the like that have a pool of the same size.
    pub jobs: u32,
}

/// The connections of the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// `max_connections`.
    pub max_connections: u32,
    /// `superuser_reserved_connections`.
    pub superuser_reserved: u32,
    /// `reserved_connections`, from 16 on.
    pub reserved: u32,
    /// Client backends of others at the time of the look.
    pub others: u32,
    /// Those of the application that is being sized, and of this run: taken now, but not from its pools.
    pub own: u32,
}

/// The client backends of one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connected {
    /// `application_name`; empty for those that give none.
    pub application: String,
    /// How many.
    pub connections: u32,
}

/// What one pool may have at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetBudget {
    /// What all pools together may have.
    pub available: u32,
    /// How many pools there are at most.
    pub pools: u32,
    /// What each may have: (replicas + surge + jobs) × this ≤ available.
    pub pool_max: u32,
}

impl Default for Fleet {
    fn default() -> Self {
        Self { replicas: 1, surge: 0, jobs: 0 }
    }
}

impl Fleet {
    /// How many pools there are at most.
    #[must_use]
    pub fn pools(&self) -> u32 {
        self.replicas.saturating_add(self.surge).saturating_add(self.jobs).max(1)
    }
}

impl Places {
    /// Reads them, and who the others are, the most connections first. A role that may not see of which kind a backend is counts
    /// every one that is in a database: rather too many than too few. Backends whose `application_name` is one of `own` are not
    /// others: the application that is being sized.
    ///
    /// # Errors
    /// [`Error::Server`], [`Error::Answer`].
    pub async fn read(session: &ReadOnly, own: &[&str]) -> Result<(Self, Vec<Connected>), Error> {
        let mut places = Self::settings(session).await?;
        let rows = session.simple(CONNECTED).await.map_err(Error::server("read who is connected"))?;
        let all: Option<Vec<Connected>> = rows.iter().map(|row| Connected::of(row)).collect();
        let all = all.ok_or(Error::Answer { what: "who is connected" })?;
        let (ours, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| own.contains(&it.application.as_str()));
        let sum = |of: &[Connected]| of.iter().map(|it| it.connections).sum();
        (places.own, places.others) = (sum(&ours), sum(&others));
        Ok((places, others))
    }

    async fn settings(session: &ReadOnly) -> Result<Self, Error> {
        let setting = |name: &str| format!("coalesce(pg_catalog.current_setting('{name}', true), '0')");
        let sql = format!(
            "SELECT {}, {}, {}",
            setting("max_connections"),
            setting("superuser_reserved_connections"),
            setting("reserved_connections"),
        );
        let rows =
            session.simple(&sql).await.map_err(Error::server("read how many connections there are"))?;
        let row = rows.first().ok_or(Error::Answer { what: "its connections" })?;
        let number = |column: usize| row.get(column)?.as_deref()?.parse().ok();
        let (Some(max_connections), Some(superuser_reserved), Some(reserved)) =
            (number(0), number(1), number(2))
        else {
            return Err(Error::Answer { what: "its connections" });
        };
        Ok(Self { max_connections, superuser_reserved, reserved, ..Self::default() })
    }

    /// What is left for pools.
    #[must_use]
    pub fn available(&self) -> u32 {
        let taken = self.superuser_reserved.saturating_add(self.reserved).saturating_add(self.others);
        self.max_connections.saturating_sub(taken)
    }

    /// What is free at this moment, as the application has its own connections open.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.available().saturating_sub(self.own)
    }

    /// What each pool of the fleet may have.
    #[must_use]
    pub fn budget(&self, fleet: Fleet) -> FleetBudget {
        let (available, pools) = (self.available(), fleet.pools());
        FleetBudget { available, pools, pool_max: available / pools }
    }
}

impl Connected {
    fn of(row: &[Option<String>]) -> Option<Self> {
        let [Some(application), Some(connections)] = row else { return None };
        Some(Self { application: application.clone(), connections: connections.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fleet, Places};

    #[test]
    fn all_pools_of_a_rollout_fit() {
        let check = |places: [u32; 4], fleet: [u32; 3], expected: u32| {
            let [max_connections, superuser_reserved, reserved, others] = places;
            let places = Places { max_connections, superuser_reserved, reserved, others, own: 0 };
            let [replicas, surge, jobs] = fleet;
            let budget = places.budget(Fleet { replicas, surge, jobs });
            assert_eq!(budget.pool_max, expected);
            let all = budget.pools * budget.pool_max;
            assert!(all <= max_connections.saturating_sub(superuser_reserved + reserved + others));
        };
        check([100, 3, 0, 7], [1, 0, 0], 90);
        check([100, 3, 0, 7], [6, 2, 1], 10);
        check([100, 3, 5, 2], [6, 6, 0], 7);
        check([100, 3, 0, 0], [0, 0, 0], 97);
        check([20, 3, 0, 30], [2, 0, 0], 0);
        check([10, 3, 0, 0], [9, 0, 0], 0);
    }
}
