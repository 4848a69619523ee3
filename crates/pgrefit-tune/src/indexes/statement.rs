//! A statement of the application, with the values it is run with and how much it counts.

use std::time::Duration;

/// Where a statement was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Given by the caller, with values.
    Given,
    /// Seen by `pg_stat_statements`: its constants and parameters are `$n`, and values are drawn from the statistics of the columns
    /// they are compared with.
    Seen {
        /// How often it was run.
        calls: u64,
    },
    /// Nobody sends it: the server itself runs such a check for a foreign key when a referenced row is deleted.
    ForeignKey {
        /// The name of the constraint.
        constraint: String,
    },
}

/// One statement, to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its name in reports; unique.
    pub name: String,
    /// One statement that can be prepared: `SELECT`, `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `VALUES`. Parameters are `$1`, `$2`, ….
    pub sql: String,
    /// Lists of values for the parameters, as text; `None` is NULL. At most [`Statement::ARGS_MAX`] are used. Without any, values
    /// are drawn.
    pub args: Vec<Vec<Option<String>>>,
    /// How often it comes, beside the others; 0 for one that only has a budget.
    pub weight: f64,
    /// How long it may take.
    pub budget: Duration,
    /// Where it comes from.
    pub origin: Origin,
}

impl Statement {
    /// Lists of values that are measured of one statement.
    pub const ARGS_MAX: usize = 4;
    /// The budget of a statement that has none of its own.
    pub const BUDGET: Duration = Duration::from_secs(2);

    /// A statement that the caller gives, with weight 1 and a budget of 2 s.
    pub fn given(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sql: sql.into(),
            args: Vec::new(),
            weight: 1.0,
            budget: Self::BUDGET,
            origin: Origin::Given,
        }
    }

    /// The same with lists of values.
    #[must_use]
    pub fn with_args(self, args: Vec<Vec<Option<String>>>) -> Self {
        Self { args, ..self }
    }

    /// The same with another weight.
    #[must_use]
    pub fn with_weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// The same with another budget.
    #[must_use]
    pub fn with_budget(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }
}
