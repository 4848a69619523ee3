//! Judges migration files: what each statement will do to a database, and what to write instead.
//!
//! Plain text in, findings out: nothing here reads a file or opens a connection. A [`Linter`] goes through the files in
//! order and keeps the schema they add up to, so that a table made here is not mistaken for one that people use, a
//! `varchar` made longer is told from one made shorter, and a `SET NOT NULL` behind a validated `CHECK` is let pass. What
//! a database knows (sizes, traffic, what else exists) can be handed in as a snapshot.
//!
//! Each rule is a room of its own in `rules/`: what happens, why, what to write instead, an example with the problem and
//! one without it, and what it claims of the server. The claims are held against real servers by the tests.

mod action;
mod allow;
mod body;
mod case;
mod conversion;
mod findings;
mod found;
mod linter;
mod options;
mod page;
mod proof;
mod quote;
mod rule;
mod rules;
mod schema;
mod seed;
mod source;
mod squawk;
mod syntax;
mod transactions;
mod types;
mod weigh;
mod work;

pub use found::Fix;
pub use linter::{Judged, Linter, first_error, parses};
pub use options::Options;
pub use rule::{Claim, Rule};
pub use rules::{RULES, rule};
pub use schema::Usage;
pub use source::Source;
pub use squawk::{is_rule as is_squawk_rule, rules as squawk_rules};
pub use weigh::Cost;
pub use work::{Statement, TableWork};
