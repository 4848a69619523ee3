//! Backups of real databases, restored on real servers.

mod flipped;
mod invalid;
mod killed;
mod others;
mod place;
mod refused;
mod round_trip;
mod sealed;
mod surroundings;
