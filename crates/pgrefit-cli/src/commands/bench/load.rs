//! How the load is put on the database: the options that `run` and `compare` have in common.

use std::time::Duration;

use clap::Args;
use pgrefit_load::{Arrivals, LoadOptions, Pace};

use crate::config::Config;
use crate::span::duration;
use crate::{Failed, production};

/// Connections of an open loop that names none.
const CONNECTIONS: usize = 4;

/// How the load is put on the database.
#[derive(Debug, Args)]
#[command(next_help_heading = "Load")]
pub(super) struct Load {
    /// Open loop: requests a second, whether they are answered or not; each is measured from when it was meant to be sent.
    #[arg(long, value_name = "N", conflicts_with = "closed")]
    rate: Option<f64>,
    /// Send the requests of --rate at even gaps, not at random ones as those of many users are.
    #[arg(long)]
    even: bool,
    /// Closed loop: so many users who wait for an answer before they ask again. Blind to stalls, and not limited in its rate.
    #[arg(long, value_name = "USERS")]
    closed: Option<usize>,
    /// How long a user of --closed thinks between an answer and the next question.
    #[arg(long, value_name = "DURATION", default_value = "0ms", value_parser = duration)]
    think: Duration,
    /// Connections [default: as many as users, or 4]
    #[arg(long, value_name = "N")]
    connections: Option<usize>,
    /// Requests in flight on each connection.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pipeline: usize,
    /// Threads of the driver.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    /// `statement_timeout` of each statement.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    statement_limit: Duration,
    /// Seed of everything that is drawn by lot.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Run the statements that write too. Refused on a production database: see `policy.environment`.
    #[arg(long)]
    write: bool,
    /// Run them on a production database as well.
    #[arg(long)]
    write_to_production: bool,
}

/// What comes when nobody says how much.
pub(super) enum Usual {
    /// So many requests a second.
    Rate(f64),
    /// So many users.
    Users(usize),
}

impl Load {
    /// The options; refused if they would write where that is not allowed.
    pub(super) fn options(
        &self,
        config: &Config,
        usual: &Usual,
        (warm_up, duration): (Duration, Duration),
    ) -> Result<LoadOptions, Failed> {
        let pace = self.pace(usual);
        let users = match pace {
            Pace::Closed { users, .. } => users,
            Pace::Open { .. } => CONNECTIONS,
        };
        Ok(LoadOptions {
            connections: self.connections.unwrap_or(users),
            pace,
            pipeline: self.pipeline,
            threads: self.threads,
            warm_up,
            duration,
            seed: self.seed,
            read_only: !self.writes(config)?,
            statement_limit: self.statement_limit,
            ..LoadOptions::default()
        })
    }

    fn pace(&self, usual: &Usual) -> Pace {
        let arrivals = if self.even { Arrivals::Even } else { Arrivals::Poisson };
        match (self.closed, self.rate, usual) {
            (Some(users), ..) => Pace::Closed { users, think: self.think },
            (None, Some(per_second), _) => Pace::Open { per_second, arrivals },
            (None, None, Usual::Rate(per_second)) => Pace::Open { per_second: *per_second, arrivals },
            (None, None, Usual::Users(users)) => Pace::Closed { users: *users, think: self.think },
        }
    }

    /// Whether statements that write are run.
    fn writes(&self, config: &Config) -> Result<bool, Failed> {
        if self.write || self.write_to_production {
            self.may_write(config, "run statements that write")?;
        }
        Ok(self.write || self.write_to_production)
    }

    /// Refuses to write to a production database, unless that was asked for by its name.
    pub(super) fn may_write(&self, config: &Config, what: &str) -> Result<(), Failed> {
        production::may_write(config, what, self.write_to_production)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::Exit;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        load: Load,
    }

    fn options(arguments: &str, environment: &str, usual: &Usual) -> Result<LoadOptions, Failed> {
        let line =
            Line::try_parse_from(std::iter::once("bench").chain(arguments.split_whitespace())).unwrap();
        let flags = [("policy.environment", environment.to_owned())];
        let config = Config::load(None, &|_| None, &flags).unwrap();
        line.load.options(&config, usual, (Duration::ZERO, Duration::from_secs(1)))
    }

    #[test]
    fn the_pace_is_what_was_asked_for_or_the_usual() {
        let check = |arguments: &str, usual: &Usual, expected: (&str, usize)| {
            let options = options(arguments, "production", usual).unwrap();
            let pace = match options.pace {
                Pace::Open { per_second, arrivals } => format!("{per_second} {arrivals:?}"),
                Pace::Closed { users, think } => format!("{users} users {think:?}"),
            };
            assert_eq!((pace.as_str(), options.connections), expected, "{arguments}");
            assert!(options.read_only);
        };
        check("", &Usual::Rate(50.0), ("50 Poisson", 4));
        check("", &Usual::Users(1), ("1 users 0ns", 1));
        check("--rate 7.5 --even", &Usual::Users(1), ("7.5 Even", 4));
        check("--closed 16 --think 5ms", &Usual::Rate(50.0), ("16 users 5ms", 16));
        check("--closed 16 --connections 8", &Usual::Rate(50.0), ("16 users 0ns", 8));
        assert!(Line::try_parse_from(["bench", "--rate", "5", "--closed", "2"]).is_err());
    }

    #[test]
    fn writes_are_for_databases_that_may_be_lost() {
        let check = |arguments: &str, environment: &str, expected: Result<bool, Exit>| {
            let found = options(arguments, environment, &Usual::Rate(1.0));
            let found = found.map(|options| !options.read_only).map_err(|failed| failed.exit);
            assert_eq!(found, expected, "{arguments} {environment}");
        };
        check("", "disposable", Ok(false));
        check("--write", "disposable", Ok(true));
        check("--write", "staging", Ok(true));
        check("--write", "production", Err(Exit::Refused));
        check("--write-to-production", "production", Ok(true));
        check("--write", "prod", Err(Exit::Usage));
    }
}
