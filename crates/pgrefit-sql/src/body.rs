//! The SQL inside of `DO` blocks, functions and procedures, which a parser of SQL sees as one string.

mod dynamic;
mod format;
mod parsed;
mod piece;
mod simple;
mod source;
mod walk;
mod words;

use std::ops::Range;

use squawk_syntax::ast::{self, AstNode, RoutineBody, RoutineBodyStmt, Stmt};

use parsed::Collector;
use piece::{Kind, Piece};
use source::Source;
use words::Words;

/// The name that stands for what only the server will know, such as a variable in the text of an `EXECUTE`. Names may
/// have it as a part: `'part_' || year` becomes `part_pgrefit_unknown`.
pub const UNKNOWN: &str = "pgrefit_unknown";

/// A statement inside of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// Its bytes in the outer text, without its semicolon; of a dynamic statement, those of the expression that makes it.
    /// Exact also where the body is a string with escapes.
    pub range: Range<usize>,
    /// The statement as SQL that parses, with its semicolon. `PERFORM` has become `SELECT`, the variables behind `INTO`
    /// are blanks, an expression that reads a table or calls a function is `SELECT <expression>;`, and in a dynamic
    /// statement [`UNKNOWN`] stands for what is not known.
    pub sql: String,
    /// Whether its text is made while the body runs.
    pub dynamic: bool,
    /// Whether it stands in a loop.
    pub in_loop: bool,
    /// Whether it stands under a condition: in a branch of `IF` or `CASE`, or in a handler of errors.
    pub conditional: bool,
    /// The branches it stands in, loops among them, outermost first.
    pub(crate) branch: Vec<u32>,
}

/// What is seen of the body of a `DO` block, function or procedure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// Its statements in the order of the text.
    pub statements: Vec<Inner>,
    /// Where there are statements that could not be read, in the outer text: dynamic ones whose text is in a variable,
    /// and those that do not parse.
    pub unseen: Vec<Range<usize>>,
    /// Whether it holds a `COMMIT` or `ROLLBACK`.
    pub ends_transactions: bool,
    /// Whether it is SQL in a string, which the server looks at when the routine is made.
    pub(crate) is_checked: bool,
}

/// The statements inside of a `DO` block, `CREATE FUNCTION` or `CREATE PROCEDURE`, in the order of the text; nothing for
/// other statements, and for bodies in other languages than SQL and PL/pgSQL. `text` is what the statement was parsed
/// from.
#[must_use]
pub fn inner_statements(statement: &Stmt, text: &str) -> Option<Vec<Inner>> {
    body(statement, text).map(|body| body.statements)
}

/// As [`inner_statements`], with what was not seen.
#[must_use]
pub fn body(statement: &Stmt, text: &str) -> Option<Body> {
    match statement {
        Stmt::Do(block) => {
            let language = match block.do_language() {
                Some(language) => Language::named(&language.language_name()?.name)?,
                None => Language::PlPgSql,
            };
            Some(language.body(&Source::of(&block.body()?)?))
        }
        Stmt::CreateFunction(create) => routine(create.body(), create.option_list(), text),
        Stmt::CreateProcedure(create) => routine(create.body(), create.option_list(), text),
        _ => None,
    }
}

/// The languages whose bodies can be read.
#[derive(Clone, Copy)]
enum Language {
    Sql,
    PlPgSql,
}

impl Language {
    fn named(name: &str) -> Option<Self> {
        match name {
            "sql" => Some(Self::Sql),
            "plpgsql" => Some(Self::PlPgSql),
            _ => None,
        }
    }

    fn body(self, source: &Source) -> Body {
        let (pieces, ends_transactions) = match self {
            Self::Sql => (statements(source.text()), false),
            Self::PlPgSql => walk::pieces(source.text()),
        };
        let mut collector = Collector::default();
        for piece in pieces {
            let range = source.outer(&piece.range);
            collector.take(&piece, &range);
        }
        Body { ends_transactions, is_checked: matches!(self, Self::Sql), ..collector.body() }
    }
}

fn routine(body: Option<RoutineBody>, options: Option<ast::FuncOptionList>, text: &str) -> Option<Body> {
    match body {
        Some(RoutineBody::AtomicBody(body)) => Some(inline(
            body.routine_body_stmts().map(|statement| match statement {
                RoutineBodyStmt::ReturnStmt(it) => (Kind::Expression, it.syntax().text_range().into()),
                RoutineBodyStmt::Stmt(it) => (Kind::Sql, it.syntax().text_range().into()),
            }),
            text,
        )),
        Some(RoutineBody::ReturnStmt(it)) => {
            Some(inline(std::iter::once((Kind::Expression, it.syntax().text_range().into())), text))
        }
        None => {
            let (mut language, mut literal) = (None, None);
            for option in options?.options() {
                match option {
                    ast::FuncOption::LanguageFuncOption(it) => {
                        language = Some(Language::named(&it.language_name()?.name)?);
                    }
                    ast::FuncOption::AsFuncOption(it) => {
                        if let Some(ast::AsFuncTarget::AsDefinition(definition)) = it.as_func_target() {
                            literal = definition.literal();
                        }
                    }
                    _ => {}
                }
            }
            Some(language?.body(&Source::of(&literal?)?))
        }
    }
}

/// The statements of a body that the SQL parser has seen: `BEGIN ATOMIC … END` and `RETURN <expression>`.
fn inline(statements: impl Iterator<Item = (Kind, Range<usize>)>, text: &str) -> Body {
    let mut collector = Collector::default();
    for (kind, range) in statements {
        let whole = text.get(range.clone()).unwrap_or_default();
        let trimmed = whole.trim_end().trim_end_matches(';').trim_end();
        if trimmed.is_empty() {
            continue;
        }
        let skipped = if kind == Kind::Expression { "return".len().min(trimmed.len()) } else { 0 };
        let sql = &trimmed[skipped..];
        let start = range.start + skipped + (sql.len() - sql.trim_start().len());
        let piece = Piece::plain(kind, start..range.start + trimmed.len(), sql.trim_start());
        collector.take(&piece, &(start..range.start + trimmed.len()));
    }
    collector.body()
}

/// The statements of a body in SQL.
fn statements(text: &str) -> Vec<Piece> {
    let words = Words::of(text);
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let end = words.end_of_sql(at);
        if end > at {
            let range = words.range(at, end);
            pieces.push(Piece::plain(Kind::Sql, range.clone(), &text[range]));
        }
        at = end + 1;
    }
    pieces
}

#[cfg(test)]
mod tests;
