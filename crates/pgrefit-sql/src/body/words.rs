//! The words of a procedural body, as the server's scanner divides them: strings, comments and dollar quotes are whole.

use std::ops::Range;

use squawk_lexer::{TokenKind, tokenize};

/// A text as its words, blanks and comments left out.
pub(super) struct Words<'a> {
    text: &'a str,
    words: Vec<Word>,
}

struct Word {
    kind: TokenKind,
    range: Range<usize>,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut start = 0;
        let mut words = Vec::new();
        for token in tokenize(text) {
            let range = start..start + token.len as usize;
            start = range.end;
            let is_word = !matches!(
                token.kind,
                TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. }
            );
            if is_word {
                words.push(Word { kind: token.kind, range });
            }
        }
        Self { text, words }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn kind(&self, at: usize) -> TokenKind {
        self.words.get(at).map_or(TokenKind::Eof, |word| word.kind)
    }

    pub(super) fn text(&self, at: usize) -> &'a str {
        self.words.get(at).map_or("", |word| &self.text[word.range.clone()])
    }

    /// Whether the word is this one, unquoted.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.kind(at) == TokenKind::Ident && self.text(at).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// Whether the word may be the name of a variable.
    pub(super) fn is_name(&self, at: usize) -> bool {
        matches!(
            self.kind(at),
            TokenKind::Ident | TokenKind::QuotedIdent { .. } | TokenKind::PositionalParam { .. }
        )
    }

    /// The bytes from one word to another, which is not part of them.
    pub(super) fn range(&self, from: usize, to: usize) -> Range<usize> {
        match (self.words.get(from), to.checked_sub(1).and_then(|last| self.words.get(last))) {
            (Some(first), Some(last)) if from < to => first.range.start..last.range.end,
            (Some(first), _) => first.range.start..first.range.start,
            (None, _) => self.text.len()..self.text.len(),
        }
    }

    /// Where the first of these words stands outside of brackets and `CASE … END`, or a semicolon outside of brackets,
    /// or the end.
    pub(super) fn find(&self, from: usize, stops: &[&str]) -> usize {
        self.find_kind(from, stops, |_| false)
    }

    /// As [`Words::find`], and also at other tokens.
    pub(super) fn find_kind(&self, from: usize, stops: &[&str], stop: impl Fn(TokenKind) -> bool) -> usize {
        let (mut brackets, mut cases) = (0_usize, 0_usize);
        for at in from..self.len() {
            match self.kind(at) {
                kind if brackets == 0 && cases == 0 && stop(kind) => return at,
                TokenKind::OpenParen | TokenKind::OpenBracket => brackets += 1,
                TokenKind::CloseParen | TokenKind::CloseBracket => brackets = brackets.saturating_sub(1),
                TokenKind::Semi if brackets == 0 => return at,
                TokenKind::Ident if brackets == 0 => {
                    if cases == 0 && self.is_any(at, stops) {
                        return at;
                    }
                    if self.is(at, "case") {
                        cases += 1;
                    } else if self.is(at, "end") {
                        cases = cases.saturating_sub(1);
                    }
                }
                _ => {}
            }
        }
        self.len()
    }

    /// The semicolon behind a statement of SQL, or the end. One with a body of its own, `BEGIN ATOMIC … END`, has
    /// semicolons inside.
    pub(super) fn end_of_sql(&self, from: usize) -> usize {
        if !self.is(from, "create") {
            return self.find(from, &[]);
        }
        let (mut at, mut depth) = (from, 0_usize);
        loop {
            let next = self.find(at, &["begin"]);
            if self.is(next, "begin") && self.is(next + 1, "atomic") {
                depth += 1;
                at = next + 2;
                continue;
            }
            if self.is(next, "begin") {
                at = next + 1;
                continue;
            }
            // The body is over when the statement behind a semicolon is `END`.
            if depth > 0 && next < self.len() {
                at = next + 1;
                if self.is(at, "end") {
                    depth -= 1;
                    at += 1;
                }
                continue;
            }
            return next;
        }
    }
}
