//! One query of an application, with the time that it may take.

use std::time::Duration;

/// Values of `$1`, `$2`, … as text, cast by the server; `None` is NULL.
pub type Arguments = Vec<Option<String>>;

/// One statement of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it is called in reports; unique among those that are measured together.
    pub name: String,
    /// One SQL statement, with or without `$1`, `$2`, …
    pub sql: String,
    /// What its 95th percentile may be.
    pub budget: Duration,
    /// How often it comes in a replayed mix, beside the others; 0 is never.
    pub weight: u32,
    /// Lists of values, used in turn; empty if the statement has no parameters.
    pub args: Vec<Arguments>,
}

impl Query {
    /// A query of weight 1 without parameters.
    pub fn new(name: impl Into<String>, sql: impl Into<String>, budget: Duration) -> Self {
        Self { name: name.into(), sql: sql.into(), budget, weight: 1, args: Vec::new() }
    }

    /// Adds a list of values.
    #[must_use]
    pub fn with(mut self, values: &[&str]) -> Self {
        self.args.push(values.iter().map(|value| Some((*value).to_owned())).collect());
        self
    }

    /// Says how often it comes in a mix.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// The values of the run with this number; none if there are no lists.
    #[must_use]
    pub fn values(&self, run: usize) -> &[Option<String>] {
        if self.args.is_empty() { &[] } else { &self.args[run % self.args.len()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_values_are_used_in_turn() {
        let query = Query::new("q", "SELECT $1::text", Duration::ZERO);
        assert!(query.values(3).is_empty());
        let query = query.with(&["a"]).with(&["b"]);
        let check = |run, expected: &str| assert_eq!(query.values(run), [Some(expected.to_owned())]);
        check(0, "a");
        check(1, "b");
        check(2, "a");
        check(usize::MAX, "b");
    }
}
