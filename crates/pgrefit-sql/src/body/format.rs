//! What `format()`, `quote_ident()` and `quote_literal()` make, as far as it is known.

use super::dynamic::{Part, joined};

/// The text of `format(template, arguments …)`.
///
/// Source: the manual's chapter 9.4.1.
pub(super) fn format(template: &[Part], arguments: &[Vec<Part>]) -> Vec<Part> {
    let [Part::Text(template)] = template else { return vec![Part::Unknown] };
    let mut parts = Vec::new();
    let mut next = 0;
    let mut rest = template.as_str();
    while let Some((before, behind)) = rest.split_once('%') {
        parts.push(Part::Text(before.to_owned()));
        let Some((specifier, length)) = Specifier::read(behind) else {
            parts.push(Part::Unknown);
            return joined(parts);
        };
        rest = &behind[length..];
        if specifier.kind == '%' {
            parts.push(Part::Text("%".to_owned()));
            continue;
        }
        let position = specifier.position.unwrap_or(next);
        next = position + 1;
        let argument = arguments.get(position).cloned().unwrap_or_else(|| vec![Part::Unknown]);
        match specifier.kind {
            'I' => parts.push(name(&argument)),
            'L' => parts.push(literal(&argument)),
            _ => parts.extend(argument),
        }
    }
    parts.push(Part::Text(rest.to_owned()));
    joined(parts)
}

/// `%[position][flags][width]type`.
struct Specifier {
    /// Counted from 0.
    position: Option<usize>,
    kind: char,
}

impl Specifier {
    /// The specifier that a text begins with, and its length.
    fn read(text: &str) -> Option<(Self, usize)> {
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut at = digits(text);
        let mut position = None;
        if at > 0 && text[at..].starts_with('$') {
            position = Some(text[..at].parse::<usize>().ok()?.checked_sub(1)?);
            at += 1;
        }
        at += usize::from(text[at..].starts_with('-'));
        at += digits(&text[at..]);
        let kind = text[at..].chars().next().filter(|kind| matches!(kind, 's' | 'I' | 'L' | '%'))?;
        Some((Self { position, kind }, at + 1))
    }
}

/// A text as a name.
pub(super) fn name(parts: &[Part]) -> Part {
    let [Part::Text(name)] = parts else { return Part::Name };
    let mut letters = name.chars();
    let starts_plainly = letters.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    if starts_plainly && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Part::Text(name.clone());
    }
    Part::Text(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// A text as a literal.
pub(super) fn literal(parts: &[Part]) -> Part {
    match parts {
        [Part::Text(text)] if !text.contains('\\') => Part::Text(format!("'{}'", text.replace('\'', "''"))),
        _ => Part::Literal,
    }
}
