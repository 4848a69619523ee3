//! Archives of real databases, proven on real servers.

mod cycle;
mod killed;
mod place;
