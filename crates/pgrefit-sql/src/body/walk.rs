//! A walk over a body in PL/pgSQL that finds its pieces of SQL.
//!
//! The server's own scanner of PL/pgSQL knows no SQL either: it looks for the words and the semicolon that end a piece,
//! and hands the text between to the SQL parser. Here it is done the same way, in one pass and without recursion.

use squawk_lexer::TokenKind;

use super::piece::{Kind, Piece};
use super::words::Words;

/// The pieces of a body, and whether it ends transactions.
pub(super) fn pieces(text: &str) -> (Vec<Piece>, bool) {
    let words = Words::of(text);
    let mut walk = Walk {
        text,
        words,
        at: 0,
        scopes: Vec::new(),
        pieces: Vec::new(),
        branches: 0,
        ends_transactions: false,
    };
    while walk.at < walk.words.len() {
        let before = walk.at;
        walk.statement();
        if walk.at == before {
            walk.at += 1;
        }
    }
    (walk.pieces, walk.ends_transactions)
}

pub(super) struct Walk<'a> {
    pub(super) text: &'a str,
    pub(super) words: Words<'a>,
    pub(super) at: usize,
    scopes: Vec<Scope>,
    pieces: Vec<Piece>,
    branches: u32,
    ends_transactions: bool,
}

/// What is open: an `END` closes it.
struct Scope {
    kind: ScopeKind,
    /// The number of the branch, where what happens depends on a condition or may happen more than once.
    branch: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ScopeKind {
    Block,
    /// The part of a block behind `EXCEPTION`.
    Handlers,
    If,
    Case,
    Loop,
}

/// Words that never are the name of a variable.
const RESERVED: [&str; 22] = [
    "all", "begin", "by", "case", "declare", "else", "end", "execute", "for", "foreach", "from", "if", "in",
    "into", "loop", "not", "null", "or", "then", "to", "when", "while",
];

impl Walk<'_> {
    /// One statement, or the head of one that holds others.
    fn statement(&mut self) {
        let at = self.at;
        if self.words.kind(at) == TokenKind::Semi {
            self.at += 1;
        } else if self.is_label(at) {
            self.at += 5;
        } else if self.words.kind(at) == TokenKind::Pound {
            // `#variable_conflict use_column`
            self.at += 3;
        } else if !self.words.is_any(at, &RESERVED) && self.assigned(at).is_some() {
            self.assignment();
        } else if !self.head() && !self.simple() {
            self.sql();
        }
    }

    /// `<<label>>`, which the scanner gives as five words.
    fn is_label(&self, at: usize) -> bool {
        let is = |at, kind| self.words.kind(at) == kind;
        is(at, TokenKind::Lt)
            && is(at + 1, TokenKind::Lt)
            && is(at + 3, TokenKind::Gt)
            && is(at + 4, TokenKind::Gt)
    }

    /// Statements that hold others.
    fn head(&mut self) -> bool {
        let at = self.at;
        let word = self.words.text(at).to_ascii_lowercase();
        if self.words.kind(at) != TokenKind::Ident {
            return false;
        }
        match word.as_str() {
            "declare" => self.declarations(),
            "begin" => {
                self.open(ScopeKind::Block);
                self.at += 1;
            }
            "exception" if self.is_in(ScopeKind::Block) => {
                self.scopes.pop();
                self.open(ScopeKind::Handlers);
                self.at += 1;
            }
            "end" => self.end(),
            "if" => {
                self.condition("then");
                self.open(ScopeKind::If);
            }
            "elsif" | "elseif" => {
                self.next_branch();
                self.condition("then");
            }
            "else" => {
                self.next_branch();
                self.at += 1;
            }
            "case" => {
                let end = self.words.find(at + 1, &["when"]);
                self.expression(at + 1, end);
                self.at = end;
                self.open(ScopeKind::Case);
            }
            "when" => {
                self.next_branch();
                // The conditions of a handler are names of errors.
                if self.is_in(ScopeKind::Handlers) {
                    self.at = (self.words.find(at + 1, &["then"]) + 1).min(self.words.len());
                } else {
                    self.condition("then");
                }
            }
            "loop" => {
                self.open(ScopeKind::Loop);
                self.at += 1;
            }
            "while" => {
                self.open(ScopeKind::Loop);
                self.condition("loop");
            }
            "for" => self.for_loop(),
            "foreach" => {
                let array = self.words.find(at, &["array"]);
                self.at = array;
                self.condition("loop");
                self.open(ScopeKind::Loop);
            }
            _ => return false,
        }
        true
    }

