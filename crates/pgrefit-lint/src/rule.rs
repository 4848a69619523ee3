//! What a rule is, and what it claims of the server.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::Action;
use crate::case::{Case, FileCase};
use crate::found::Found;

/// A problem that a statement can have.
#[derive(Debug)]
pub struct Rule {
    /// What one types, and the name of the rule's page: kebab-case, named for the problem.
    pub id: &'static str,
    /// The problem in one sentence.
    pub title: &'static str,
    /// How bad it is when nothing is known of the table.
    pub level: Status,
    /// What happens on the server, and why.
    pub happens: &'static str,
    /// What to write instead.
    pub safe: &'static str,
    /// The schema that the examples start from; empty if they need none.
    pub before: &'static str,
    /// A migration with the problem.
    pub bad: &'static str,
    /// The same without it.
    pub good: &'static str,
    /// Other rules that the bad example offends.
    pub also: &'static [&'static str],
    /// What the bad example does to the server, and the good one does not.
    pub claims: &'static [Claim],
    pub(crate) judge: Judge,
}

/// Something that a server can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The strongest lock that the example holds on the table, or on one of its indexes, is this one.
    Locks(&'static str, LockMode),
    /// The table gets a new file.
    Rewrites(&'static str),
    /// Every row of the table is read while the lock is held.
    Scans(&'static str),
    /// A statement fails with this SQLSTATE.
    Fails(&'static str),
    /// An index is left behind that no query can use.
    LeavesInvalid(&'static str),
    /// Rows of the table are gone.
    Loses(&'static str),
    /// A prepared statement `SELECT * FROM table` of another session fails (SQLSTATE 0A000).
    BreaksPrepared(&'static str),
    /// The first claim, only up to and including this major version.
    Until(u32, &'static Claim),
    /// The first claim, only from this major version on.
    Since(u32, &'static Claim),
}

/// When a rule looks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Judge {
    /// At each thing a statement does.
    Action(fn(&Case<'_>, &Action, &mut Found)),
    /// At each statement.
    Statement(fn(&Case<'_>, &mut Found)),
    /// At the end of each file.
    File(fn(&FileCase<'_>, &mut Found)),
    /// It is found while the file is read.
    Reader,
}
