//! What is known of a family of metrics.

/// A family: one name, one help, one set of label names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Family {
    /// The full name, as a scrape has it.
    pub name: &'static str,
    /// What it says; a sentence, also for the `# HELP` line.
    pub help: &'static str,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// What a value counts.
    pub unit: Unit,
    /// The labels, in the order in which values are given.
    pub labels: &'static [Label],
    /// The upper edges of a histogram's buckets, without `+Inf`; empty for the others.
    pub buckets: &'static [f64],
    /// The version of pgrefit that had it first.
    pub since: &'static str,
}

/// The kind of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Observations by size.
    Histogram,
}

impl Kind {
    /// Prometheus' word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a value counts. Prometheus wants base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Connections.
    Connections,
    /// Requests for a connection.
    Requests,
    /// Prepared statements.
    Statements,
    /// Events of any other sort.
    Events,
    /// Bytes.
    Bytes,
    /// 0 or 1.
    Flag,
    /// Things of this name.
    Of(&'static str),
}

impl Unit {
    /// The word for a table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Connections => "connections",
            Self::Requests => "requests",
            Self::Statements => "statements",
            Self::Events => "events",
            Self::Bytes => "bytes",
            Self::Flag => "0 or 1",
            Self::Of(word) => word,
        }
    }
}

/// A label and the values it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its values.
    pub values: Values,
}

/// The values of a label: what bounds the number of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Names that the application gives: at most so many.
    Names {
        /// Whose names.
        of: &'static str,
        /// How many there can be.
        max: usize,
    },
}

impl Values {
    /// How many values there can be.
    #[must_use]
    pub const fn max(self) -> usize {
        match self {
            Self::OneOf(words) => words.len(),
            Self::Names { max, .. } => max,
        }
    }
}
