//! Takes, restores and compares backups of one database.
//!
//! ```text
//! Job ── take ──────────► Taken            a folder with a manifest
//!     ── take_verified ─► VerifiedBackup   … restored elsewhere and compared with the source under one snapshot
//!                          └ Restored      the copy, running, for whoever rehearses on it
//! ```
//!
//! A backup is a folder; until it is complete its name ends in `.partial`, and a lock tells whether somebody is still at work
//! on it. [`sweep`] removes what killed runs left behind, [`prune`] what is too old; the last verified one always stays.
//! [`left_behind`] and [`prunable`] only name them.
//!
//! Nothing here prints or reads the environment. What happens is told as [`Event`]s.

mod adapter;
mod compare;
mod content;
mod error;
mod event;
mod folder;
mod hash;
mod job;
mod manifest;
mod moving;
mod process;
mod prune;
mod restore;
mod seal;
mod site;
mod source;
mod space;
mod staging;
mod strength;
mod surroundings;
mod target;
mod tools;
mod verify;

pub use adapter::command::Script;
pub use adapter::pg_basebackup::{Checkpoint, PgBasebackup};
pub use adapter::pg_dump::PgDump;
pub use adapter::pgbackrest::PgBackRest;
pub use adapter::{Adapter, Form, Produced, SecretUrl, Taking};
pub use compare::{Comparison, TableVerdict, Thoroughness};
pub use content::{Content, Look, SequenceState};
pub use error::Error;
pub use event::{Event, Phase};
pub use folder::{Listed, left_behind, list, sweep};
pub use job::{Job, Limits, Taken, take};
pub use manifest::{FileEntry, Identity, Manifest, State, Verification};
pub use prune::{prunable, prune};
pub use restore::{Restoring, restore, reverify};
pub use site::SCRATCH_SETTINGS;
pub use source::Source;
pub use strength::Strength;
pub use target::{Restored, Scratch, Target};
pub use tools::{Client, ToolSearch};
pub use verify::{Timings, VerifiedBackup, VerifyOptions, take_verified};
