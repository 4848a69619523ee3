//! `pgrefit scratch`.
