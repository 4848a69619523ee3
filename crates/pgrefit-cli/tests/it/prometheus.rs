//! What a monitor sees: metrics that runs leave behind, the pages of alerts, and a real Prometheus that scrapes everything.
//!
//! What needs Prometheus is left out where it is not installed, which is said; with `PGREFIT_TEST_PROMETHEUS` set it must be there.

mod http;
mod live;
mod pages;
mod program;
mod receiver;
mod runs;
