//! The text of a dynamic statement, as far as it stands in the expression behind `EXECUTE`.

use squawk_syntax::ast::{self, AstNode, BinOp, Expr, Stmt};

use super::UNKNOWN;
use super::format;
use crate::effect::functions::Call;
use crate::parse::parse;

/// A part of a dynamic text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Known text.
    Text(String),
    /// A name, quoted where it must be.
    Name,
    /// A literal in its quotes.
    Literal,
    /// Anything.
    Unknown,
}

/// How often a text of unknown parts is tried.
const STAND_INS: [&str; 3] = [UNKNOWN, "0", ""];

/// The texts that the expression may stand for, likeliest first; none if nothing of it is known.
pub(super) fn texts(expression: &str) -> Vec<String> {
    let parse = parse(&format!("SELECT {expression}"));
    let Some(Stmt::Select(select)) = parse.tree().stmts().next().filter(|_| parse.errors().is_empty()) else {
        return Vec::new();
    };
    let targets = select.select_clause().and_then(|clause| clause.target_list());
    let mut targets = targets.into_iter().flat_map(|list| list.targets());
    let (Some(target), None) = (targets.next(), targets.next()) else { return Vec::new() };
    let Some(expression) = target.expr() else { return Vec::new() };
    let parts = parts(&expression);
    // A statement whose first word is not known could be any.
    if !matches!(parts.first(), Some(Part::Text(text)) if !text.trim().is_empty()) {
        return Vec::new();
    }
    let tries = if parts.contains(&Part::Unknown) { STAND_INS.len() } else { 1 };
    STAND_INS[..tries].iter().map(|stand_in| written(&parts, stand_in)).collect()
}

fn written(parts: &[Part], stand_in: &str) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(known) => text.push_str(known),
            Part::Name => text.push_str(UNKNOWN),
            Part::Literal => {
                text.push('\'');
                text.push_str(UNKNOWN);
                text.push('\'');
            }
            Part::Unknown => text.push_str(stand_in),
        }
    }
    text
}

/// What is known of a text.
pub(super) fn parts(expression: &Expr) -> Vec<Part> {
    let mut parts = Vec::new();
    // `a || b || c` leans to the left: its right sides are found from the last to the first.
    let mut open = vec![expression.clone()];
    while let Some(expression) = open.pop() {
        match &expression {
            Expr::BinExpr(it) => match (it.lhs(), it.op(), it.rhs()) {
                (Some(left), Some(op), Some(right)) if is_concatenation(&op) => open.extend([right, left]),
                _ => parts.push(Part::Unknown),
            },
            Expr::ParenExpr(it) => match it.expr() {
                Some(inner) => open.push(inner),
                None => parts.push(Part::Unknown),
            },
            Expr::CastExpr(it) => match (it.expr(), it.literal()) {
                (Some(inner), _) => open.push(inner),
                (None, Some(literal)) => open.push(Expr::Literal(literal)),
                (None, None) => parts.push(Part::Unknown),
            },
            Expr::Literal(it) => parts.push(literal(it).map_or(Part::Unknown, Part::Text)),
            Expr::CallExpr(it) => called(it, &mut parts),
            _ => parts.push(Part::Unknown),
        }
    }
    joined(parts)
}

fn is_concatenation(op: &BinOp) -> bool {
    matches!(op, BinOp::CustomOp(op) if op.syntax().text() == "||")
}

/// A string, or a number as it is written.
fn literal(literal: &ast::Literal) -> Option<String> {
    let text = literal.syntax().text().to_string();
    match text.chars().next()? {
        '0'..='9' => Some(text),
        _ if text.ends_with(['\'', '$']) => literal.string_value(),
        _ => None,
    }
}

/// Functions that make text of text.
fn called(expression: &ast::CallExpr, parts: &mut Vec<Part>) {
    let Some(call) = Call::of(expression).filter(Call::is_built_in) else {
        parts.push(Part::Unknown);
        return;
    };
    let argument = |at| call.argument(at).as_ref().map(self::parts);
    match call.name.as_str() {
        "format" if !call.is_variadic() => {
            let (template, arguments) =
                (argument(0).unwrap_or_default(), (1..).map_while(argument).collect::<Vec<_>>());
            parts.extend(format::format(&template, &arguments));
        }
        "concat" if !call.is_variadic() => parts.extend((0..).map_while(argument).flatten()),
        "quote_ident" => parts.push(format::name(&argument(0).unwrap_or_default())),
        "quote_literal" | "quote_nullable" => parts.push(format::literal(&argument(0).unwrap_or_default())),
        "btrim" | "trim" | "ltrim" | "rtrim" if call.argument(1).is_none() => {
            parts.extend(argument(0).unwrap_or_default());
        }
        "chr" => parts.push(match argument(0).as_deref() {
            Some([Part::Text(code)]) if matches!(code.as_str(), "10" | "13" | "9") => {
                Part::Text("\n".to_owned())
            }
            _ => Part::Unknown,
        }),
        _ => parts.push(Part::Unknown),
    }
}

/// Neighbouring texts as one.
pub(super) fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, part) => joined.push(part),
        }
    }
    joined
}
