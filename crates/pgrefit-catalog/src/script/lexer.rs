//! The tokens of a definition that a server printed: no comments, no dollar quotes.

/// A token of a definition that a server printed.
pub(super) enum Token<'a> {
    /// An identifier or a key word as the server reads it, and its length as written.
    Word(String, usize),
    /// What a literal says, and its length as written.
    Literal(String, usize),
    /// One character of anything else, a blank too.
    Other(&'a str),
}

impl Token<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Word(_, len) | Self::Literal(_, len) => *len,
            Self::Other(text) => text.len(),
        }
    }
}

/// The token that `text` begins with.
pub(super) fn token(text: &str) -> Option<Token<'_>> {
    let first = text.chars().next()?;
    Some(match first {
        '"' => {
            let (word, len) = quoted(text, '"', false);
            Token::Word(word, len)
        }
        '\'' => {
            let (content, len) = quoted(text, '\'', false);
            Token::Literal(content, len)
        }
        'E' if text[1..].starts_with('\'') => {
            let (content, len) = quoted(&text[1..], '\'', true);
            Token::Literal(content, len + 1)
        }
        _ if is_word(first) => {
            let len = text.find(|c| !is_word(c)).unwrap_or(text.len());
            Token::Word(text[..len].to_owned(), len)
        }
        _ => Token::Other(&text[..first.len_utf8()]),
    })
}

/// The content of a text that begins with `quote`, and its length with both quotes.
fn quoted(text: &str, quote: char, escapes: bool) -> (String, usize) {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return (content, at + c.len_utf8());
        }
        match c {
            '\\' if escapes => content.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => content.push(c),
        }
    }
    (content, text.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// `text` cut into its tokens as written.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(token) = token(rest) {
        let (piece, after) = rest.split_at(token.len());
        pieces.push(piece);
        rest = after;
    }
    pieces
}
