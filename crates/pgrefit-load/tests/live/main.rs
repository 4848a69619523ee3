//! Loads on real servers.

mod closed;
mod failing;
mod honest;
mod place;
mod values;
