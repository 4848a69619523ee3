//! Measurements, comparisons and replays on real servers.

#![recursion_limit = "256"]

mod benchmarking;
mod changing;
mod drafting;
mod failing;
mod measuring;
mod place;
mod planning;
mod replaying;
mod stalling;
mod versing;
