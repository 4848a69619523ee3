//! What the threads of a load and whoever runs them tell each other.

use std::time::{Duration, Instant};

use pgrefit_pg::wire::{Wire, WireCancel};

use super::book::{Book, OpenWindow};
use super::connection::Connection;
use crate::Error;

/// To a thread.
#[derive(Debug)]
pub(super) enum Order {
    /// The load begins at this moment, for all threads.
    Begin(Instant),
    /// A session in place of a lost one.
    Connected { place: usize, wire: Wire },
    /// Ask nothing more, and wait so long for answers.
    Stop { drain: Duration },
}

/// From a thread.
#[derive(Debug)]
pub(super) enum Event {
    /// All connections are ready.
    Prepared,
    /// It cannot go on, or begin.
    Failed(Error),
    /// A second is over.
    Second(Second),
    /// A connection was lost; what it still runs may have to be cancelled.
    Lost { thread: usize, place: usize, cancel: Option<WireCancel> },
    /// The end, with what was recorded.
    Finished(Box<Finished>),
}

/// What one thread had in one second.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) window: OpenWindow,
    pub(super) connected: usize,
    pub(super) waiting: usize,
}

/// What one thread had in all.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) book: Book,
    /// When it asked nothing more, in nanoseconds from the beginning.
    pub(super) end: u64,
    /// For what still runs.
    pub(super) cancels: Vec<WireCancel>,
    /// To be kept until that is cancelled.
    pub(super) connections: Vec<Connection>,
}
