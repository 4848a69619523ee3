//! Runs a workload with each size of pool, in rounds, so that what changes meanwhile strikes all sizes alike.

mod measure;

use std::time::Duration;

use pgrefit_load::Drawn;
use pgrefit_pg::{Connector, Stop};
use serde::Serialize;

use super::{Connected, Error, Fleet, FleetBudget, Places, Point, sizes};
use crate::Local;

pub(super) use measure::{Bench, measure};

/// How to sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepOptions {
    /// Numbers of users who ask in a closed loop, without thinking; the largest decides.
    pub users: Vec<usize>,
    /// No size above this is tried. What the server has free bounds it too.
    pub size_max: usize,
    /// How often each size is measured; an odd number has a median that was measured.
    pub rounds: usize,
    /// What comes before each measurement and is not counted, in whole seconds, one at least.
    pub warm_up: Duration,
    /// How long each size is measured in each round.
    pub duration: Duration,
    /// `statement_timeout`.
    pub statement_limit: Duration,
    /// Whether the sessions cannot write.
    pub read_only: bool,
    /// Of the order of sizes, of the workload's values, and of resampling.
    pub seed: u64,
    /// Who shares the server's connections.
    pub fleet: Fleet,
    /// The `application_name`s of the application whose pool is sized: its connections are not those of others.
    pub own_applications: Vec<String>,
}

impl Default for SweepOptions {
    /// 64 users, sizes to 64, five rounds of three seconds after one, read-only, 30 s a statement.
    fn default() -> Self {
        Self {
            users: vec![64],
            size_max: 64,
            rounds: 5,
            warm_up: Duration::from_secs(1),
            duration: Duration::from_secs(3),
            statement_limit: Duration::from_secs(30),
            read_only: true,
            seed: 1,
            fleet: Fleet::default(),
            own_applications: Vec::new(),
        }
    }
}

impl Sweep {
    /// The largest size that was measured: the server had room for it.
    #[must_use]
    pub fn size_max(&self) -> usize {
        self.points.iter().map(|point| point.size).max().unwrap_or(1)
    }
}

impl SweepOptions {
    /// How long all of it takes at least.
    #[must_use]
    pub fn takes(&self) -> Duration {
        let runs = sizes(self.size_max).len() * self.users.len() * self.rounds;
        (self.warm_up + self.duration) * u32::try_from(runs).unwrap_or(u32::MAX)
    }

