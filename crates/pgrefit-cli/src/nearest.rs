//! "Did you mean …?"

/// The candidate most like `word`, if one is alike enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_alike_is_near() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(nearest(word, ["migrations.dir", "baseline.version"]), expected, "{word}");
        };
        check("migration.dir", Some("migrations.dir"));
        check("baselin.versoin", Some("baseline.version"));
        check("color", None);
    }
}
