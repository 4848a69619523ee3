//! A database schema as data, and the difference between two.
