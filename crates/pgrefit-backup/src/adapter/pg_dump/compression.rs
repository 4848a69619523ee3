//! The fastest compression that a `pg_dump` has.

use std::time::Duration;

use pgrefit_pg::Stop;

use super::nowhere;
use crate::process::Run;
use crate::{Client, Error};

/// How the files are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Zstd,
    Lz4,
    /// Its fastest level: every `pg_dump` has it.
    Gzip,
}

impl Compression {
    /// What builds from source and wheels lack is found out by asking.
    pub(super) async fn fastest(client: &Client, limit: Duration) -> Result<Self, Error> {
        if client.major < 16 {
            return Ok(Self::Gzip);
        }
        for wanted in [Self::Zstd, Self::Lz4] {
            let mut command = nowhere(client);
            command.args(["--format=custom", &format!("--compress={}", wanted.argument())]);
            let ended = Run::new("pg_dump", command, limit).finish(&Stop::default(), |_| {}).await?;
            if !ended.said.contains("does not support compression") {
                return Ok(wanted);
            }
        }
        Ok(Self::Gzip)
    }

    /// For `--compress`; before 16 that was a level of gzip.
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Zstd => "zstd:1",
            Self::Lz4 => "lz4",
            Self::Gzip => "1",
        }
    }
}
