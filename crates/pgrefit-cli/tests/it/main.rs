//! The product's tests: the real binary against real servers, one topic a file.

#![expect(clippy::unwrap_used, reason = "a panic is the report of a failed test")]

mod harness;
mod page;

// The pages of docs/, followed.
mod howto;
mod privileges;
mod tutorial;

mod archive;
mod audit;
mod backfill;
mod baseline;
mod bench;
mod concurrency;
mod config;
mod connection;
mod files;
mod fleet;
mod gap;
mod history;
mod kill;
mod lint;
mod matrix;
mod migrate;
mod output;
mod partition;
mod plan;
mod pooler;
mod prometheus;
mod proof;
mod read_paths;
mod refinery;
mod repair;
mod replica;
mod runbooks;
mod scratch;
mod serve;
mod snapshot;
mod states;
mod steps;
mod tune;
mod wait;
