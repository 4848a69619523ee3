//! Rewrites a migration into a sequence of files that a live application does not notice: each takes its strong locks for
//! a moment only, and reads or writes whole tables under weak ones.
//!
//! Everything is told from the text. Where the catalog would have to be asked (is the table partitioned, is the column
//! part of a primary key), the comment of the step says what to look at.

mod add_column;
mod add_constraint;
mod alter_table;
mod backfill;
mod column_type;
mod error;
mod group;
mod index;
mod name;
mod not_null;
mod statement;
mod step;
mod unique;

use squawk_syntax::ast::Stmt;

use crate::Place;
use crate::effect::known::Known;
use crate::parse::parse;
pub use error::SplitError;

/// One file of the safe sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Words for the file's name, such as `add_documents_source_fkey_not_valid`.
    pub words: String,
    /// Why this step, in sentences: the comment at the top of the file.
    pub why: String,
    /// The statements, with their directives.
    pub sql: String,
}

/// What a migration becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// Nothing in it needs another form.
    Already,
    /// The files to run in its place, in this order.
    Parts(Vec<Part>),
}

/// The safe sequence for a migration.
///
/// # Errors
/// A text that does not parse, or a statement for which no safe sequence is known.
pub fn split(text: &str, server_major: u32) -> Result<Split, SplitError> {
    let parse = parse(text);
    if let Some(error) = parse.errors().first() {
        return Err(SplitError::Syntax {
            place: Place::of_byte(text, error.offset),
            message: error.message.clone(),
        });
    }
    let mut known = Known::default();
    let mut steps = Vec::new();
    for (statement, comments) in statement::with_comments(text, &parse.tree()) {
        if matches!(statement, Stmt::EmptyStmt(_)) {
            continue;
        }
        steps.extend(statement::steps(&statement, &comments, (text, &parse.tree()), &known, server_major)?);
        known.remember(&statement);
    }
    group::parts(steps, &statement::directives(&parse.tree()), &statement::trailing(text, &parse.tree()))
}

#[cfg(test)]
mod tests;
