//! `pgrefit repair`.
