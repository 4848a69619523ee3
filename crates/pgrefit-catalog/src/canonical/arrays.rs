//! A cast of an array constructor is a cast of its elements.
//!
//! `(ARRAY[a, b])::text[]` is what a server prints of an `IN` list whose elements were coerced; read again, as by a restore, the
//! parser gives the cast to each element (`transformArrayExpr` in `parse_expr.c`), and the same server prints
//! `ARRAY[(a)::text, (b)::text]`.

/// Gives such casts to the elements, from the inside out.
pub(super) fn spread(mut tokens: Vec<&str>) -> Vec<&str> {
    let mut at = tokens.len();
    while at > 0 {
        at -= 1;
        if let Some(cast) = Cast::at(&tokens, at) {
            let spread = cast.spread(&tokens);
            tokens.splice(at..cast.end, spread);
        }
    }
    tokens
}

/// `( ARRAY [ … ] ) :: type [ ]`
struct Cast {
    /// The tokens of the elements.
    elements: std::ops::Range<usize>,
    /// The tokens of the type of one element.
    kind: std::ops::Range<usize>,
    /// Behind the last token.
    end: usize,
}

impl Cast {
    fn at(tokens: &[&str], at: usize) -> Option<Self> {
        let has = |index: usize, text: &str| tokens.get(index).is_some_and(|token| *token == text);
        if !(has(at, "(") && has(at + 1, "ARRAY") && has(at + 2, "[")) {
            return None;
        }
        let close = closing(tokens, at + 2)?;
        if !(has(close + 1, ")") && has(close + 2, ":") && has(close + 3, ":")) {
            return None;
        }
        let kind = close + 4;
        let length = tokens[kind..].iter().position(|token| *token == "[")?;
        let named = tokens[kind..kind + length].iter().all(|token| is_of_type(token));
        let end = kind + length + 2;
        let is_one = has(end - 1, "]") && !has(end, "[");
        (named && length > 0 && is_one).then_some(Self {
            elements: at + 3..close,
            kind: kind..kind + length,
            end,
        })
    }

    fn spread<'a>(&self, tokens: &[&'a str]) -> Vec<&'a str> {
        let mut spread = vec!["ARRAY", "["];
        for (index, element) in split(&tokens[self.elements.clone()]).into_iter().enumerate() {
            if index > 0 {
                spread.push(",");
            }
            spread.push("(");
            spread.extend_from_slice(element);
            spread.extend_from_slice(&[")", ":", ":"]);
            spread.extend_from_slice(&tokens[self.kind.clone()]);
        }
        spread.push("]");
        spread
    }
}

/// Whether a token may stand in the name of a type: words, a dot, a modifier.
fn is_of_type(token: &str) -> bool {
    matches!(token, "." | "(" | ")" | ",")
        || token.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"')
}

/// The bracket that closes the one at `open`.
fn closing(tokens: &[&str], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match *token {
            "[" | "(" => depth += 1,
            "]" | ")" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The elements between the commas that stand outside of all brackets.
fn split<'t, 'a>(tokens: &'t [&'a str]) -> Vec<&'t [&'a str]> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match *token {
                "[" | "(" => depth += 1,
                "]" | ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == ","
        })
        .filter(|element| !element.is_empty())
        .collect()
}
