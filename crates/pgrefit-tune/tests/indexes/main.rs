//! Indexes found, built and measured on real servers.

mod acceptance;
mod failing;
mod kinds;
mod odd;
mod place;
mod seen;
