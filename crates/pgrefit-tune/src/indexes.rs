//! Which indexes would make an application's statements faster: found from its schema and traffic, built for real on a copy, and
//! kept only if they pay.
//!
//! 1. Statements come from the caller and from `pg_stat_statements` ([`traffic`]).
//! 2. Each is planned by the copy's own server with every index access switched off. Such a plan holds all conditions, orders and
//!    groups of a statement as the server itself understands them: names are resolved, views are inside, types are settled. From
//!    that, the catalog and the statistics, candidates are made by rules that touch no server.
//! 3. All candidates are built on the copy. Which of them a measurement sees is decided by dropping the others in a transaction
//!    that is rolled back, so that any set can be tried without building anything twice.
//! 4. The one that saves most for what it costs is kept, the rest is measured again beside it, until nothing pays any more.
//!
//! The copy is left as it was found: same rows, same indexes. Its statistics are fresh and it was vacuumed, which is what a live
//! database has and a restored copy lacks.

mod build;
mod candidate;
mod choose;
mod clause;
mod clause_text;
mod copy;
mod demand;
mod error;
mod explain;
mod facts;
mod find;
mod foreign_key;
mod found;
mod keys;
mod known;
mod live;
mod merge;
mod migration;
mod name;
mod options;
mod outcome;
mod propose;
mod refine;
mod report;
mod session;
mod statement;
mod token;
mod traffic;
mod trial;
mod values;
mod verdict;
mod write_cost;

pub use copy::WritableCopy;
pub use error::Error;
pub use find::find;
pub use found::{Event, Found, Kept, Part, Rejected, StatementFound, Unread, WriteCost};
pub use live::settle;
pub use migration::{MigrationText, migrations};
pub use options::Options;
pub use report::report;
pub use statement::{Origin, Statement};
pub use traffic::{Traffic, traffic};