    /// Whether they make sense, before anybody connects.
    ///
    /// # Errors
    /// [`Error::Options`].
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |what| Err(Error::Options { what });
        match () {
            () if self.users.is_empty() || self.users.contains(&0) => wrong("a closed loop needs a user"),
            () if !(1..=100).contains(&self.rounds) => wrong("there are one to a hundred rounds"),
            () if self.size_max < 2 => wrong("there must be two sizes to compare"),
            () if self.duration < Duration::from_secs(1) => {
                wrong("each size is measured for a second at least")
            }
            () => Ok(()),
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sweep {
    /// The workload's name.
    pub workload: String,
    /// All measurements, in their order.
    pub points: Vec<Point>,
    /// The connections of the server.
    pub places: Places,
    /// Who the others are that have some of them.
    pub others: Vec<Connected>,
    /// What each pool of the fleet may have of them.
    pub budget: FleetBudget,
    /// Whether the server is on this machine, so that its CPU was seen.
    pub is_local: bool,
    /// The CPUs of this machine.
    pub cpus: usize,
}

/// Something that happens while a sweep is going on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SweepEvent<'a> {
    /// A measurement is begun.
    Begun {
        /// Which one, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// Connections.
        size: usize,
        /// Users.
        users: usize,
    },
    /// It has ended.
    Measured(&'a Point),
}

/// Measures each size in each round, the sizes of a round in an order drawn by lot.
///
/// Opens as many sessions as the size has, one measurement after the other, read-only unless the options say otherwise; the
/// size is bounded by what `max_connections` has free. Reads `/proc` where the server is on this machine. Takes
/// [`SweepOptions::takes`] at least.
///
/// # Errors
/// [`Error::Options`], [`Error::NoRoom`] before anything runs; [`Error::Load`], [`Error::Failing`] (more than one of twenty
/// requests); [`Error::Stopped`], [`Error::Server`].
pub async fn sweep(
    connector: &Connector,
    drawn: &Drawn,
    options: &SweepOptions,
    stop: &Stop,
    mut on_event: impl FnMut(SweepEvent<'_>),
) -> Result<Sweep, Error> {
    options.check()?;
    let session = connector.read_only().await.map_err(Error::server("connect"))?;
    let own: Vec<&str> = options.own_applications.iter().map(String::as_str).collect();
    let (places, others) = Places::read(&session, &own).await?;
    let local = Local::find(&session).await.map_err(Error::server("see where the server is"))?;
    drop(session);
    let sizes = fitting(options, &places)?;
    let bench = Bench { connector, drawn, options, local, stop };
    let runs = order(options, &sizes);
    let mut points = Vec::with_capacity(runs.len());
    for (index, (round, users, size)) in runs.iter().copied().enumerate() {
        on_event(SweepEvent::Begun { number: index + 1, of: runs.len(), size, users });
        let point = measure(&bench, size, users, round).await?;
        on_event(SweepEvent::Measured(&point));
        points.push(point);
    }
    Ok(Sweep {
        workload: drawn.name().to_owned(),
        points,
        places,
        others,
        budget: places.budget(options.fleet),
        is_local: local.is_some(),
        cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    })
}

/// The sizes that the server has room for, one connection left to look by. More than there are users makes no difference.
fn fitting(options: &SweepOptions, places: &Places) -> Result<Vec<usize>, Error> {
    let available = places.free();
    let room = usize::try_from(available.saturating_sub(1)).unwrap_or(usize::MAX);
    let users = options.users.iter().copied().max().unwrap_or(1);
    let most = options.size_max.min(room).min(users);
    if room < 2 { Err(Error::NoRoom { available }) } else { Ok(sizes(most)) }
}

/// Round, users and size of each measurement.
fn order(options: &SweepOptions, sizes: &[usize]) -> Vec<(usize, usize, usize)> {
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let mut runs = Vec::new();
    for round in 0..options.rounds {
        let mut of_round: Vec<_> = (options.users.iter())
            .flat_map(|users| sizes.iter().map(move |size| (round, *users, *size)))
            .filter(|(_, users, size)| size <= users)
            .collect();
        rng.shuffle(&mut of_round);
        runs.extend(of_round);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{Error, Places, SweepOptions, fitting, order};

    #[test]
    fn sizes_are_bounded_by_the_server_and_the_users() {
        let check =
            |max_connections: u32, others: u32, users: usize, size_max: usize, expected: Option<usize>| {
                // Half of them are those of the application, which are in the way as well.
                let (own, others) = (others / 2, others - others / 2);
                let places = Places { max_connections, superuser_reserved: 3, reserved: 0, others, own };
                let options = SweepOptions { users: vec![1, users], size_max, ..SweepOptions::default() };
                let found = fitting(&options, &places);
                assert_eq!(found.as_ref().ok().and_then(|sizes| sizes.last().copied()), expected);
                assert!(found.is_ok() || matches!(found, Err(Error::NoRoom { .. })));
            };
        check(100, 0, 64, 64, Some(64));
        check(100, 50, 64, 64, Some(46));
        check(100, 0, 10, 64, Some(10));
        check(100, 0, 64, 8, Some(8));
        check(10, 5, 64, 64, None);
    }

    #[test]
    fn every_size_is_in_every_round() {
        let options = SweepOptions { users: vec![2, 8], rounds: 3, ..SweepOptions::default() };
        let mut runs = order(&options, &[1, 2, 4]);
        assert_eq!(runs.len(), 3 * (2 + 3));
        assert!(runs.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        runs.sort_unstable();
        runs.dedup();
        assert_eq!(runs.len(), 15);
    }
}
