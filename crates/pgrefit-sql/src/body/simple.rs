//! The statements of PL/pgSQL that hold no others, and declarations.

use squawk_lexer::TokenKind;

use super::piece::Kind;
use super::walk::Walk;

impl Walk<'_> {
    /// Statements of PL/pgSQL itself, up to their semicolon; says whether it is one.
    pub(super) fn simple(&mut self) -> bool {
        let at = self.at;
        if self.words.kind(at) != TokenKind::Ident {
            return false;
        }
        let end = self.words.find(at, &[]);
        match self.words.text(at).to_ascii_lowercase().as_str() {
            "null" | "get" | "fetch" | "move" | "close" => {}
            "commit" | "rollback" => self.ends_transaction(),
            "exit" | "continue" => {
                let when = self.words.find(at + 1, &["when"]);
                self.expression(when + 1, end);
            }
            "return" => self.returned(end),
            "raise" => self.raised(end),
            "assert" => {
                let comma = self.words.find_kind(at + 1, &[], |kind| kind == TokenKind::Comma);
                self.expression(at + 1, comma);
            }
            "open" => self.opened(end),
            "execute" => self.dynamic(&["into", "using"]),
            "perform" => {
                let range = self.words.range(at, end);
                // As long as the word it replaces, so that places stay.
                let query = self.text[range].get("perform".len()..).unwrap_or_default();
                self.piece_of_text(Kind::Sql, at, end, format!("SELECT {query}"));
            }
            _ => return false,
        }
        self.at = end;
        true
    }

    /// Any other statement is SQL; `INTO` of a variable is not part of it.
    pub(super) fn sql(&mut self) {
        let (from, end) = (self.at, self.words.end_of_sql(self.at));
        self.at = end;
        let range = self.words.range(from, end);
        let mut text = self.text[range.clone()].to_owned();
        if let Some((into, behind)) = self.variables_of_into(from, end) {
            let gone = self.words.range(into, behind);
            let gone = gone.start - range.start..gone.end - range.start;
            let blanks = " ".repeat(gone.len());
            text.replace_range(gone, &blanks);
        }
        self.piece_of_text(Kind::Sql, from, end, text);
    }

    /// The word `INTO` with its variables, which may stand anywhere in a statement.
    fn variables_of_into(&self, from: usize, end: usize) -> Option<(usize, usize)> {
        // Theirs is part of SQL: the schema that is imported into, the body of a routine.
        if self.words.is_any(from, &["import", "create"]) {
            return None;
        }
        let mut into = self.words.find(from, &["into"]);
        while into < end && into > from && self.words.is_any(into - 1, &["insert", "merge"]) {
            into = self.words.find(into + 1, &["into"]);
        }
        if into >= end || !self.words.is(into, "into") || into == from {
            return None;
        }
        let mut at = into + 1 + usize::from(self.words.is(into + 1, "strict"));
        loop {
            at = self.variable(at)?;
            if self.words.kind(at) != TokenKind::Comma {
                return Some((into, at.min(end)));
            }
            at += 1;
        }
    }

    /// Behind a variable: `name`, `record.field`, `array[1]`.
    fn variable(&self, at: usize) -> Option<usize> {
        let mut at = self.words.is_name(at).then_some(at + 1)?;
        loop {
            match self.words.kind(at) {
                TokenKind::Dot if self.words.is_name(at + 1) => at += 2,
                TokenKind::OpenBracket => {
                    let close = self.words.find_kind(at + 1, &[], |kind| kind == TokenKind::CloseBracket);
                    at = (close + 1).min(self.words.len());
                }
                _ => return Some(at),
            }
        }
    }

    /// Where the value of an assignment begins, if it is one.
    pub(super) fn assigned(&self, at: usize) -> Option<usize> {
        let at = self.variable(at)?;
        match (self.words.kind(at), self.words.kind(at + 1)) {
            (TokenKind::Colon, TokenKind::Eq) => Some(at + 2),
            (TokenKind::Eq, _) => Some(at + 1),
            _ => None,
        }
    }

    pub(super) fn assignment(&mut self) {
        let end = self.words.find(self.at, &[]);
        if let Some(value) = self.assigned(self.at) {
            self.expression(value, end);
        }
        self.at = end;
    }

    fn returned(&mut self, end: usize) {
        let at = self.at;
        if self.words.is(at + 1, "query") && self.words.is(at + 2, "execute") {
            self.at = at + 2;
            self.dynamic(&["using"]);
        } else if self.words.is(at + 1, "query") && at + 2 < end {
            self.piece(Kind::Sql, at + 2, end);
        } else {
            self.expression(at + 1 + usize::from(self.words.is(at + 1, "next")), end);
        }
    }

    /// `RAISE NOTICE 'format', value, …` and `USING option = value, …`.
    fn raised(&mut self, end: usize) {
        let stop = |kind| kind == TokenKind::Comma;
        let mut at = self.words.find_kind(self.at + 1, &["using"], stop);
        while at < end {
            let mut from = at + 1;
            at = self.words.find_kind(from, &["using"], stop);
            if self.words.kind(from + 1) == TokenKind::Eq {
                from += 2;
            }
            self.expression(from, at);
        }
    }

    /// `OPEN cursor FOR query` or `FOR EXECUTE text`.
    fn opened(&mut self, end: usize) {
        let query = self.words.find(self.at, &["for"]) + 1;
        if self.words.is(query, "execute") {
            self.at = query;
            self.dynamic(&["using"]);
        } else if query < end {
            self.piece(Kind::Sql, query, end);
        }
    }

    /// Everything between `DECLARE` and `BEGIN`.
    pub(super) fn declarations(&mut self) {
        self.at += 1;
        while self.at < self.words.len() && !self.words.is(self.at, "begin") {
            let end = self.words.find(self.at, &[]);
            let cursor = self.words.find(self.at, &["cursor"]);
            // The type of a variable is a word or two; that of a cursor's name is none.
            if cursor < end && cursor > self.at && cursor - self.at <= 3 {
                let query = self.words.find(cursor, &["for", "is"]);
                self.piece(Kind::Sql, query + 1, end);
            } else {
                let stop = |kind| kind == TokenKind::Eq;
                let value = self.words.find_kind(self.at, &["default"], stop);
                self.expression(value + 1, end);
            }
            self.at = (end + 1).min(self.words.len());
        }
    }
}
