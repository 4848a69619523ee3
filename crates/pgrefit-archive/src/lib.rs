//! Takes partitions out of a database as files that are proven to be restorable, and brings them back.
//!
//! ```text
//! run ──► planned ► detached ► exported ► file_verified ► restored_verified ► uploaded ► dropped
//!                       ▲ rows changed since they were exported │ (recounted in the same transaction as the DROP)
//!                       └────────────────────────────────────────┘
//! restore ──► loaded ► restored
//! ```
//!
//! Each state is a row of the ledger [`LEDGER_TABLE`] in the database, and is written only when what it says is true: whatever
//! is killed, the next [`run`] goes on from there. A table is dropped in the transaction that counts and digests its rows once
//! more, so that a row is in the database or in a verified archive at any time.
//!
//! Nothing here prints, reads the environment or starts a server. What happens is told as [`Event`]s.

mod definition;
mod detach;
mod error;
mod event;
mod export;
pub mod failpoint;
mod finish;
mod job;
mod ledger;
mod list;
mod load;
mod lock;
mod manifest;
mod parent;
mod plan;
mod prove;
mod query;
mod refuse;
mod restore;
mod run;
mod space;
mod state;
mod store;
mod upload;
mod verify;
mod work;

pub use definition::{ForeignKey, Script};
pub use error::{Error, StoreProblem};
pub use event::Event;
pub use job::{Job, Limits};
pub use ledger::{LEDGER_TABLE, Record, records};
pub use list::{Listed, Standing, list};
pub use manifest::{Export, Manifest, Part};
pub use parent::Parent;
pub use plan::{ArchivedColumn, KeyValue, Plan, SequenceState};
pub use query::{Query, query};
pub use refuse::Obstacle;
pub use restore::{Placement, Restored, restore};
pub use run::{Archived, Until, run};
pub use state::State;
pub use store::Store;
pub use verify::{Verified, verify};
