//! Partitions of live tables: whether a table can be converted and what that costs it ([`judge`]), the conversion as migration files
//! ([`convert`]), partitions made ahead and retired in time ([`maintain`]), and how they are ([`status`]).
//!
//! A conversion is files, run by the pipeline that runs every other migration. So judging and converting are functions of [`Facts`], and only
//! [`Facts::read`], [`maintain`] and [`status`] speak to a server.

mod convert;
mod draft;
mod error;
mod facts;
mod interval;
mod judge;
mod judgement;
mod layout;
mod maintain;
mod name;
mod point;
mod ranges;
mod report;
mod set;
mod status;

pub use convert::convert;
pub use draft::MigrationDraft;
pub use error::{Error, SetError};
pub use facts::Facts;
pub use interval::{Interval, Step};
pub use judge::judge;
pub use judgement::{Finding, Judgement};
pub use maintain::{MaintainOptions, maintain};
pub use point::{KeyType, Point};
pub use report::{Due, MaintainEvent, MaintainReport, PartitionStatus, SetReport, SetStatus};
pub use set::{Keep, ListPart, Method, PartitionConfig, PartitionSet, Retention, Then};
pub use status::status;
