//! The pgrefit command line.
