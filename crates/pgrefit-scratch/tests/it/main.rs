//! Real servers: they start, are shared, crash and are cleaned up. The binaries are those of the usual cache,
//! where they are installed if need be; the servers live in a directory of each test's own.

mod child;
mod crash;
mod install;
mod lifecycle;
mod named;
mod place;
mod shared;
