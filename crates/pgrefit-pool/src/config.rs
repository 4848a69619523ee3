//! How a pool behaves: every number with its unit, its default and its bounds.

mod env;
mod span;

use std::time::Duration;

use crate::Error;

pub use env::PoolSettings;

/// How a pool behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolConfig {
    /// The pool's name: a label of its metrics, and in its errors. Default `main`.
    pub name: String,
    /// How many connections there may be, 1 to [`PoolConfig::CONNECTIONS_MAX`]. Default 10. `pgrefit tune pool` measures what suits;
    /// remember that every replica of the application has a pool of its own, and all share the server's `max_connections`.
    pub connections_max: usize,
    /// How many connections are kept open, ready for use. Default 0.
    pub connections_min: usize,
    /// How long a request waits for others to give a connection back. Default 5 s.
    pub wait_timeout: Duration,
    /// How long opening a connection may take, over all addresses and with the login. Default 5 s.
    pub create_timeout: Duration,
    /// How long checking an idle connection, or resetting a used one, may take. Default 1 s.
    pub recycle_timeout: Duration,
    /// The age at which a connection is closed, when it is not used or comes back. Default 30 min; each connection gets up to
    /// [`PoolConfig::lifetime_jitter_percent`] less, so that they do not all go at once.
    pub lifetime_max: Duration,
    /// Default 10 %, at most 90.
    pub lifetime_jitter_percent: u32,
    /// How long a connection above [`PoolConfig::connections_min`] may idle. Default 10 min.
    pub idle_max: Duration,
    /// A connection that idled for longer is asked whether it still lives before it is handed out, which takes a round trip. A
    /// connection that the server ended is noticed without; this is for networks that forget. Default 500 ms.
    pub check_after: Duration,
    /// How long a connection that comes back with a statement nobody waits for any more may take to finish it. Then the statement is
    /// cancelled and the connection closed. Default 20 ms, at most 10 s. (A rollback on its way has
    /// [`PoolConfig::recycle_timeout`].)
    pub settle: Duration,
    /// How many statements a connection keeps prepared; the one not used for longest is closed first. Default 256.
    pub statements_max: usize,
    /// `statement_timeout` of the sessions; zero leaves the server's. Default 30 s.
    pub statement_timeout: Duration,
    /// `idle_in_transaction_session_timeout` of the sessions; zero leaves the server's. Default 1 min.
    pub idle_in_transaction_timeout: Duration,
    /// `lock_timeout` of the sessions; zero leaves the server's. Default zero.
    pub lock_timeout: Duration,
    /// What `pg_stat_activity` shows, unless the connection's settings name one. Default `pgrefit-pool main`, with the name.
    pub application_name: Option<String>,
    /// What stands between the pool and the server.
    pub pooling: Pooling,
    /// Whether every session is reset when it comes back, not only those in which something was seen that the next user must not get.
    /// For applications whose functions set things, which no answer of the server tells of: `set_config(…, false)`, `SET` in a `DO`
    /// or a procedure, `pg_advisory_lock`. Costs a round trip for each use, during which the connection is not there for others.
    /// Default false; not behind a pooler in transaction mode.
    pub reset_on_return: bool,
}

/// What stands between the pool and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    /// Nothing, or a pooler in session mode, or one that keeps track of prepared statements and settings. Statements are prepared
    /// once for each connection, and settings belong to the session.
    #[default]
    Session,
    /// A pooler that gives a backend to a transaction only, such as PgBouncer with `pool_mode = transaction`. Statements have no
    /// name on the server, so that none can be missing on another backend: the types of their parameters are asked for once, in a
    /// transaction, and then known to the whole pool. No settings are made; give them to the role.
    ///
    /// Types that are not built in (enums, domains, `citext`, `vector`) are another matter: tokio-postgres looks them up by statements of
    /// its own, which do have names and are kept for ever. A pooler that does not keep track of them (PgBouncer before 1.21, or with
    /// `max_prepared_statements = 0`) makes that [`Error::WrongBackend`]: cast to and from `text` there.
    ///
    /// One request at a time on each connection: the transaction that asks for types would take in what is sent meanwhile.
    Transaction,
}

