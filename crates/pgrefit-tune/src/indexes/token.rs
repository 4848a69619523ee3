//! The words of an expression as the server writes it in a plan.

/// A word, and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What kind of word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or key word; unquoted, with `quoted` if it stood in quotes.
    Word { text: String, quoted: bool },
    /// A string or number.
    Literal,
    /// `$1`.
    Param(u32),
    /// `=`, `->>`, `@@`.
    Operator(String),
    /// `::`
    Cast,
    /// `(` or `[`
    Open,
    /// `)` or `]`
    Close,
    /// `,`
    Comma,
    /// `.`
    Dot,
}

impl Token {
    /// Whether it is this key word, which the server writes in capitals.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word { text, quoted: false } if text == word)
    }
}

/// The words of a text; none where something in it is not understood.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = next(&text[at..], first)?;
        found.push(Token { kind, start: at, end: at + length });
        at += length;
    }
    Some(found)
}

fn next(rest: &str, first: char) -> Option<(Kind, usize)> {
    match first {
        '(' | '[' => Some((Kind::Open, 1)),
        ')' | ']' => Some((Kind::Close, 1)),
        ',' => Some((Kind::Comma, 1)),
        '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => Some((Kind::Dot, 1)),
        ':' => rest.starts_with("::").then_some((Kind::Cast, 2)),
        '\'' => Some((Kind::Literal, literal(rest, false)?)),
        'E' if rest[1..].starts_with('\'') => Some((Kind::Literal, 1 + literal(&rest[1..], true)?)),
        'B' | 'X' if rest[1..].starts_with('\'') => Some((Kind::Literal, 1 + literal(&rest[1..], false)?)),
        '"' => quoted(rest),
        '$' => param(rest),
        _ if first.is_ascii_digit() || first == '.' => Some((Kind::Literal, number(rest))),
        _ if first.is_alphabetic() || first == '_' => Some(word(rest)),
        _ => operator(rest),
    }
}

/// The length of a string, with both quotes.
fn literal(rest: &str, escapes: bool) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' if escapes => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn quoted(rest: &str) -> Option<(Kind, usize)> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => {
                let text = rest[1..at].replace("\"\"", "\"");
                return Some((Kind::Word { text, quoted: true }, at + 1));
            }
            _ => at += 1,
        }
    }
    None
}

fn param(rest: &str) -> Option<(Kind, usize)> {
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    let number = rest[1..=digits].parse().ok()?;
    Some((Kind::Param(number), 1 + digits))
}

fn number(rest: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    rest.find(|c: char| !is_part(c)).unwrap_or(rest.len())
}

fn word(rest: &str) -> (Kind, usize) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
    (Kind::Word { text: rest[..length].to_owned(), quoted: false }, length)
}

fn operator(rest: &str) -> Option<(Kind, usize)> {
    let length = rest.bytes().take_while(|byte| b"+-*/<>=~!@#%^&|`?".contains(byte)).count();
    (length > 0).then(|| (Kind::Operator(rest[..length].to_owned()), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = tokens(text).map(|all| {
            let show = |token: &Token| match &token.kind {
                Kind::Word { text, quoted: true } => format!("\"{text}\""),
                Kind::Param(number) => format!("param {number}"),
                _ => text[token.start..token.end].to_owned(),
            };
            all.iter().map(show).collect::<Vec<_>>()
        });
        let found = found.unwrap_or_else(|| vec!["not understood".to_owned()]);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn words_are_told_apart() {
        check("(d.a = $12)", &["(", "d", ".", "a", "=", "param 12", ")"]);
        check("'it''s'::text", &["'it''s'", "::", "text"]);
        check(r"E'a\'b' || x", &[r"E'a\'b'", "||", "x"]);
        check(r#""Odd ""T"."c d" >= 1.5e3"#, &["\"Odd \"T\"", ".", "\"c d\"", ">=", "1.5e3"]);
        check("größe->>'k'", &["größe", "->>", "'k'"]);
        check("'{a,b}'::text[]", &["'{a,b}'", "::", "text", "[", "]"]);
        check("", &[]);
        check("'open", &["not understood"]);
        check("\"open", &["not understood"]);
        check("a ; b", &["not understood"]);
        check("$x", &["not understood"]);
    }
}
