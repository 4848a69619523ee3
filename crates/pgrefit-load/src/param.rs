//! Where the values of parameters come from.

/// Where the values of a statement's parameters come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Params {
    /// Each parameter has a source of its own; empty for a statement without parameters.
    Each(Vec<ParamSource>),
    /// One of these lists is taken each time, by lot: values that belong together. `None` is NULL.
    Rows(Vec<Vec<Option<String>>>),
    /// A row of this query is taken each time, by lot: a column for each parameter, in order. It is run once, when the workload
    /// is drawn; at most `rows_max` rows are kept. An array is best cast to `text`: it comes as JSON otherwise.
    Query {
        /// A single `SELECT`.
        sql: String,
        /// At most.
        rows_max: usize,
    },
}

/// Where the values of one parameter come from. Each is drawn by lot, and sent as text for the server to read as the type that it
/// expects there.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamSource {
    /// One of these; `None` is NULL.
    Values(Vec<Option<String>>),
    /// One of the first column of this query, which is run once, when the workload is drawn; at most `rows_max` rows are kept.
    Query {
        /// A single `SELECT`.
        sql: String,
        /// At most.
        rows_max: usize,
    },
    /// Evenly from `min` to `max`, both included.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// From `min` to `max` with a probability that falls with the distance k − 1 from `min` as 1/k^exponent: a few values are
    /// asked for often. (`random_zipfian` of pgbench takes exponents above 1 only.)
    Zipf {
        /// The most frequent.
        min: i64,
        /// The rarest.
        max: i64,
        /// Above 0, and at most 10; 1 is Zipf's law.
        exponent: f64,
    },
    /// A random UUID of version 4.
    Uuid,
    /// Random letters and digits.
    Text {
        /// The shortest, in characters.
        min: usize,
        /// The longest.
        max: usize,
    },
    /// 1, 2, 3, … over all threads of a run, from `first` on: keys for statements that insert.
    Serial {
        /// The first.
        first: i64,
    },
}
