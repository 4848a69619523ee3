//! The load script: `COPY … FROM stdin` blocks, as psql and `pg_dump` write and read them.

use super::crates::Source;
use super::document::Document;
use super::hash::uuid;
use std::collections::BTreeMap;

const NULL: &str = "\\N";

const HEADER: &str = "\
-- Documents for the Doc Server database: documentation of the crates in Cargo.lock. Built by `cargo xtask corpus`.
-- Some documents have no row in document_sources, as in production.
";

/// A script in the making.
pub(super) struct Script {
    pub(super) text: String,
    /// Crates that have a source row.
    pub(super) sources: usize,
}

impl Script {
    pub(super) fn new() -> Self {
        Self { text: HEADER.into(), sources: 0 }
    }

    /// One row per crate; versions of one crate are one source, described by its newest version.
    pub(super) fn sources(&mut self, sources: &[Source]) {
        let mut rows: BTreeMap<&str, (&str, usize, usize)> = BTreeMap::new();
        for source in sources.iter().filter(|source| !source.is_missing()) {
            let row = rows.entry(&source.name).or_default();
            *row = (&source.version, row.1 + source.documents, row.2 + source.tokens);
            self.sources += 1;
        }
        self.begin("document_sources (id, doc_type, source_name, version, total_docs, total_tokens)");
        for (name, (version, documents, tokens)) in rows {
            let id = uuid(&format!("rust/{name}"));
            self.row(&[&id, "rust", name, version, &documents.to_string(), &tokens.to_string()]);
        }
        self.end();
    }

    pub(super) fn documents(&mut self, documents: &[Document]) {
        self.begin(
            "documents (id, doc_type, source_name, doc_path, content, metadata, embedding, token_count, created_at, updated_at)",
        );
        for document in documents {
            let at = timestamp(document.created_at);
            self.row(&[
                &document.id,
                "rust",
                &document.source,
                &document.path,
                &escaped(&document.content),
                &escaped(&document.metadata),
                document.embedding.as_deref().unwrap_or(NULL),
                &document.tokens.to_string(),
                &at,
                &at,
            ]);
        }
        self.end();
    }

    fn begin(&mut self, target: &str) {
        self.text.push_str("\nCOPY ");
        self.text.push_str(target);
        self.text.push_str(" FROM stdin;\n");
    }

    fn row(&mut self, fields: &[&str]) {
        for (number, field) in fields.iter().enumerate() {
            if number > 0 {
                self.text.push('\t');
            }
            self.text.push_str(field);
        }
        self.text.push('\n');
    }

    fn end(&mut self) {
        self.text.push_str("\\.\n");
    }
}

/// A value in COPY's text format: <https://www.postgresql.org/docs/current/sql-copy.html>.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + value.len() / 16);
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
    text
}

/// Seconds of the Unix epoch as a timestamp in UTC. Days to civil date after Howard Hinnant,
/// "chrono-compatible low-level date algorithms", for dates after 1970.
fn timestamp(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // March is month 0: the leap day is then the last day of the year.
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}+00")
}

#[cfg(test)]
mod tests {
    use super::{escaped, timestamp};

    #[test]
    fn values_are_escaped_for_copy() {
        let check = |value, expected| assert_eq!(escaped(value), expected);
        check("plain ü", "plain ü");
        check("a\tb\nc\r\\", "a\\tb\\nc\\r\\\\");
        check("\\.", "\\\\.");
        check("\\N", "\\\\N");
    }

    #[test]
    fn seconds_become_dates() {
        let check = |seconds, expected| assert_eq!(timestamp(seconds), expected);
        check(0, "1970-01-01 00:00:00+00");
        check(951_782_399, "2000-02-28 23:59:59+00");
        check(951_782_400, "2000-02-29 00:00:00+00");
        check(1_709_164_800, "2024-02-29 00:00:00+00");
        check(1_735_689_599, "2024-12-31 23:59:59+00");
        check(1_688_169_600, "2023-07-01 00:00:00+00");
    }
}
