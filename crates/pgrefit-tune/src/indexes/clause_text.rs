//! Reads the conditions that the server writes in a plan. Each operator stands in brackets of its own there (`ruleutils.c` without
//! pretty-printing), so that precedence plays no part. What is not understood becomes [`Atom::Other`], from which nothing follows.

use std::collections::BTreeSet;

use super::clause::{Against, Atom, Clause, Operand};
use super::token::{Kind, Token, tokens};

/// Brackets inside of each other; a text that nests deeper is not understood.
const DEPTH_MAX: usize = 64;

/// The conditions that hold together in a `Filter` or a `Hash Cond`, as seen from the relation with this alias.
pub(super) fn clauses(text: &str, alias: &str) -> Vec<Clause> {
    let Some(tokens) = tokens(text) else { return Vec::new() };
    Reader { text, alias }.conjunction(&tokens, 0)
}

/// One expression, such as an item of a `Sort Key`; none if it has no column of the relation, or one of another.
pub(super) fn operand(text: &str, alias: &str) -> Option<Operand> {
    let tokens = tokens(text)?;
    Reader { text, alias }.side(&tokens).own()
}

/// The columns of the relation that a text names; `"*"` for the whole row.
pub(super) fn columns(text: &str, alias: &str) -> BTreeSet<String> {
    let Some(tokens) = tokens(text) else { return BTreeSet::new() };
    Reader { text, alias }.side(&tokens).columns
}

/// Names in a text that may be columns: an output list has no relation before them where a statement reads one relation only.
pub(super) fn bare_names(text: &str) -> BTreeSet<String> {
    let tokens = tokens(text).unwrap_or_default();
    let is_beside = |at: Option<usize>, kinds: &[Kind]| {
        at.and_then(|at| tokens.get(at)).is_some_and(|token| kinds.contains(&token.kind))
    };
    let name = |(at, token): (usize, &Token)| match &token.kind {
        Kind::Word { text, .. }
            if !is_beside(at.checked_sub(1), &[Kind::Dot, Kind::Cast])
                && !is_beside(Some(at + 1), &[Kind::Dot, Kind::Open]) =>
        {
            Some(text.clone())
        }
        _ => None,
    };
    tokens.iter().enumerate().filter_map(name).collect()
}

/// A text without the brackets around the whole; as it is, if it is not understood.
pub(super) fn bare(text: &str) -> &str {
    let tokens = tokens(text).unwrap_or_default();
    match unwrapped(&tokens) {
        [first, .., last] | [first @ last] => &text[first.start..last.end],
        [] => text,
    }
}

struct Reader<'a> {
    text: &'a str,
    alias: &'a str,
}

/// One side of a comparison.
#[derive(Debug, Default)]
struct Side {
    sql: String,
    columns: BTreeSet<String>,
    column: Option<String>,
    cast: Option<(String, String)>,
    is_foreign: bool,
    params: Vec<u32>,
    /// A literal and casts, nothing else.
    is_literal: bool,
    is_bare_param: bool,
}

impl Side {
    fn own(self) -> Option<Operand> {
        let is_own = !self.columns.is_empty() && !self.is_foreign && self.params.is_empty();
        let Self { sql, columns, column, cast, .. } = self;
        is_own.then_some(Operand { sql, columns, column, cast })
    }

    fn against(&self) -> Option<Against> {
        if !self.columns.is_empty() {
            return None;
        }
        Some(match self.params.as_slice() {
            _ if self.is_foreign => Against::Join,
            [number, ..] if self.is_bare_param => Against::Param(*number),
            [] if self.is_literal => Against::Constant(self.sql.clone()),
            // Still the best guess of where values come from: `'%' || $1 || '%'`.
            [number] => Against::Param(*number),
            [] => Against::Value,
            several => Against::Params(several.to_vec()),
        })
    }

    fn is_constant(&self) -> bool {
        self.columns.is_empty() && self.is_literal
    }
}

