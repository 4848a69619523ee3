//! An embedding without a model: signed feature hashing of the words (Weinberger et al., "Feature Hashing for
//! Large Scale Multitask Learning", 2009). Texts that share words lie close to each other, so exact search
//! gives sensible answers.

use super::hash::stable;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Dimensions of the column `embedding`.
const DIMENSIONS: usize = 3072;

/// The text's embedding as pgvector reads it, of length 1 in the Euclidean norm. Only operations that IEEE
/// 754 defines exactly are used, so every machine computes the same digits.
pub(super) fn vector(text: &str) -> String {
    literal(&embedding(text))
}

fn embedding(text: &str) -> Vec<f64> {
    let mut vector = vec![0.0; DIMENSIONS];
    for (word, count) in counts(text) {
        let hash = stable(word);
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        // A word that comes nine times weighs three times as much, or "the" would drown the rest.
        vector[dimension(hash)] += sign * f64::from(count).sqrt();
    }
    let norm = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    if norm > 0.0 {
        for value in &mut vector {
            *value /= norm;
        }
    }
    vector
}

fn dimension(hash: u64) -> usize {
    usize::try_from(hash % DIMENSIONS as u64).unwrap_or_default()
}

fn counts(text: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    for word in words.filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    counts
}

/// Four decimals are 1/200 of a typical value, far below what changes the order of two neighbours.
fn literal(vector: &[f64]) -> String {
    let mut text = String::with_capacity(vector.len() * 3);
    for value in vector {
        text.push(if text.is_empty() { '[' } else { ',' });
        if value.abs() < 0.000_05 {
            text.push('0');
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "{value:.4}");
        }
    }
    text.push(']');
    text
}

#[cfg(test)]
mod tests {
    use super::{DIMENSIONS, embedding, vector};

    fn similarity(a: &str, b: &str) -> f64 {
        let (a, b) = (embedding(a), embedding(b));
        a.iter().zip(&b).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn the_vector_has_its_dimensions_and_length_one() {
        let norm = |text| similarity(text, text);
        assert!((norm("one two two three") - 1.0).abs() < 1e-9);
        assert!(norm("").abs() < 1e-9);
        assert_eq!(vector("one").split(',').count(), DIMENSIONS);
    }

    #[test]
    fn shared_words_bring_texts_together() {
        let near = similarity("a pool of database connections", "a connection pool, a database");
        let far = similarity("a pool of database connections", "parse tokens from text");
        assert!(near > 0.3 && near > far, "near {near}, far {far}");
    }
}
