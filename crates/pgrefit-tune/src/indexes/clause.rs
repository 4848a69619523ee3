//! A condition of a statement on one relation, as far as an index could answer it.

use std::collections::BTreeSet;

/// An expression over one relation, without the relation's name before its columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Operand {
    /// As SQL that means the same inside of `CREATE INDEX`, without brackets around it.
    pub(super) sql: String,
    /// The columns in it.
    pub(super) columns: BTreeSet<String>,
    /// The column, if it is nothing else.
    pub(super) column: Option<String>,
    /// The column and the type, if it is nothing but a column under one cast: the server writes one where a `varchar` is compared as
    /// `text`, which an index on the column answers.
    pub(super) cast: Option<(String, String)>,
}

/// What the other side of a comparison is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Against {
    /// A literal, or a list of them.
    Constant(String),
    /// `$n`, alone or under casts.
    Param(u32),
    /// Several parameters, as in `IN ($1, $2)`.
    Params(Vec<u32>),
    /// A column of another relation.
    Join,
    /// Anything else that does not depend on the relation.
    Value,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Atom {
    /// `a = …`
    Equal(Operand, Against),
    /// `a = ANY (…)`, `a IN (…)`
    OneOf(Operand, Against),
    /// `a < …`, `(a, b) < (…, …)`
    Range(Vec<Operand>, Against),
    /// `a IS NOT NULL`
    NotNull(Operand),
    /// `a IS NULL`
    Null(Operand),
    /// A boolean by itself; the other one with `NOT`.
    Truth(Operand, bool),
    /// `a LIKE …`; `ILIKE` if `any_case`.
    Like { on: Operand, against: Against, any_case: bool },
    /// `a @> …`, `a @@ …`, `a && …`: an operator that GIN answers.
    Contains(Operand, String, Against),
    /// `… OR …`: each side a list of conditions that hold together.
    Either(Vec<Vec<Clause>>),
    /// What no index answers, or is not understood.
    Other,
}

/// A condition, and how it may be written as the predicate of a partial index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) atom: Atom,
    /// Its text without the relation's name, if it depends on nothing but the row and literals.
    pub(super) predicate: Option<String>,
    /// The columns of the relation in it.
    pub(super) columns: BTreeSet<String>,
}

impl Clause {
    /// Every comparison with a parameter in it, for values to be drawn.
    pub(super) fn params(&self, found: &mut Vec<(u32, Operand)>) {
        let mut add = |on: &Operand, against: &Against| match against {
            Against::Param(number) => found.push((*number, on.clone())),
            Against::Params(numbers) => {
                found.extend(numbers.iter().map(|number| (*number, on.clone())));
            }
            Against::Constant(_) | Against::Join | Against::Value => (),
        };
        match &self.atom {
            Atom::Equal(on, against) | Atom::OneOf(on, against) | Atom::Contains(on, _, against) => {
                add(on, against);
            }
            Atom::Like { on, against, .. } => add(on, against),
            Atom::Range(all, against) => all.iter().take(1).for_each(|on| add(on, against)),
            Atom::Either(sides) => sides.iter().flatten().for_each(|clause| clause.params(found)),
            Atom::NotNull(_) | Atom::Null(_) | Atom::Truth(..) | Atom::Other => (),
        }
    }
}
