//! Archives of real databases, proven on real servers.

mod changed;
mod cycle;
mod flipped;
mod killed;
mod place;
mod refused;
mod s3;
mod wide;