    fn end(&mut self) {
        let closes = |kind: ScopeKind| match () {
            () if self.words.is(self.at + 1, "if") => kind == ScopeKind::If,
            () if self.words.is(self.at + 1, "case") => kind == ScopeKind::Case,
            () if self.words.is(self.at + 1, "loop") => kind == ScopeKind::Loop,
            () => matches!(kind, ScopeKind::Block | ScopeKind::Handlers),
        };
        if let Some(open) = self.scopes.iter().rposition(|scope| closes(scope.kind)) {
            self.scopes.truncate(open);
        }
        // `END LOOP label;`
        self.at = self.words.find(self.at, &[]);
    }

    /// `FOR … IN` rows of a query, of a dynamic query or of a cursor, or numbers.
    fn for_loop(&mut self) {
        let start = self.words.find(self.at, &["in"]) + 1;
        if self.words.is(start, "execute") {
            self.at = start;
            self.dynamic(&["using", "loop"]);
            self.at = self.words.find(self.at, &["loop"]);
        } else {
            let end = self.words.find(start, &["loop"]);
            let dots = self.words.find_kind(start, &["loop"], |kind| kind == TokenKind::DotDot);
            let is_name = self.words.is_name(start) && !self.words.is_any(start, &["select", "values"]);
            let is_cursor = is_name
                && (start + 1 == end
                    || self.words.kind(start + 1) == TokenKind::OpenParen
                        && self.words.kind(end.saturating_sub(1)) == TokenKind::CloseParen);
            if dots < end {
                let from = start + usize::from(self.words.is(start, "reverse"));
                self.expression(from, dots);
                self.expression(dots + 1, end);
            } else if !is_cursor {
                self.piece(Kind::Sql, start, end);
            }
            self.at = end;
        }
        self.at = (self.at + 1).min(self.words.len());
        self.open(ScopeKind::Loop);
    }

    /// An expression up to a word, which is passed.
    fn condition(&mut self, end: &str) {
        let to = self.words.find(self.at + 1, &[end]);
        self.expression(self.at + 1, to);
        self.at = (to + 1).min(self.words.len());
    }

    fn open(&mut self, kind: ScopeKind) {
        let branch = (kind != ScopeKind::Block).then(|| self.branch());
        self.scopes.push(Scope { kind, branch });
    }

    fn is_in(&self, kind: ScopeKind) -> bool {
        self.scopes.last().is_some_and(|scope| scope.kind == kind)
    }

    fn next_branch(&mut self) {
        let branch = self.branch();
        if let Some(scope) = self.scopes.last_mut().filter(|scope| scope.branch.is_some()) {
            scope.branch = Some(branch);
        }
    }

    fn branch(&mut self) -> u32 {
        self.branches += 1;
        self.branches
    }

    pub(super) fn ends_transaction(&mut self) {
        self.ends_transactions = true;
    }

    /// Takes the words from one to another for a piece.
    pub(super) fn piece(&mut self, kind: Kind, from: usize, to: usize) {
        let range = self.words.range(from, to);
        let text = self.text[range.clone()].to_owned();
        self.piece_of_text(kind, from, to, text);
    }

    /// As [`Walk::piece`], with a text that was worked on.
    pub(super) fn piece_of_text(&mut self, kind: Kind, from: usize, to: usize, text: String) {
        let range = self.words.range(from, to);
        if range.is_empty() {
            return;
        }
        let is = |wanted: &[ScopeKind]| self.scopes.iter().any(|scope| wanted.contains(&scope.kind));
        self.pieces.push(Piece {
            kind,
            range,
            text,
            in_loop: is(&[ScopeKind::Loop]),
            conditional: is(&[ScopeKind::If, ScopeKind::Case, ScopeKind::Handlers]),
            branch: self.scopes.iter().filter_map(|scope| scope.branch).collect(),
        });
    }

    pub(super) fn expression(&mut self, from: usize, to: usize) {
        self.piece(Kind::Expression, from, to);
    }

    /// The text behind the word `EXECUTE`, up to one of these words.
    pub(super) fn dynamic(&mut self, ends: &[&str]) {
        let from = self.at + 1;
        self.at = self.words.find(from, ends);
        self.piece(Kind::Dynamic, from, self.at);
    }
}
