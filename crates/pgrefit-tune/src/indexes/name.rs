//! Names for indexes: told from the table and the keys, not taken, and not longer than PostgreSQL keeps.

use std::collections::BTreeSet;

use super::candidate::{Candidate, Key};

/// `NAMEDATALEN` - 1
const BYTES_MAX: usize = 63;

/// `idx_documents_source_name_created_at`; with a number, if that is taken. The name is taken from then on.
pub(super) fn free_name(candidate: &Candidate, taken: &mut BTreeSet<String>) -> String {
    let keys: Vec<String> = candidate.keys.iter().map(word).collect();
    let covering = if candidate.included.is_empty() { "" } else { "_covering" };
    let partial = if candidate.predicate.is_some() { "_partial" } else { "" };
    let whole = format!("idx_{}_{}{covering}{partial}", plain(&candidate.table.name), keys.join("_"));
    free(&whole, taken)
}

/// A name as it is; with a number, if that is taken. It is taken from then on.
pub(super) fn free(whole: &str, taken: &mut BTreeSet<String>) -> String {
    free_with("", whole, taken)
}

/// `name_p3` for the part of an index in the third partition.
pub(super) fn part_name(name: &str, number: usize, taken: &mut BTreeSet<String>) -> String {
    free_with(&format!("_p{number}"), name, taken)
}

/// What is too long is cut before the end, not in it.
fn free_with(end: &str, whole: &str, taken: &mut BTreeSet<String>) -> String {
    let with = |end: &str| format!("{}{end}", cut(whole, BYTES_MAX - end.len()));
    let mut name = with(end);
    let mut number = 2;
    while taken.contains(&name) {
        name = with(&format!("{end}_{number}"));
        number += 1;
    }
    taken.insert(name.clone());
    name
}

/// The column, or the last literal or name of an expression.
fn word(key: &Key) -> String {
    let text = key.column.clone().unwrap_or_else(|| {
        let quoted: Vec<&str> = key.sql.split('\'').collect();
        let literal = quoted.get(1).filter(|_| key.sql.contains("->")).map(|text| (*text).to_owned());
        let columns = || key.columns.iter().cloned().collect::<Vec<_>>().join("_");
        let function = key.sql.split_once('(').map(|(function, _)| function.to_owned());
        literal.unwrap_or_else(|| format!("{} {}", function.unwrap_or_default(), columns()))
    });
    plain(&text)
}

/// Lower-case letters, digits and `_`.
fn plain(text: &str) -> String {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let folded: String = text.chars().map(fold).collect();
    folded.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// All characters are ASCII.
fn cut(name: &str, bytes: usize) -> String {
    name.get(..bytes).unwrap_or(name).trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::Name;

    use super::*;
    use crate::indexes::candidate::Method;

    fn check(table: &str, keys: &[(&str, bool)], taken: &[&str], expected: &str) {
        let key = |(sql, is_column): &(&str, bool)| Key {
            sql: (*sql).to_owned(),
            column: is_column.then(|| (*sql).to_owned()),
            columns: ["content".to_owned()].into(),
            class: None,
            is_descending: false,
            nulls_first: false,
            may_be_long: false,
        };
        let candidate = Candidate {
            table: Name::new("public", table),
            method: Method::Btree,
            keys: keys.iter().map(key).collect(),
            free: 0,
            strict: 0,
            included: Vec::new(),
            predicate: None,
            purpose: String::new(),
            wanted_by: BTreeSet::new(),
            benefit: 0.0,
            bundle: None,
            instead: Vec::new(),
        };
        let mut taken: BTreeSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(free_name(&candidate, &mut taken), expected);
        assert!(taken.contains(expected));
    }

    #[test]
    fn names_tell_table_and_keys() {
        check(
            "documents",
            &[("source_name", true), ("created_at", true)],
            &[],
            "idx_documents_source_name_created_at",
        );
        check("documents", &[("metadata ->> 'crate_name'::text", false)], &[], "idx_documents_crate_name");
        check("documents", &[("lower(content)", false)], &[], "idx_documents_lower_content");
        check("Mixed \"Case\"", &[("Größe", true)], &[], "idx_mixed_case_gr_e");
        check("t", &[("a", true)], &["idx_t_a", "idx_t_a_2"], "idx_t_a_3");
    }

    #[test]
    fn parts_have_names_of_their_own() {
        let check = |name: &str, taken: &[&str], expected: &[&str]| {
            let mut taken: BTreeSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
            let found: Vec<String> =
                (1..=expected.len()).map(|number| part_name(name, number, &mut taken)).collect();
            assert_eq!(found, expected);
        };
        check("idx_t_a", &[], &["idx_t_a_p1", "idx_t_a_p2"]);
        check("idx_t_a", &["idx_t_a_p2"], &["idx_t_a_p1", "idx_t_a_p2_2"]);
        // Two indexes whose names differ at the end only.
        let (long, other) = (format!("{}_2", "a".repeat(61)), format!("{}_p1", "a".repeat(60)));
        check(&long, &[&other], &[&format!("{}_p1_2", "a".repeat(58))]);
    }

    #[test]
    fn names_are_cut() {
        let long = "a".repeat(100);
        check(&long, &[("b", true)], &[], &format!("idx_{}", "a".repeat(59)));
    }
}
