//! Conversions, maintenance and status on real servers.

mod adopt;
mod maintain;
mod place;
mod split;
