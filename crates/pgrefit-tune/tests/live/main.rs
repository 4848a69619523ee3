//! Proposals, sweeps and their application, on real servers of every version that `PGREFIT_TEST_PG` names.

mod fixtures;
mod place;
