//! What is done in the bodies of `DO` blocks and of functions that a script defines and calls.

use squawk_syntax::ast::Stmt;

use crate::action::Action;
use crate::case::Inside;

/// The bodies seen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bodies {}

impl Bodies {
    /// Takes note of a function's body.
    pub(crate) fn remember(&mut self, _statement: &Stmt, _text: &str) {}

    /// What is done in the body of a `DO` block, or in the functions that a statement calls.
    pub(crate) fn inner(&self, _statement: &Stmt, _text: &str) -> Vec<(Action, Option<Inside>)> {
        Vec::new()
    }
}
