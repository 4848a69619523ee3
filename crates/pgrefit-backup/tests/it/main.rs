//! Backups of real databases, restored on real servers.

mod flipped;
mod killed;
mod place;
mod refused;
mod round_trip;