/// A field and its value.
type Field = (&'static str, Duration);

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            name: "main".to_owned(),
            connections_max: 10,
            connections_min: 0,
            wait_timeout: Duration::from_secs(5),
            create_timeout: Duration::from_secs(5),
            recycle_timeout: Duration::from_secs(1),
            lifetime_max: Duration::from_mins(30),
            lifetime_jitter_percent: 10,
            idle_max: Duration::from_mins(10),
            check_after: Duration::from_millis(500),
            settle: Duration::from_millis(20),
            statements_max: 256,
            statement_timeout: Duration::from_secs(30),
            idle_in_transaction_timeout: Duration::from_mins(1),
            lock_timeout: Duration::ZERO,
            application_name: None,
            pooling: Pooling::Session,
            reset_on_return: false,
        }
    }
}

impl PoolConfig {
    /// More connections than any server has a use for.
    pub const CONNECTIONS_MAX: usize = 10_000;
    /// Longer than any duration here can be meant.
    pub const DURATION_MAX: Duration = Duration::from_hours(366 * 24);
    const SETTLE_MAX: Duration = Duration::from_secs(10);
    const NAME_MAX: usize = 63;

    /// The default with this name and size.
    #[must_use]
    pub fn named(name: &str, connections_max: usize) -> Self {
        Self { name: name.to_owned(), connections_max, ..Self::default() }
    }

    /// The same for jobs that must not take the connections of requests: an own small pool with its own name, whose statements may
    /// take as long as is said here, and which gives up a lock after 2 s rather than block others behind it.
    ///
    /// Measured with 16 jobs of 200 ms beside 12 requests of 2 ms: p99 of the requests 168-197 ms in one pool of 8, 10-12 ms in pools
    /// of 6 and 2.
    #[must_use]
    pub fn bulkhead(&self, name: &str, connections_max: usize, statement_timeout: Duration) -> Self {
        Self {
            name: name.to_owned(),
            connections_max,
            connections_min: 0,
            statement_timeout,
            lock_timeout: Duration::from_secs(2),
            application_name: self.application_name.as_ref().map(|base| format!("{base} {name}")),
            ..self.clone()
        }
    }

