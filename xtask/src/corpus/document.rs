//! One document of the corpus: what a row of `documents` says.

use super::crates::Source;
use super::hash::{stable, uuid};
use super::{embed, extract};
use serde_json::json;

/// Where a document is cut: about what a documentation server stores as one page.
const CONTENT_BYTES_MAX: usize = 32 * 1024;
/// A page of fewer words says nothing worth finding.
const WORDS_MIN: usize = 12;
/// From here on there is enough text for an embedding to mean something. Shorter documents have none, as in
/// production, where embeddings come later than documents.
const EMBEDDED_WORDS_MIN: usize = 50;

/// 2023-07-01 00:00 UTC, in seconds of the Unix epoch: the first document.
const FIRST: u64 = 1_688_169_600;
/// Three years, over which documents are spread.
const SPAN_S: u64 = 3 * 365 * 86_400;

pub(super) struct Document {
    pub(super) id: String,
    pub(super) source: String,
    /// `<version>/<path in the crate>`: two versions of a crate are one source, and must not share a path.
    pub(super) path: String,
    pub(super) content: String,
    pub(super) metadata: String,
    pub(super) embedding: Option<String>,
    pub(super) tokens: usize,
    /// Seconds of the Unix epoch.
    pub(super) created_at: u64,
}

impl Document {
    /// Every document of a crate, whose counts are then known.
    pub(super) fn all_of(source: &mut Source) -> Vec<Self> {
        let files = source.files();
        let documents: Vec<_> =
            files.iter().filter_map(|(path, text)| Self::of(source, path, text)).collect();
        source.documents = documents.len();
        source.tokens = documents.iter().map(|document| document.tokens).sum();
        documents
    }

    fn of(source: &Source, path: &str, text: &str) -> Option<Self> {
        let rust = path.strip_suffix(".rs").is_some();
        let page = if rust { extract::markdown(text) } else { text.to_owned() };
        let content = cut(page.trim(), CONTENT_BYTES_MAX).replace('\0', "");
        let words = content.split_whitespace().count();
        if words < WORDS_MIN {
            return None;
        }
        let path = format!("{}/{path}", source.version);
        let key = format!("rust/{}/{path}", source.name);
        Some(Self {
            id: uuid(&key),
            source: source.name.clone(),
            metadata: metadata(source, rust, words),
            embedding: (words >= EMBEDDED_WORDS_MIN).then(|| embed::vector(&content)),
            // The rule of thumb for English and code: four bytes are a token.
            tokens: content.len().div_ceil(4),
            created_at: FIRST + stable(&key) % SPAN_S,
            path,
            content,
        })
    }
}

fn metadata(source: &Source, rust: bool, words: usize) -> String {
    let complexity = match words {
        0..200 => "beginner",
        200..1000 => "intermediate",
        _ => "advanced",
    };
    let mut numbers = source.version.splitn(3, '.');
    let api_version = [numbers.next().unwrap_or("0"), numbers.next().unwrap_or("0")].join(".");
    let format = if rust { "rustdoc" } else { "markdown" };
    json!({
        "format": format,
        "complexity": complexity,
        "category": source.category,
        "topic": source.topic,
        "api_version": api_version,
        "crate_name": source.name,
        "crate_version": source.version,
    })
    .to_string()
}

/// The longest beginning of a text that has at most so many bytes and ends between two characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::{Document, Source};

    fn document(path: &str, text: &str) -> Option<Document> {
        Document::of(&Source::new("serde", "1.2.3", ""), path, text)
    }

    #[test]
    fn a_short_page_is_none_and_a_long_one_is_cut() {
        assert!(document("README.md", "too short").is_none());
        let long = document("README.md", &"é ".repeat(40_000)).expect("a document");
        assert!(long.content.len() <= super::CONTENT_BYTES_MAX);
        assert!(long.embedding.is_some());
    }

    #[test]
    fn a_row_says_where_it_comes_from() {
        let text = "one two three ".repeat(5);
        let document = document("README.md", &text).expect("a document");
        assert_eq!(document.path, "1.2.3/README.md");
        assert_eq!(document.source, "serde");
        assert_eq!(document.embedding, None);
        assert_eq!(
            document.metadata,
            r#"{"api_version":"1.2","category":"uncategorized","complexity":"beginner","crate_name":"serde","crate_version":"1.2.3","format":"markdown","topic":"serde"}"#
        );
    }
}
