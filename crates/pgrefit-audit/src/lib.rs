//! Judges a live database: every check is a pure function over one [`Census`](pgrefit_catalog::census::Census).
//!
//! Nothing here opens a connection or looks at the clock: a census is taken by the crate that talks to PostgreSQL, or read from a
//! file, and judged the same. So all checks together cost what reading the catalogs once costs.
//!
//! A check says how many objects it saw of how many there are. What it could not see is [`blind`](pgrefit_report::Status::Blind),
//! never a pass.

mod check;
mod checks;
mod contract;
mod facts;
mod ignore;
mod object;
mod options;
mod page;
mod ruling;
mod run;
#[cfg(test)]
mod sample;

pub use check::{Check, Example, Group};
pub use checks::{check, checks};
pub use contract::{Contract, ForeignKeyPromise, IndexPromise, NoVectorIndexPromise, RowsPromise};
pub use facts::Facts;
pub use ignore::{IGNORE, Ignore, KNOWN, ignore, ignore_known};
pub use options::{Drift, Migration, Options, SchemaChange};
pub use ruling::{Found, Ruling};
pub use run::{Verdict, audit};
