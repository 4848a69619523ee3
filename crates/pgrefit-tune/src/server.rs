//! Server settings: what this server should have, within what it accepts and what its memory limit allows.
//!
//! [`Facts::read`] asks the server; [`judge`] is a function of the facts; [`Scripts`] are what its proposals look like as
//! `ALTER SYSTEM`, and how to go back; [`try_on_scratch`] runs both on a throwaway server; [`apply`] runs the first on the
//! live one.

mod apply;
mod budget;
mod caveats;
mod error;
mod facts;
mod judge;
mod memory;
mod proposal;
mod report;
mod rules;
mod script;
mod setting;
mod sides;
mod tables;
mod trial;

pub use apply::{Applied, apply};
pub use budget::{Budget, BudgetLine};
pub use error::Error;
pub use facts::{Checkpoints, Connections, Facts, Given, Prior, Purpose, Storage, WalRate};
pub use judge::{Blind, Carries, Judgement, judge};
pub use proposal::{Proposal, Takes};
pub use report::{Done, outcome, tell};
pub use rules::setting_names;
pub use script::Scripts;
pub use setting::{Kind, Setting};
pub use sides::Sides;
pub use tables::{LargeTable, TableAdvice};
pub use trial::{Mismatch, Trial, TrialPlace, try_on_scratch};
