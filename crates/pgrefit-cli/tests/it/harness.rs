//! What every test stands on: shared servers, databases of its own, and the binary under test.

mod bouncer;
mod command;
mod database;
mod folder;
pub(crate) mod standby;

pub(crate) use bouncer::Bouncer;
pub(crate) use command::{Pgrefit, Ran, pgrefit};
pub(crate) use database::{Database, versions};
pub(crate) use folder::Folder;

/// Runs one asynchronous piece of a test to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
