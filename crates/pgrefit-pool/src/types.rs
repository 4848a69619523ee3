//! The types of parameters, for statements that have no name on the server.
//!
//! Behind a pooler that gives a backend to a transaction only, a named statement may be missing on the next backend. A statement
//! without a name is parsed, bound and executed in one message, for which the types of its parameters must be known before. They
//! belong to the database, so one connection's knowledge serves the whole pool.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tokio_postgres::types::Type;

/// The types of the parameters of a statement.
pub(crate) type Parameters = Arc<[Type]>;

/// What is known, by SQL.
pub(crate) struct Types(Mutex<LruCache<Box<str>, Parameters>>);

impl Types {
    pub(crate) fn new(max: usize) -> Self {
        let max = NonZeroUsize::new(max).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(max)))
    }

    pub(crate) fn get(&self, sql: &str) -> Option<Parameters> {
        self.known().get(sql).cloned()
    }

    pub(crate) fn put(&self, sql: &str, types: &[Type]) -> Parameters {
        let types: Parameters = types.into();
        self.known().put(sql.into(), Arc::clone(&types));
        types
    }

    pub(crate) fn forget(&self, sql: &str) {
        self.known().pop(sql);
    }

    fn known(&self) -> MutexGuard<'_, LruCache<Box<str>, Parameters>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
