//! Texts without what people put into them: literals of statements, secrets of settings.

/// A statement in which every literal is `?`, without comments, blanks made one each.
///
/// A literal that the text ends in is cut off with it. Parameters (`$1`) and names stay.
pub(super) fn statement(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = if let Some(behind) = comment(rest) {
            blank(&mut out);
            behind
        } else if first.is_whitespace() {
            blank(&mut out);
            rest.trim_start()
        } else if let Some(behind) = literal(rest) {
            out.push('?');
            behind
        } else {
            let length = token(rest, first);
            out.push_str(&rest[..length]);
            &rest[length..]
        };
    }
    out.truncate(out.trim_end().len());
    out
}

/// The first `count` characters.
pub(super) fn cut(mut text: String, count: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(count) {
        text.truncate(at);
    }
    text
}

fn blank(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// What is behind the comment that `text` begins with.
fn comment(text: &str) -> Option<&str> {
    if text.starts_with("--") {
        return Some(text.find('\n').map_or("", |end| &text[end..]));
    }
    let mut rest = text.strip_prefix("/*")?;
    let mut depth = 1_u32;
    while depth > 0 {
        let open = rest.find("/*").unwrap_or(usize::MAX);
        let close = rest.find("*/").unwrap_or(usize::MAX);
        if open == usize::MAX && close == usize::MAX {
            return Some("");
        }
        depth = if open < close { depth + 1 } else { depth - 1 };
        rest = &rest[open.min(close) + 2..];
    }
    Some(rest)
}

/// What is behind the literal that `text` begins with.
fn literal(text: &str) -> Option<&str> {
    match text.as_bytes() {
        [b'\'', ..] => Some(string(&text[1..], false)),
        [b'U' | b'u', b'&', b'\'', ..] => Some(string(&text[3..], false)),
        [b'E' | b'e', b'\'', ..] => Some(string(&text[2..], true)),
        [b'B' | b'b' | b'X' | b'x' | b'N' | b'n', b'\'', ..] => Some(string(&text[2..], false)),
        [b'$', ..] => dollar(text),
        [b'0'..=b'9', ..] => Some(number(text)),
        _ => None,
    }
}

fn string(mut rest: &str, escapes: bool) -> &str {
    while let Some(at) = rest.find(['\'', '\\']) {
        let (found, behind) = rest[at..].split_at(1);
        let mut next = behind.chars();
        if found == "\\" {
            if escapes {
                next.next();
            }
            rest = next.as_str();
        } else if let Some(behind) = behind.strip_prefix('\'') {
            rest = behind;
        } else {
            return behind;
        }
    }
    ""
}

fn dollar(text: &str) -> Option<&str> {
    let end = text[1..].find(|c: char| !is_word(c) || c == '$')? + 1;
    if !text[end..].starts_with('$') || text[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let quote = &text[..=end];
    let body = &text[quote.len()..];
    Some(body.find(quote).map_or("", |at| &body[at + quote.len()..]))
}

fn number(text: &str) -> &str {
    let mut end = 0;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(end) {
        let signed =
            matches!(byte, b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E') && !text.starts_with("0x");
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || signed) {
            break;
        }
        end += 1;
    }
    &text[end..]
}

/// The length of what stays as it is: a name, a parameter, or a single character.
fn token(text: &str, first: char) -> usize {
    if first == '"' {
        return text[1..].find('"').map_or(text.len(), |end| end + 2);
    }
    if is_word(first) {
        return first.len_utf8()
            + text[first.len_utf8()..].find(|c| !is_word(c)).unwrap_or(text.len() - first.len_utf8());
    }
    first.len_utf8()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii() && !c.is_whitespace()
}

/// The value of the setting `name`, or `?` if it looks like a secret: `ALTER ROLE … SET app.jwt_secret` is a common place for one.
pub(super) fn setting(name: &str, value: String) -> String {
    const NAMES: [&str; 9] = [
        "password",
        "passwd",
        "secret",
        "token",
        "passphrase",
        "api_key",
        "apikey",
        "private_key",
        "credential",
    ];
    const VALUES: [&str; 4] = ["password=", "password =", "secret", "token="];
    let lower = value.to_ascii_lowercase();
    let named = name.contains('.') && NAMES.iter().any(|word| name.to_ascii_lowercase().contains(word));
    let login = lower
        .split_once("://")
        .is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|it| it.contains('@')));
    let is_secret =
        named || login || lower.starts_with("eyj") || VALUES.iter().any(|word| lower.contains(word));
    if is_secret && !value.is_empty() { "?".to_owned() } else { value }
}

/// The same of `name=value`.
pub(super) fn assignment(text: String) -> String {
    match text.split_once('=') {
        Some((name, value)) => format!("{name}={}", setting(name, value.to_owned())),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn literals_are_gone() {
        let check = |text, expected| assert_eq!(super::statement(text), expected, "{text}");
        check("ALTER ROLE a PASSWORD 'x'", "ALTER ROLE a PASSWORD ?");
        check("ALTER ROLE a PASSWORD 'x", "ALTER ROLE a PASSWORD ?");
        check("SELECT 'it''s', 1", "SELECT ?, ?");
        check("SELECT E'a\\'b' , e'\\\\', U&'\\0041', x'ff', B'01', N'n'", "SELECT ? , ?, ?, ?, ?, ?");
        check("SELECT 'a\\' || b", "SELECT ? || b");
        check("DO $$ x 'y' $$; SELECT $a$ $$ $b$ $a$ z", "DO ?; SELECT ? z");
        check("SELECT $a$ secret", "SELECT ?");
        check("SELECT $1, $12 FROM t1 WHERE a$b = $2", "SELECT $1, $12 FROM t1 WHERE a$b = $2");
        check("SELECT 1, -2.5, .5, 1e-10, 0xFF, 1_000, a1 + 1", "SELECT ?, -?, .?, ?, ?, ?, a1 + ?");
        check("SELECT 1-2, 1+2", "SELECT ?-?, ?+?");
        check("SELECT /* a /* 'b' */ c */ 1 -- 'secret'\n FROM \"t\"\"'1\"", "SELECT ? FROM \"t\"\"'1\"");
        check("SELECT 1 /* secret", "SELECT ?");
        check("SELECT 1 -- secret", "SELECT ?");
        check("SELECT  a\n\t FROM ä WHERE ö = 'ü'", "SELECT a FROM ä WHERE ö = ?");
        check("SELECT \"open 'x", "SELECT \"open 'x");
        check("", "");
        check("é'", "é?");
        check("name'x' DATE'2020-01-01'", "name? DATE?");
    }

    #[test]
    fn secrets_of_settings_are_gone() {
        let check = |name, value: &str, expected| {
            assert_eq!(super::setting(name, value.to_owned()), expected, "{name}");
        };
        check("app.settings.jwt_secret", "hunter2", "?");
        check("app.jwt", "eyJhbGciOiJIUzI1NiJ9", "?");
        check("password_encryption", "scram-sha-256", "scram-sha-256");
        check("primary_conninfo", "host=a password=b", "?");
        check("primary_conninfo", "postgres://u:p@h/d", "?");
        check("primary_conninfo", "host=a user=b", "host=a user=b");
        check("archive_command", "cp %p /archive/%f", "cp %p /archive/%f");
        check("search_path", "\"$user\", public", "\"$user\", public");
        assert_eq!(super::assignment("app.token=x=y".to_owned()), "app.token=?");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(super::cut("äöü".to_owned(), 2), "äö");
        assert_eq!(super::cut("ab".to_owned(), 2), "ab");
    }
}
