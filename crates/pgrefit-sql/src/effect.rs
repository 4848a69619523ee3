//! What the statements of a script do to a live server: which locks they take on what, which whole-table work they do
//! under them, what they leave behind in the session, and what happens if they are run a second time.
//!
//! Everything is told from the syntax tree alone. What only the catalog knows (the old type of a column, the partitions
//! of a table, the table of an index) is left to the caller: [`Reach`] and [`RelationKind`] say where it must look.

mod alter_column;
mod alter_table;
mod command;
mod constraint;
mod data;
pub(crate) mod functions;
mod index;
mod inside;
pub(crate) mod known;
mod lock;
pub(crate) mod names;
mod other;
mod repeat;
mod session;
pub(crate) mod table;

use squawk_syntax::ast::{AstNode, Stmt};

use crate::parse::{Parsed, parse};
use known::Known;
pub use lock::{Lock, LockMode, Reach};
pub use names::{Relation, RelationKind};

/// What one statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The command as PostgreSQL's reference names it: `ALTER TABLE`, `CREATE INDEX CONCURRENTLY`, …
    pub command: &'static str,
    /// The strongest lock on each relation it names that existed before the script, in order of appearance. Relations
    /// that an earlier statement of the same script made are left out: nobody else can want them.
    pub locks: Vec<Lock>,
    /// Whole-table work done while these locks are held.
    pub work: Vec<Work>,
    /// What happens when it is run again after it took effect.
    pub repeat: Repeat,
    /// Whether it may leave something in the session that outlives the transaction. `true` when unsure.
    pub session: bool,
    /// Whether it may run code that cannot be seen here, such as a `DO` block or a function of the user; then
    /// [`Effect::locks`] is only what is seen: the statements inside of `DO` blocks and of functions that the same script
    /// has made, whether or not a condition keeps them from running, as far as their text is known.
    pub opaque: bool,
}

/// Whole-table work, on a relation and on those partitions and children that its lock reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The relation is written anew, into a new file, with its indexes.
    Rewrite(Relation),
    /// The relation is read from its first to its last row.
    Scan(Relation),
}

/// What a statement does when it is run again after it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing changes and nothing fails.
    Same,
    /// It fails, because what it makes is there, or what it removes is not.
    Fails,
    /// It takes effect a second time, such as `INSERT`.
    Again,
    /// It depends on data or code that cannot be seen here.
    Unknown,
}

/// What the statements of a script do, one effect a statement, in the order of the statements of
/// [`Script::parse`](crate::Script::parse) (empty statements left out). `None` when the text does not parse.
#[must_use]
pub fn effects(text: &str, server_major: u32) -> Option<Vec<Effect>> {
    effects_of(text, &parse(text), server_major)
}

/// The same of a text that is parsed already.
#[must_use]
pub fn effects_of(text: &str, parse: &Parsed, server_major: u32) -> Option<Vec<Effect>> {
    if !parse.errors().is_empty() {
        return None;
    }
    let mut known = Known::default();
    let effects = parse
        .tree()
        .stmts()
        .filter(|statement| !matches!(statement, Stmt::EmptyStmt(_)))
        .map(|statement| {
            let mut effect = known.seen_from_outside(Effect::of(&statement, server_major));
            inside::add(&statement, text, server_major, &mut known, &mut effect);
            known.remember(&statement);
            effect
        })
        .collect();
    Some(effects)
}

impl Effect {
    /// The effect of one statement on a database in which everything it names exists.
    pub(crate) fn of(statement: &Stmt, server_major: u32) -> Self {
        let (session, opaque) = session::of(statement);
        let mut effect = Self {
            command: command::of(statement),
            locks: Vec::new(),
            work: Vec::new(),
            repeat: repeat::of(statement),
            session,
            opaque,
        };
        let seen = alter_table::of(statement, server_major, &mut effect)
            || table::of(statement, &mut effect)
            || index::of(statement, &mut effect)
            || other::of(statement, &mut effect);
        // Queries and changes of rows can be inside of other statements: views, rules, cursors, function bodies.
        // Those of `ALTER TABLE` and the like are only expressions.
        if !seen || !matches!(statement, Stmt::AlterTable(_)) {
            data::of(statement.syntax(), &mut effect);
        }
        effect
    }

    /// Adds a lock; of two on one relation the stronger remains, with the reach of both.
    fn take(&mut self, relation: Option<Relation>, mode: LockMode, reach: Reach) {
        let Some(relation) = relation else { return };
        match self.locks.iter_mut().find(|lock| lock.relation == relation) {
            Some(lock) => {
                lock.mode = lock.mode.max(mode);
                lock.reach = lock.reach.and(reach);
            }
            None => self.locks.push(Lock { relation, mode, reach }),
        }
    }

    fn rewrite(&mut self, relation: Option<Relation>) {
        self.work.extend(relation.map(Work::Rewrite).filter(|work| !self.work.contains(work)));
    }

    fn scan(&mut self, relation: Option<Relation>) {
        self.work.extend(relation.map(Work::Scan).filter(|work| !self.work.contains(work)));
    }
}

impl Work {
    /// What is read or written whole.
    #[must_use]
    pub fn relation(&self) -> &Relation {
        match self {
            Self::Rewrite(relation) | Self::Scan(relation) => relation,
        }
    }
}

#[cfg(test)]
mod tests;
