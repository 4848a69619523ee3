//! The statements that one connection keeps prepared: a bounded number, the one not used for longest goes first.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tokio_postgres::Statement;

/// The statements of one connection by their SQL. A statement that is dropped is closed on the server.
pub(crate) struct Statements(Mutex<LruCache<Box<str>, Statement>>);

impl Statements {
    pub(crate) fn new(max: usize) -> Self {
        let max = NonZeroUsize::new(max).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(max)))
    }

    pub(crate) fn get(&self, sql: &str) -> Option<Statement> {
        self.cache().get(sql).cloned()
    }

    /// Keeps a statement; tells whether another one had to go for it.
    pub(crate) fn put(&self, sql: &str, statement: Statement) -> bool {
        let out = self.cache().push(sql.into(), statement);
        // What comes out under the same key was replaced, not evicted: two users of the connection prepared the same.
        out.is_some_and(|(key, _)| *key != *sql)
    }

    pub(crate) fn forget(&self, sql: &str) {
        let forgotten = self.cache().pop(sql);
        drop(forgotten);
    }

    pub(crate) fn clear(&self) {
        self.cache().clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.cache().len()
    }

    fn cache(&self) -> MutexGuard<'_, LruCache<Box<str>, Statement>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
