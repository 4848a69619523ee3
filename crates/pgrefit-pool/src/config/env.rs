//! A pool as environment variables describe it.

use std::str::FromStr;
use std::time::Duration;

use pgrefit_pg::Settings;

use super::{PoolConfig, Pooling, span};
use crate::Error;

/// Where to connect, and how the pool behaves.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Where to connect. Neither `Debug` nor any method reveals the password.
    pub connection: Settings,
    /// How the pool behaves.
    pub pool: PoolConfig,
}

impl PoolSettings {
    /// Reads the process' environment: `DATABASE_URL`, libpq's `PG…` and `PGREFIT_POOL_…`.
    ///
    /// # Errors
    /// As [`PoolSettings::resolve`].
    pub fn from_env() -> Result<Self, Error> {
        Self::resolve(&|name| std::env::var(name).ok())
    }

    /// Resolves `DATABASE_URL`, then libpq's variables, for the connection; and for the pool, each a field of [`PoolConfig`]:
    /// `PGREFIT_POOL_NAME`, `_CONNECTIONS_MAX`, `_CONNECTIONS_MIN`, `_WAIT_TIMEOUT`, `_CREATE_TIMEOUT`, `_RECYCLE_TIMEOUT`,
    /// `_LIFETIME_MAX`, `_LIFETIME_JITTER_PERCENT`, `_IDLE_MAX`, `_CHECK_AFTER`, `_SETTLE`, `_STATEMENTS_MAX`,
    /// `_STATEMENT_TIMEOUT`, `_IDLE_IN_TRANSACTION_TIMEOUT`, `_LOCK_TIMEOUT`, `_APPLICATION_NAME`, `_POOLING`
    /// (`session` or `transaction`) and `_RESET_ON_RETURN` (`true` or `false`). Durations are written `500ms`, `2s`, `10min`; a bare
    /// number is milliseconds. An empty variable is as good as none.
    ///
    /// Reads also the service and password files that libpq reads; connects to nothing.
    ///
    /// # Errors
    /// [`Error::Settings`] for the connection, [`Error::Variable`] and [`Error::Config`] for the pool.
    pub fn resolve(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let url = lookup("DATABASE_URL").filter(|url| !url.is_empty());
        let connection = Settings::resolve(url.as_deref(), lookup).map_err(Error::Settings)?;
        let pool = Variables(lookup).config()?;
        pool.validate()?;
        Ok(Self { connection, pool })
    }
}

struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn config(&self) -> Result<PoolConfig, Error> {
        let default = PoolConfig::default();
        Ok(PoolConfig {
            name: self.text("NAME").unwrap_or(default.name),
            connections_max: self.number("CONNECTIONS_MAX", default.connections_max)?,
            connections_min: self.number("CONNECTIONS_MIN", default.connections_min)?,
            wait_timeout: self.span("WAIT_TIMEOUT", default.wait_timeout)?,
            create_timeout: self.span("CREATE_TIMEOUT", default.create_timeout)?,
            recycle_timeout: self.span("RECYCLE_TIMEOUT", default.recycle_timeout)?,
            lifetime_max: self.span("LIFETIME_MAX", default.lifetime_max)?,
            lifetime_jitter_percent: self
                .number("LIFETIME_JITTER_PERCENT", default.lifetime_jitter_percent)?,
            idle_max: self.span("IDLE_MAX", default.idle_max)?,
            check_after: self.span("CHECK_AFTER", default.check_after)?,
            settle: self.span("SETTLE", default.settle)?,
            statements_max: self.number("STATEMENTS_MAX", default.statements_max)?,
            statement_timeout: self.span("STATEMENT_TIMEOUT", default.statement_timeout)?,
            idle_in_transaction_timeout: self
                .span("IDLE_IN_TRANSACTION_TIMEOUT", default.idle_in_transaction_timeout)?,
            lock_timeout: self.span("LOCK_TIMEOUT", default.lock_timeout)?,
            application_name: self.text("APPLICATION_NAME"),
            pooling: self.pooling()?,
            reset_on_return: self.flag("RESET_ON_RETURN", default.reset_on_return)?,
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.0)(&variable(name)).filter(|text| !text.is_empty())
    }

    fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, Error> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.trim().parse().map_err(|_| wrong(name, "is not a number in range"))
    }

    fn span(&self, name: &str, default: Duration) -> Result<Duration, Error> {
        let Some(text) = self.text(name) else { return Ok(default) };
        span::parse(&text).ok_or_else(|| wrong(name, "is not a duration such as 500ms, 2s or 10min"))
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool, Error> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.trim().parse().map_err(|_| wrong(name, "is neither true nor false"))
    }

    fn pooling(&self) -> Result<Pooling, Error> {
        match self.text("POOLING").as_deref() {
            None | Some("session") => Ok(Pooling::Session),
            Some("transaction") => Ok(Pooling::Transaction),
            Some(_) => Err(wrong("POOLING", "is neither session nor transaction")),
        }
    }
}