impl Reader<'_> {
    fn conjunction(&self, tokens: &[Token], depth: usize) -> Vec<Clause> {
        let tokens = unwrapped(tokens);
        if depth > DEPTH_MAX || tokens.is_empty() {
            return Vec::new();
        }
        let parts = split(tokens, |token| token.is("AND"));
        if parts.len() > 1 {
            return parts.into_iter().flat_map(|part| self.conjunction(part, depth + 1)).collect();
        }
        vec![self.clause(tokens, depth)]
    }

    fn clause(&self, tokens: &[Token], depth: usize) -> Clause {
        let columns = self.side(tokens).columns;
        let sides = split(tokens, |token| token.is("OR"));
        if sides.len() > 1 {
            let sides = sides.into_iter().map(|side| self.conjunction(side, depth + 1)).collect();
            return Clause { atom: Atom::Either(sides), predicate: None, columns };
        }
        let (atom, predicate) =
            self.test(tokens).or_else(|| self.comparison(tokens)).unwrap_or((Atom::Other, None));
        Clause { atom, predicate, columns }
    }

    /// `a IS NULL`, `NOT a`, `a`.
    fn test(&self, tokens: &[Token]) -> Option<Known> {
        let whole = || Some(self.side(tokens).sql);
        if let [on @ .., is, null] = tokens
            && is.is("IS")
            && null.is("NULL")
        {
            let on = self.side(on).own()?;
            return Some((Atom::Null(on), whole()));
        }
        if let [on @ .., is, not, null] = tokens
            && is.is("IS")
            && not.is("NOT")
            && null.is("NULL")
        {
            let on = self.side(on).own()?;
            return Some((Atom::NotNull(on), whole()));
        }
        if let [not, on @ ..] = tokens
            && not.is("NOT")
        {
            let on = self.side(unwrapped(on)).own().filter(|on| on.column.is_some())?;
            return Some((Atom::Truth(on, false), whole()));
        }
        let on = self.side(tokens).own().filter(|on| on.column.is_some())?;
        Some((Atom::Truth(on, true), whole()))
    }

    fn comparison(&self, tokens: &[Token]) -> Option<Known> {
        let mut outside = outside_brackets(tokens).filter_map(|at| match &tokens[at].kind {
            Kind::Operator(operator) => Some((at, operator.as_str())),
            _ => None,
        });
        let (at, operator) = outside.next()?;
        if outside.next().is_some() {
            return None;
        }
        let (left, right) = (&tokens[..at], &tokens[at + 1..]);
        if let Some(list) = right.first().filter(|word| word.is("ANY")).map(|_| &right[1..]) {
            return self.one_of(left, operator, list, tokens);
        }
        if left.first().is_some_and(|word| word.is("ROW")) {
            return self.rows(&left[1..], operator, right);
        }
        let (left, right) = (self.side(left), self.side(right));
        let predicate = (left.is_constant() || right.is_constant()).then(|| self.side(tokens).sql);
        let (on, against, operator) = match (left.against(), right.against()) {
            (None, Some(against)) => (left.own()?, against, operator.to_owned()),
            (Some(against), None) => (right.own()?, against, swapped(operator)?.to_owned()),
            _ => return None,
        };
        let atom = atom(on, &operator, against)?;
        // Only what is the same at every time may be the predicate of an index: `=` and the like with a literal.
        let may_be_predicate = matches!(atom, Atom::Equal(..) | Atom::Range(..));
        Some((atom, predicate.filter(|_| may_be_predicate)))
    }

    fn one_of(&self, left: &[Token], operator: &str, list: &[Token], all: &[Token]) -> Option<Known> {
        if operator != "=" {
            return None;
        }
        let (left, list) = (self.side(left), self.side(unwrapped(list)));
        let predicate = list.is_constant().then(|| self.side(all).sql);
        Some((Atom::OneOf(left.own()?, list.against()?), predicate))
    }

    /// `ROW(a, b) < ROW($1, $2)`
    fn rows(&self, left: &[Token], operator: &str, right: &[Token]) -> Option<Known> {
        if !matches!(operator, "<" | "<=" | ">" | ">=") {
            return None;
        }
        let items = split(unwrapped(left), |token| token.kind == Kind::Comma);
        let on = items.into_iter().map(|item| self.side(item).own()).collect::<Option<Vec<_>>>()?;
        let right = right.split_first().map(|(_, rest)| unwrapped(rest)).unwrap_or_default();
        let first = split(right, |token| token.kind == Kind::Comma);
        let against = self.side(first.first()?).against()?;
        self.side(right).columns.is_empty().then_some(())?;
        Some((Atom::Range(on, against), None))
    }

    /// The text of an expression without the relation's name before its columns and without brackets around the whole, and what it
    /// consists of.
    fn side(&self, tokens: &[Token]) -> Side {
        let tokens = unwrapped(tokens);
        let mut side = Side::default();
        let (mut at, mut from) = (0, tokens.first().map_or(0, |token| token.start));
        let (mut words, mut literals) = (0_usize, 0_usize);
        while at < tokens.len() {
            let token = &tokens[at];
            match (&token.kind, tokens.get(at + 1).map(|next| &next.kind), tokens.get(at + 2)) {
                (Kind::Cast, Some(Kind::Word { .. }), _) => {
                    at += type_length(&tokens[at..]);
                    continue;
                }
                (Kind::Word { text, .. }, Some(Kind::Dot), Some(name)) => {
                    let is_function = tokens.get(at + 3).is_some_and(|next| next.kind == Kind::Open);
                    if text == self.alias && !is_function {
                        side.sql.push_str(&self.text[from..token.start]);
                        from = name.start;
                        side.columns.insert(match &name.kind {
                            Kind::Word { text, .. } => text.clone(),
                            _ => "*".to_owned(),
                        });
                    } else {
                        side.is_foreign |= !is_function;
                    }
                    words += 1;
                    at += 3;
                    continue;
                }
                (Kind::Word { text, quoted: false }, _, _) if text == "true" || text == "false" => {
                    literals += 1;
                }
                (Kind::Word { text, quoted: false }, _, _) if text == "ARRAY" => (),
                // A sub-plan may depend on anything.
                (Kind::Word { text, quoted: false }, _, _)
                    if text.starts_with("SubPlan")
                        || text.starts_with("InitPlan")
                        || text == "hashed"
                        || text == "alternatives" =>
                {
                    side.is_foreign = true;
                }
                (Kind::Word { .. } | Kind::Operator(_), _, _) => words += 1,
                (Kind::Literal, _, _) => literals += 1,
                (Kind::Param(number), _, _) => side.params.push(*number),
                _ => (),
            }
            at += 1;
        }
        let end = tokens.last().map_or(from, |token| token.end);
        side.sql.push_str(self.text.get(from..end).unwrap_or_default());
        side.is_literal = words == 0 && literals > 0 && side.params.is_empty() && !side.is_foreign;
        side.is_bare_param = words == 0 && literals == 0 && side.params.len() == 1;
        self.simplest(tokens, &mut side);
        side
    }

    /// Whether it is a column, or a column under one cast.
    fn simplest(&self, tokens: &[Token], side: &mut Side) {
        if let Some(column) = self.column(tokens) {
            side.column = Some(column);
            return;
        }
        let Some(at) = outside_brackets(tokens).find(|&at| tokens[at].kind == Kind::Cast) else { return };
        let (before, behind) = (&tokens[..at], &tokens[at + 1..]);
        if let (Some(column), [first, .., last] | [first @ last]) = (self.column(unwrapped(before)), behind)
            && behind.iter().all(|token| token.kind != Kind::Cast)
        {
            side.cast = Some((column, self.text[first.start..last.end].to_owned()));
        }
    }

    fn column(&self, tokens: &[Token]) -> Option<String> {
        let [alias, dot, column] = tokens else { return None };
        match (&alias.kind, &dot.kind, &column.kind) {
            (Kind::Word { text, .. }, Kind::Dot, Kind::Word { text: column, .. }) if text == self.alias => {
                Some(column.clone())
            }
            _ => None,
        }
    }
}

