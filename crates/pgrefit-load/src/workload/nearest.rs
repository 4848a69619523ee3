//! "Did you mean …?"

/// The known key most like the unknown one, from the message of the TOML reader: "unknown field `budgte`, expected one of
/// `name`, `budget`".
pub(super) fn nearest(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next().filter(|_| message.starts_with("unknown field"))?;
    words
        .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min()
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_alike_is_near() {
        let check = |message: &str, expected: Option<&str>| assert_eq!(nearest(message).as_deref(), expected);
        check("unknown field `budgte`, expected one of `name`, `budget`", Some("budget"));
        check("unknown field `color`, expected `name` or `budget`", None);
        check("missing field `name`", None);
    }
}
