//! Sequences, who draws from them, and the rows of the migration history.

use serde::{Deserialize, Serialize};

/// A row of `pg_sequence`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// The sequence, as a relation.
    pub relation: u32,
    /// The type of its values.
    pub type_oid: u32,
    /// Its first value.
    pub start: i64,
    /// The step.
    pub increment: i64,
    /// The least value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
    /// Whether it begins again at its end.
    pub cycle: bool,
    /// Values that a session takes at once.
    pub cache: i64,
    /// Where it stands: the last value given out or, if it is not called, the one that comes next. None if it could not be seen.
    pub last_value: Option<i64>,
    /// Whether that value was given out: not after `CREATE`, `RESTART` and `setval(…, false)`.
    #[serde(default = "called")]
    pub is_called: bool,
    /// Whether the last value could be seen.
    pub readable: bool,
}

/// Censuses without the field have a last value only of sequences that are called.
fn called() -> bool {
    true
}

impl Sequence {
    /// The last value given out, as far as that is known.
    #[must_use]
    pub fn given(&self) -> Option<i64> {
        self.last_value.filter(|_| self.is_called)
    }

    /// The value that comes next.
    #[must_use]
    pub fn next_value(&self) -> i64 {
        match self.last_value {
            Some(last) if self.is_called => last.saturating_add(self.increment),
            Some(next) => next,
            None => self.start,
        }
    }
}

/// A column that takes its values from a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceUse {
    /// The sequence.
    pub sequence: u32,
    /// The table.
    pub relation: u32,
    /// The column.
    pub column: i16,
    /// The column owns the sequence: `serial`, `OWNED BY`, identity.
    pub owned: bool,
    /// The default of the column draws from it, or it is the column's identity.
    pub drawn: bool,
}

/// A row of refinery's history table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// The version.
    pub version: i64,
    /// The name.
    pub name: Option<String>,
    /// When it was applied, as the table has it.
    pub applied_on: Option<String>,
    /// The checksum, as the table has it.
    pub checksum: Option<String>,
}

/// The rows of a table, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactRows {
    /// The table.
    pub relation: u32,
    /// Its rows.
    pub rows: u64,
}

#[cfg(test)]
mod tests {
    use super::Sequence;

    #[test]
    fn what_comes_next_is_known() {
        let sequence = |state: &str| -> Sequence {
            let rest = r#""relation":1,"type_oid":20,"start":1,"increment":5,"min":1,"max":100,"cycle":false,"cache":1"#;
            serde_json::from_str(&format!("{{{rest},\"readable\":true,{state}}}")).expect("a sequence")
        };
        let check = |state: &str, given: Option<i64>, next: i64| {
            assert_eq!((sequence(state).given(), sequence(state).next_value()), (given, next), "{state}");
        };
        check(r#""last_value":6,"is_called":true"#, Some(6), 11);
        check(r#""last_value":6,"is_called":false"#, None, 6);
        check(r#""last_value":9223372036854775807,"is_called":true"#, Some(i64::MAX), i64::MAX);
        // Older censuses.
        check(r#""last_value":6"#, Some(6), 11);
        check(r#""last_value":null"#, None, 1);
    }
}
