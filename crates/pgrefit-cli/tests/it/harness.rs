//! What every test stands on: shared servers, databases of its own, and the binary under test.

mod bouncer;
mod command;
mod database;
mod folder;
mod proxy;

pub(crate) use bouncer::Bouncer;
pub(crate) use command::{Pgrefit, Ran, pgrefit};
pub(crate) use database::{Database, next_name, sql_at, versions};
pub(crate) use folder::Folder;
pub(crate) use proxy::Proxy;

/// Runs one asynchronous piece of a test to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
