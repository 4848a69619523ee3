//! Proposals, sweeps and their application, on real servers of every version that `PGREFIT_TEST_PG` names.

mod apply;
mod fixtures;
mod place;
mod pool;
mod server;
