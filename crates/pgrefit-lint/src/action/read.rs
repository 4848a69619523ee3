//! Small readings of the syntax tree that several kinds of statements need.

use std::collections::HashSet;
use std::ops::Range;

use pgrefit_sql::{Relation, RelationKind, relation_at};
use squawk_syntax::ast::{self, AstNode, ConstraintOption, DropBehavior, normalize_name_node};
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

use super::{Action, Bound, Kind};

/// An action that spans the node.
pub(super) fn at(node: &impl AstNode, kind: Kind) -> Action {
    Action { span: span(node.syntax()), kind }
}

/// The bytes of a node, comments and blanks around it left out.
pub(super) fn span(node: &SyntaxNode) -> Range<usize> {
    let range = node.text_range();
    let within = |token: &SyntaxToken| range.contains_range(token.text_range());
    let is_word = |token: &SyntaxToken| {
        !matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT | SyntaxKind::SEMICOLON)
    };
    let from = std::iter::successors(node.first_token(), SyntaxToken::next_token);
    let to = std::iter::successors(node.last_token(), SyntaxToken::prev_token);
    let start =
        from.take_while(within).find(is_word).map_or(range.start(), |token| token.text_range().start());
    let end = to.take_while(within).find(is_word).map_or(range.end(), |token| token.text_range().end());
    start.into()..end.into()
}

/// The table, view, sequence, type or routine that a node names.
pub(super) fn named(node: &impl AstNode) -> Option<Relation> {
    relation_at(node.syntax(), RelationKind::Table)
}

pub(super) fn index_named(node: &impl AstNode) -> Option<Relation> {
    relation_at(node.syntax(), RelationKind::Index)
}

/// A name without a dot, folded and unquoted.
pub(super) fn word(node: &impl AstNode) -> String {
    let name = normalize_name_node(node.syntax());
    if name.is_empty() {
        let inner = node.syntax().descendants().skip(1).map(|inner| normalize_name_node(&inner));
        return inner.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    }
    name
}

pub(super) fn cascades(behavior: Option<&DropBehavior>) -> bool {
    matches!(behavior, Some(DropBehavior::Cascade(_)))
}

/// `NOT VALID` or `NOT ENFORCED`.
pub(super) fn waits(options: impl Iterator<Item = ConstraintOption>) -> bool {
    options
        .into_iter()
        .any(|option| matches!(option, ConstraintOption::NotValid(_) | ConstraintOption::NotEnforced(_)))
}

pub(super) fn has(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.descendants_with_tokens().any(|element| element.kind() == kind)
}

/// The text of a node with single blanks, without comments, in lower case outside of quotes.
pub(super) fn plain(node: &SyntaxNode) -> String {
    let mut text = String::new();
    for token in node.descendants_with_tokens().filter_map(SyntaxElement::into_token) {
        match token.kind() {
            SyntaxKind::WHITESPACE | SyntaxKind::COMMENT => {
                if !text.ends_with([' ', '(']) && !text.is_empty() {
                    text.push(' ');
                }
            }
            SyntaxKind::STRING => text.push_str(token.text()),
            _ if token.text().starts_with(['\'', '"', '$']) => text.push_str(token.text()),
            SyntaxKind::R_PAREN | SyntaxKind::COMMA => {
                text.truncate(text.trim_end().len());
                text.push_str(token.text());
            }
            _ => text.push_str(&token.text().to_lowercase()),
        }
    }
    text.trim().to_owned()
}

/// Every name in a text, folded and unquoted: identifiers and the words of strings are not told apart in bodies.
pub(super) fn words_of_text(text: &str) -> HashSet<String> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
        // Quoted names keep their case, others lose it.
        .flat_map(|word| [word.to_owned(), word.to_lowercase()])
        .collect()
}

/// Which rows a partition takes.
pub(super) fn bound(of: Option<ast::PartitionType>) -> Option<Bound> {
    let of = of?;
    if matches!(of, ast::PartitionType::PartitionDefault(_)) {
        return Some(Bound::Default);
    }
    Some(Bound::Values { text: plain(of.syntax()) })
}

/// The relations that the `FROM` items at or below a node read; names of `WITH` left out.
pub(super) fn reads(node: &SyntaxNode) -> Vec<Relation> {
    let with: HashSet<String> = node
        .descendants()
        .filter_map(ast::CteName::cast)
        .map(|name| normalize_name_node(name.syntax()))
        .collect();
    let mut reads: Vec<Relation> = Vec::new();
    for item in node.descendants().filter_map(ast::RelationFromItem::cast) {
        let relation = item.relation_name_ref().and_then(|name| named(&name));
        let own = |relation: &Relation| relation.schema.is_none() && with.contains(&relation.name);
        if let Some(relation) = relation.filter(|relation| !own(relation) && !reads.contains(relation)) {
            reads.push(relation);
        }
    }
    reads
}