/// What a condition asks, and how it reads as the predicate of an index.
type Known = (Atom, Option<String>);

fn atom(on: Operand, operator: &str, against: Against) -> Option<Atom> {
    Some(match operator {
        "=" => Atom::Equal(on, against),
        "<" | "<=" | ">" | ">=" => Atom::Range(vec![on], against),
        "~~" => Atom::Like { on, against, any_case: false },
        "~~*" => Atom::Like { on, against, any_case: true },
        "@@" | "@>" | "&&" | "<@" | "?" | "?|" | "?&" | "@?" => {
            Atom::Contains(on, operator.to_owned(), against)
        }
        _ => return None,
    })
}

/// The operator with its sides changed; none for one that has none here.
fn swapped(operator: &str) -> Option<&str> {
    Some(match operator {
        "=" | "@@" | "&&" => operator,
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        "@>" => "<@",
        "<@" => "@>",
        _ => return None,
    })
}

/// How many words `::schema.type(1)[]` has.
fn type_length(tokens: &[Token]) -> usize {
    let mut length = 2;
    while let Some(token) = tokens.get(length) {
        match &token.kind {
            Kind::Dot => length += 2,
            // `character varying`, `timestamp with time zone`, `double precision`
            Kind::Word { text, quoted: false } if text.chars().all(|c| c.is_ascii_lowercase()) => length += 1,
            Kind::Open => length += closing(&tokens[length..]).map_or(1, |at| at + 1),
            _ => break,
        }
    }
    length.min(tokens.len())
}

/// Without the brackets around the whole.
fn unwrapped(mut tokens: &[Token]) -> &[Token] {
    while let [first, .., _] = tokens
        && first.kind == Kind::Open
        && closing(tokens) == Some(tokens.len() - 1)
    {
        tokens = &tokens[1..tokens.len() - 1];
    }
    tokens
}

/// Where the bracket that is opened by the first word is closed.
fn closing(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth <= 1 => return Some(at),
            Kind::Close => depth -= 1,
            _ => (),
        }
    }
    None
}

/// The words outside of all brackets, and of `CASE … END`.
fn outside_brackets(tokens: &[Token]) -> impl Iterator<Item = usize> {
    let mut depth = 0_i64;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        let opens = token.kind == Kind::Open || token.is("CASE");
        let closes = token.kind == Kind::Close || token.is("END");
        depth += i64::from(opens) - i64::from(closes);
        (depth == 0 && !closes).then_some(at)
    })
}

fn split(tokens: &[Token], is_separator: impl Fn(&Token) -> bool) -> Vec<&[Token]> {
    let cuts: Vec<usize> = outside_brackets(tokens).filter(|&at| is_separator(&tokens[at])).collect();
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    let mut from = 0;
    for cut in cuts {
        parts.push(&tokens[from..cut]);
        from = cut + 1;
    }
    parts.push(&tokens[from..]);
    parts
}

#[cfg(test)]
mod tests;