    /// The name that sessions have.
    #[must_use]
    pub fn session_name(&self) -> String {
        self.application_name.clone().unwrap_or_else(|| format!("pgrefit-pool {}", self.name))
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// [`Error::Config`] names the first field that is out of its bounds.
    pub fn validate(&self) -> Result<(), Error> {
        let wrong = |field, what: &str| Err(Error::Config { field, what: what.to_owned() });
        if self.name.is_empty() || self.name.len() > Self::NAME_MAX {
            return wrong("name", "must have 1 to 63 bytes");
        }
        if self.name.contains(char::is_control) {
            return wrong("name", "must not have control characters");
        }
        if !(1..=Self::CONNECTIONS_MAX).contains(&self.connections_max) {
            return wrong("connections_max", "must be from 1 to 10000");
        }
        if self.connections_min > self.connections_max {
            return wrong("connections_min", "must not be more than connections_max");
        }
        if self.lifetime_jitter_percent > 90 {
            return wrong("lifetime_jitter_percent", "must not be more than 90");
        }
        if self.settle > Self::SETTLE_MAX {
            return wrong("settle", "must not be more than 10 s");
        }
        if self.statements_max == 0 {
            return wrong("statements_max", "must be at least 1");
        }
        if self.reset_on_return && self.pooling == Pooling::Transaction {
            return wrong(
                "reset_on_return",
                "must be false behind a pooler, which gives the backend to others",
            );
        }
        let (positive, others) = self.durations();
        if let Some((field, _)) = positive.iter().find(|(_, limit)| limit.is_zero()) {
            return wrong(field, "must be longer than zero");
        }
        positive
            .iter()
            .chain(&others)
            .find(|(_, limit)| *limit > Self::DURATION_MAX)
            .map_or(Ok(()), |(field, _)| wrong(field, "must not be more than 366 days"))
    }

    /// Those that must be longer than zero, and the others.
    fn durations(&self) -> ([Field; 5], [Field; 4]) {
        let positive = [
            ("wait_timeout", self.wait_timeout),
            ("create_timeout", self.create_timeout),
            ("recycle_timeout", self.recycle_timeout),
            ("lifetime_max", self.lifetime_max),
            ("idle_max", self.idle_max),
        ];
        let others = [
            ("check_after", self.check_after),
            ("statement_timeout", self.statement_timeout),
            ("idle_in_transaction_timeout", self.idle_in_transaction_timeout),
            ("lock_timeout", self.lock_timeout),
        ];
        (positive, others)
    }

    /// The settings that sessions begin with, so that `RESET ALL` returns to them. Milliseconds, as the server understands them.
    pub(crate) fn start_settings(&self) -> Vec<(&'static str, String)> {
        if self.pooling == Pooling::Transaction {
            return Vec::new();
        }
        let all = [
            ("statement_timeout", self.statement_timeout),
            ("idle_in_transaction_session_timeout", self.idle_in_transaction_timeout),
            ("lock_timeout", self.lock_timeout),
        ];
        let given = all.into_iter().filter(|(_, limit)| !limit.is_zero());
        given.map(|(name, limit)| (name, limit.as_millis().clamp(1, 2_147_483_647).to_string())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut PoolConfig), expected: Option<&str>) {
        let mut config = PoolConfig::default();
        change(&mut config);
        let field = match config.validate() {
            Ok(()) => None,
            Err(Error::Config { field, .. }) => Some(field),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(field, expected, "{config:?}");
    }

    #[test]
    fn bounds_are_checked() {
        check(|_| {}, None);
        check(|c| c.connections_max = 0, Some("connections_max"));
        check(|c| c.connections_max = 10_001, Some("connections_max"));
        check(|c| c.connections_min = 11, Some("connections_min"));
        check(|c| c.connections_min = 10, None);
        check(|c| c.name.clear(), Some("name"));
        check(|c| c.name = "a\nb".to_owned(), Some("name"));
        check(|c| c.name = "Mixed \"Case\" é".to_owned(), None);
        check(|c| c.lifetime_jitter_percent = 91, Some("lifetime_jitter_percent"));
        check(|c| c.settle = Duration::from_secs(11), Some("settle"));
        check(|c| c.settle = Duration::ZERO, None);
        check(|c| c.statements_max = 0, Some("statements_max"));
        check(|c| c.wait_timeout = Duration::ZERO, Some("wait_timeout"));
        check(|c| c.create_timeout = Duration::ZERO, Some("create_timeout"));
        check(|c| c.statement_timeout = Duration::ZERO, None);
        check(|c| c.reset_on_return = true, None);
        check(|c| (c.reset_on_return, c.pooling) = (true, Pooling::Transaction), Some("reset_on_return"));
        check(|c| c.lifetime_max = Duration::MAX, Some("lifetime_max"));
        check(|c| c.lifetime_max = PoolConfig::DURATION_MAX, None);
        check(|c| c.check_after = Duration::MAX, Some("check_after"));
    }

    #[test]
    fn sessions_begin_with_what_is_given() {
        let mut config = PoolConfig { lock_timeout: Duration::from_micros(1), ..PoolConfig::default() };
        let expected = [
            ("statement_timeout", "30000"),
            ("idle_in_transaction_session_timeout", "60000"),
            ("lock_timeout", "1"),
        ];
        assert_eq!(config.start_settings(), expected.map(|(name, value)| (name, value.to_owned())));
        config.pooling = Pooling::Transaction;
        assert_eq!(config.start_settings(), []);
    }

    #[test]
    fn a_bulkhead_is_a_pool_of_its_own() {
        let main = PoolConfig {
            application_name: Some("shop".to_owned()),
            connections_min: 4,
            ..PoolConfig::default()
        };
        let jobs = main.bulkhead("jobs", 2, Duration::from_mins(10));
        assert_eq!((jobs.name.as_str(), jobs.connections_max, jobs.connections_min), ("jobs", 2, 0));
        assert_eq!((jobs.session_name().as_str(), main.session_name().as_str()), ("shop jobs", "shop"));
        assert_eq!(PoolConfig::named("x", 1).session_name(), "pgrefit-pool x");
        jobs.validate().expect("valid");
    }
}
