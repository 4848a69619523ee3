//! Judges Kubernetes manifests as the API server does, and then more strictly: much of what a server accepts never runs,
//! never fires, or protects nothing.
//!
//! A schema finds few of the mistakes that a server finds: of 179 manifests which Kubernetes 1.36 refused, validators of
//! its published schemas find 26. So the rules here are those of the server's own validation, one file a subject under
//! `rules/`, held against what a real server answered (`tests/verdicts.json`), and the ones that it lacks, listed in
//! [`STRICT_RULES`].
//!
//! ```
//! # use pgrefit_kube::{Expects, Linter, Manifest};
//! let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {backofLimit: 1}\n";
//! let manifests = Manifest::parse("job.yaml".as_ref(), text)?;
//! let found = Linter::new(Expects::default()).lint(&manifests);
//! assert_eq!(found[0].to_string(), "job.yaml:spec.backofLimit: unknown field (Job/a)");
//! # Ok::<(), pgrefit_kube::Error>(())
//! ```

mod commands;
mod decode;
mod duration;
mod error;
mod exit_codes;
mod failure;
mod field;
mod lint;
mod manifest;
mod names;
mod object;
mod problem;
mod quantity;
mod rules;
mod schedule;
mod set;
mod sources;
mod stamp;
mod strict;
mod world;

pub use commands::{Invocation, invocations};
pub use error::Error;
pub use exit_codes::{ExitCode, ExitCodes};
pub use lint::{Found, Linter};
pub use manifest::Manifest;
pub use problem::{Problem, Severity};
pub use sources::check_sources;
pub use stamp::{Stamp, StampError, stamp};
pub use strict::STRICT_RULES;
pub use world::{Allow, Expects, Image};
