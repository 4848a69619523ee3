//! A piece of a body that is SQL, or makes SQL.

use std::ops::Range;

/// Where the SQL of a body stands, before it is parsed.
pub(super) struct Piece {
    pub(super) kind: Kind,
    /// Its bytes in the body.
    pub(super) range: Range<usize>,
    /// Its text with what only the procedural language understands blanked out.
    pub(super) text: String,
    pub(super) in_loop: bool,
    pub(super) conditional: bool,
    /// The branches it stands in, outermost first.
    pub(super) branch: Vec<u32>,
}

/// What a piece is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A statement.
    Sql,
    /// An expression of the procedural language, which the server runs as `SELECT <expression>`.
    Expression,
    /// An expression whose value is the text of a statement.
    Dynamic,
}

impl Piece {
    /// A piece under no condition.
    pub(super) fn plain(kind: Kind, range: Range<usize>, text: &str) -> Self {
        let text = text.to_owned();
        Self { kind, range, text, in_loop: false, conditional: false, branch: Vec::new() }
    }
}
