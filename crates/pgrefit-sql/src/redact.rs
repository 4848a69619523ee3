//! Statements as they may stand in a report: not too long, and without passwords.

/// Longer texts are cut.
const CHARACTERS_MAX: usize = 2000;

/// The text, cut, and without quoted values if it speaks of a password.
#[must_use]
pub fn without_passwords(text: &str) -> String {
    let text =
        if text.to_ascii_lowercase().contains("password") { without_literals(text) } else { text.to_owned() };
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Each `'…'` and `$tag$…$tag$` emptied. What is left open is taken for quoted to its end.
fn without_literals(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '$']) {
        let (before, quoted) = rest.split_at(at);
        kept.push_str(before);
        let Some(delimiter) = delimiter(quoted) else {
            kept.push('$');
            rest = &quoted[1..];
            continue;
        };
        kept.push_str("'…'");
        let inside = &quoted[delimiter.len()..];
        rest = inside.find(delimiter).map_or("", |end| &inside[end + delimiter.len()..]);
    }
    kept + rest
}

/// What opens a quoted value, and closes it.
fn delimiter(text: &str) -> Option<&str> {
    if text.starts_with('\'') {
        return Some(&text[..1]);
    }
    let end = text[1..].find('$')? + 1;
    let is_tag = text[1..end].chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_tag && !text[1..].starts_with(|c: char| c.is_ascii_digit())).then(|| &text[..=end])
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_password_is_not_shown() {
        let check = |text: &str, expected: &str| assert_eq!(super::without_passwords(text), expected);
        check("SELECT 'a'", "SELECT 'a'");
        check("ALTER ROLE r PASSWORD 'x'", "ALTER ROLE r PASSWORD '…'");
        check("CREATE ROLE r password 'it''s' LOGIN", "CREATE ROLE r password '…''…' LOGIN");
        check("DO $a$ password 'x' $a$; SELECT 1", "DO '…'; SELECT 1");
        check("PREPARE password AS SELECT $1, 'x", "PREPARE password AS SELECT $1, '…'");
        check("password $$x", "password '…'");
    }

    #[test]
    fn long_texts_are_cut() {
        let long = super::without_passwords(&"ä".repeat(3000));
        assert_eq!(long.chars().count(), 2001);
        assert!(long.ends_with('…'));
    }
}
