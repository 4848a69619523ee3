//! Measurements, comparisons and replays on real servers.

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
