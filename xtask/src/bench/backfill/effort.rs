//! What the batches of a run came to, from pgrefit's report. Pure.

use crate::failure::{Failure, Outcome};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effort {
    pub(super) batches: u64,
    pub(super) rows: u64,
    /// The time that 99 of 100 batches did not exceed, commit included.
    pub(super) p99_ms: u64,
}

impl Effort {
    /// From the report of a run with one migration that has batches.
    pub(super) fn of_report(text: &str) -> Outcome<Self> {
        let unread = |cause| Failure::because("read the report of pgrefit", cause);
        let report: Value = serde_json::from_str(text).map_err(|error| unread(error.to_string()))?;
        let rows = report["tables"]["effort"].as_array().map_or(&[][..], Vec::as_slice);
        rows.iter().find_map(Self::of_row).ok_or_else(|| unread("no migration has batches".to_owned()))
    }

    fn of_row(row: &Value) -> Option<Self> {
        let number = |key| row[key].as_u64();
        let batches = number("batches").filter(|count| *count > 0)?;
        Some(Self { batches, rows: number("rows")?, p99_ms: number("batch_p99_ms")? })
    }

    pub(super) fn to_json(self) -> Value {
        json!({ "batches": self.batches, "rows": self.rows, "p99_ms": self.p99_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::Effort;

    #[test]
    fn the_migration_with_batches_is_found() {
        let check = |effort: &str, expected| {
            let report = format!(r#"{{"tables": {{"effort": {effort}}}}}"#);
            assert_eq!(Effort::of_report(&report).ok(), expected, "{effort}");
        };
        let none = r#"{"version": 1, "batches": null, "rows": null, "batch_p99_ms": null}"#;
        let some = r#"{"version": 2, "batches": 7, "rows": 900, "batch_p99_ms": 41}"#;
        check(&format!("[{none}, {some}]"), Some(Effort { batches: 7, rows: 900, p99_ms: 41 }));
        check(&format!("[{none}]"), None);
        check("[]", None);
        assert!(Effort::of_report("{}").is_err());
        assert!(Effort::of_report("no report").is_err());
    }
}
