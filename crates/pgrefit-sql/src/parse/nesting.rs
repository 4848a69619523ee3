//! How deep a text may nest, told from its words without a parse.

use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// How many levels an open `BEGIN ATOMIC` counts for.
const ATOMIC: usize = 10;
/// How many words an open bracket counts for: the parser takes several steps for it, and looks ahead from each of them.
const BRACKET: usize = 4;
/// Deeper statements are remembered.
const REMEMBERED: usize = 100;

/// What was found in a text.
#[derive(Default)]
pub(super) struct Nesting {
    /// The words of the longest statement.
    pub(super) longest: usize,
    /// An upper bound of how deep the parser recurses: each word of the innermost item and of all items around it. A
    /// comma begins a new item of its list, and only set operations go on behind one.
    pub(super) deepest: usize,
    deep: Vec<(Range<usize>, usize)>,
}

impl Nesting {
    /// Looks at a text, and into the bodies of its functions, which the parser also parses.
    pub(super) fn of(text: &str) -> Self {
        Scan::default().scan(text, true)
    }

    /// Where the first statement deeper than this begins.
    pub(super) fn first_deep(&self, levels: usize) -> Option<usize> {
        self.deep.iter().find(|(_, depth)| *depth > levels).map(|(range, _)| range.start)
    }

    /// The text with blanks for the statements that are deeper than this; comments stay, and every byte its place.
    pub(super) fn without_deep(&self, text: &str, levels: usize) -> String {
        let mut rest = String::with_capacity(text.len());
        let mut deep =
            self.deep.iter().filter(|(_, depth)| *depth > levels).map(|(range, _)| range).peekable();
        for token in tokenize(text) {
            let range = rest.len()..rest.len() + token.len as usize;
            while deep.next_if(|deep| deep.end <= range.start).is_some() {}
            let is_deep = deep.peek().is_some_and(|deep| deep.start <= range.start);
            if is_deep && !is_trivia(token.kind) {
                rest.extend(std::iter::repeat_n(' ', range.len()));
            } else {
                rest.push_str(&text[range]);
            }
        }
        rest
    }
}

#[derive(Default)]
struct Scan {
    found: Nesting,
    /// Items of the open brackets, outermost first, without the level that is open now.
    outer: Vec<Level>,
    level: Level,
    atomic: usize,
    statement: Statement,
}

#[derive(Default, Clone, Copy)]
struct Level {
    words: usize,
    set_operations: usize,
}

#[derive(Default)]
struct Statement {
    start: Option<usize>,
    words: usize,
    deepest: usize,
    is_routine: bool,
    /// Words of all levels that are open.
    sum: usize,
}

impl Scan {
    fn scan(mut self, text: &str, bodies: bool) -> Nesting {
        let mut start = 0;
        for token in tokenize(text) {
            let range = start..start + token.len as usize;
            start = range.end;
            if is_trivia(token.kind) {
                continue;
            }
            if token.kind == TokenKind::Semi && self.outer.is_empty() {
                self.end_of_statement(range.end);
                continue;
            }
            self.statement.start.get_or_insert(range.start);
            self.statement.words += 1;
            self.word(token.kind, &text[range.clone()]);
            if bodies && self.statement.is_routine && is_string(token.kind) {
                let body = Self::default().scan(text[range].trim_matches(['\'', '$']), false);
                self.statement.words += body.longest;
                self.statement.deepest = self.statement.deepest.max(self.depth() + body.deepest);
            }
        }
        self.end_of_statement(text.len());
        self.found
    }

    fn word(&mut self, kind: TokenKind, text: &str) {
        match kind {
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenCurly => {
                self.count(BRACKET);
                self.outer.push(std::mem::take(&mut self.level));
            }
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseCurly => {
                if let Some(outer) = self.outer.pop() {
                    self.statement.sum -= self.level.words + self.level.set_operations;
                    self.level = outer;
                }
                self.count(1);
            }
            TokenKind::Comma | TokenKind::Semi => {
                self.statement.sum -= self.level.words;
                self.level.words = 0;
            }
            TokenKind::Ident => {
                self.count(1);
                let is = |word: &str| text.eq_ignore_ascii_case(word);
                if is("union") || is("intersect") || is("except") {
                    self.level.set_operations += 1;
                    self.statement.sum += 1;
                } else if is("atomic") {
                    self.atomic += 1;
                } else if is("end") {
                    self.atomic = self.atomic.saturating_sub(1);
                }
                let is_routine = is("function") || is("procedure");
                self.statement.is_routine |= is_routine && self.statement.words <= 5;
            }
            _ => self.count(1),
        }
    }

    fn count(&mut self, words: usize) {
        self.level.words += words;
        self.statement.sum += words;
        self.statement.deepest = self.statement.deepest.max(self.depth());
    }

    fn depth(&self) -> usize {
        self.statement.sum + self.atomic * ATOMIC
    }

    fn end_of_statement(&mut self, end: usize) {
        let Statement { start, words, deepest, .. } = std::mem::take(&mut self.statement);
        self.outer.clear();
        self.level = Level::default();
        self.found.longest = self.found.longest.max(words);
        self.found.deepest = self.found.deepest.max(deepest);
        if let Some(start) = start.filter(|_| deepest > REMEMBERED) {
            self.found.deep.push((start..end, deepest));
        }
    }
}

fn is_trivia(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. })
}

fn is_string(kind: TokenKind) -> bool {
    let TokenKind::Literal { kind } = kind else { return false };
    !matches!(kind, LiteralKind::Int { .. } | LiteralKind::Numeric { .. })
}
