//! Conversions, maintenance and status on real servers.

mod adopt;
mod judge;
mod maintain;
mod place;
mod split;
