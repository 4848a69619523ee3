//! Archives of real databases, proven on real servers.

mod cycle;
mod place;