fn variable(name: &str) -> String {
    format!("PGREFIT_POOL_{name}")
}

/// The value is not repeated: a URL might have got into the wrong variable.
fn wrong(name: &str, what: &'static str) -> Error {
    Error::Variable { name: variable(name), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(variables: &[(&str, &str)]) -> Result<PoolSettings, Error> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        PoolSettings::resolve(&lookup)
    }

    const URL: (&str, &str) = ("DATABASE_URL", "postgres://u:secret@h:7/d");

    #[track_caller]
    fn check(name: &str, value: &str, expected: Result<fn(&mut PoolConfig), &str>) {
        let resolved = resolve(&[URL, (name, value)]);
        match (resolved, expected) {
            (Ok(settings), Ok(change)) => {
                let mut wanted = PoolConfig::default();
                change(&mut wanted);
                assert_eq!(settings.pool, wanted);
            }
            (Err(error), Err(text)) => assert_eq!(error.to_string(), text),
            (resolved, _) => panic!("{name}={value}: {resolved:?}"),
        }
    }

    #[test]
    fn variables_become_fields() {
        check("PGREFIT_POOL_NAME", "shop", Ok(|c| c.name = "shop".to_owned()));
        check("PGREFIT_POOL_NAME", "", Ok(|_| {}));
        check("PGREFIT_POOL_CONNECTIONS_MAX", "25", Ok(|c| c.connections_max = 25));
        check("PGREFIT_POOL_WAIT_TIMEOUT", "250ms", Ok(|c| c.wait_timeout = Duration::from_millis(250)));
        check("PGREFIT_POOL_STATEMENT_TIMEOUT", "0", Ok(|c| c.statement_timeout = Duration::ZERO));
        check("PGREFIT_POOL_POOLING", "transaction", Ok(|c| c.pooling = Pooling::Transaction));
        check("PGREFIT_POOL_RESET_ON_RETURN", "true", Ok(|c| c.reset_on_return = true));
        check("PGREFIT_POOL_APPLICATION_NAME", "a b", Ok(|c| c.application_name = Some("a b".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_named_but_not_repeated() {
        check(
            "PGREFIT_POOL_CONNECTIONS_MAX",
            "postgres://u:secret@h/d",
            Err("failed to understand PGREFIT_POOL_CONNECTIONS_MAX: it is not a number in range"),
        );
        check(
            "PGREFIT_POOL_IDLE_MAX",
            "soon",
            Err(
                "failed to understand PGREFIT_POOL_IDLE_MAX: it is not a duration such as 500ms, 2s or 10min",
            ),
        );
        check(
            "PGREFIT_POOL_POOLING",
            "statement",
            Err("failed to understand PGREFIT_POOL_POOLING: it is neither session nor transaction"),
        );
        check(
            "PGREFIT_POOL_CONNECTIONS_MAX",
            "0",
            Err("failed to make a pool: connections_max must be from 1 to 10000"),
        );
    }

    #[test]
    fn the_connection_comes_from_the_url_or_libpq_variables() {
        let settings = resolve(&[URL]).expect("resolved");
        assert_eq!(settings.connection.first_host(), ("h".to_owned(), 7));
        let settings =
            resolve(&[("PGHOST", "x"), ("PGUSER", "u"), ("PGPASSWORD", "secret")]).expect("resolved");
        assert_eq!(settings.connection.first_host().0, "x");
        assert!(!format!("{settings:?}").contains("secret"));
        assert!(matches!(resolve(&[]), Err(Error::Settings(_))));
    }

    /// The variables of docs/pool.md with the defaults that it gives.
    fn documented() -> Vec<(&'static str, &'static str)> {
        let rows = include_str!("../../../../docs/pool.md").lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `PGREFIT_POOL_")?.split_once("` | ")?;
            Some((name, rest.split_once(" |")?.0))
        });
        rows.collect()
    }

    #[test]
    fn the_guide_names_variables_that_are_read_with_their_defaults() {
        assert!(documented().len() > 5);
        for (name, default) in documented() {
            let name = variable(name);
            let settings = resolve(&[URL, (&name, default)]).unwrap();
            assert_eq!(settings.pool, PoolConfig::default(), "{name} is not {default} by default");
            let error = resolve(&[URL, (&name, "neither this nor that")]);
            assert!(error.is_err(), "{name} is not read");
        }
    }
}
