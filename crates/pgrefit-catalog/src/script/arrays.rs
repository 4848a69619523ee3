//! Definitions in the form that a server reads back as what it printed.

use std::borrow::Cow;

use super::lexer::pieces;

/// `definition` with `(ARRAY['a'::varchar, …])::text[]` as `((ARRAY['a'::varchar, …])::varchar[])::text[]`.
///
/// The server prints the former for `name IN ('a', …)` on a `varchar` column, and reads it as `ARRAY[('a'::varchar)::text, …]`:
/// the cast of an array constructor is one of its elements. Behind another cast it is not.
pub(super) fn reread(definition: &str) -> Cow<'_, str> {
    if !definition.contains("(ARRAY[") {
        return Cow::Borrowed(definition);
    }
    let pieces = pieces(definition);
    let mut casts = vec![String::new(); pieces.len()];
    let mut text = String::with_capacity(definition.len());
    for (at, piece) in pieces.iter().enumerate() {
        if let Some((end, element)) = array(&pieces, at) {
            text.push('(');
            casts[end] = format!("::{element}[])");
        }
        text.push_str(piece);
        text.push_str(&casts[at]);
    }
    Cow::Owned(text)
}

/// Where the `)` of `(ARRAY[…])::` is that begins at `at`, and the type that its first element is cast to.
fn array(pieces: &[&str], at: usize) -> Option<(usize, String)> {
    let elements = at + 3;
    if pieces.get(at..elements)? != ["(", "ARRAY", "["] {
        return None;
    }
    let mut depth = 0_usize;
    let mut first_ends = None;
    for (index, piece) in pieces.iter().enumerate().skip(elements) {
        match *piece {
            "(" | "[" => depth += 1,
            "," if depth == 0 => first_ends = first_ends.or(Some(index)),
            "]" if depth == 0 => {
                let is_cast = pieces.get(index + 1..index + 4)? == [")", ":", ":"];
                let first = &pieces[elements..first_ends.unwrap_or(index)];
                return Some((index + 1, type_of(first)?)).filter(|_| is_cast);
            }
            ")" | "]" => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// The type behind the last cast outside of parentheses, without its modifier.
fn type_of(element: &[&str]) -> Option<String> {
    let mut depth = 0_usize;
    let mut start = None;
    for (index, pair) in element.windows(2).enumerate() {
        match pair[0] {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            ":" if depth == 0 && pair[1] == ":" => start = Some(index + 2),
            _ => {}
        }
    }
    let written = element.get(start?..)?.concat();
    let unmodified =
        written.strip_suffix(')').and_then(|written| written.rsplit_once('(')).map(|(name, _)| name);
    Some(unmodified.unwrap_or(&written).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cast_of_an_array_is_kept_from_its_elements() {
        let check = |printed: &str, expected: &str| assert_eq!(reread(printed), expected);
        check(
            "((a)::text = ANY ((ARRAY['x'::character varying, 'y, ]'::character varying])::text[]))",
            "((a)::text = ANY (((ARRAY['x'::character varying, 'y, ]'::character varying])::character varying[])::text[]))",
        );
        check("(ARRAY[f(a, '1'::text), NULL])::text[]", "(ARRAY[f(a, '1'::text), NULL])::text[]");
        check(
            "(ARRAY[('a'::text)::character varying(5)])::text[]",
            "((ARRAY[('a'::text)::character varying(5)])::character varying[])::text[]",
        );
        check("ANY (ARRAY['a'::text])", "ANY (ARRAY['a'::text])");
        check("'(ARRAY[1::int])::text[]'", "'(ARRAY[1::int])::text[]'");
    }

    #[test]
    fn broken_text_is_taken_as_it_is() {
        for text in ["(ARRAY[", "(ARRAY[]", "(ARRAY[]))::", "(ARRAY[)])::text[]", "(ARRAY['"] {
            assert_eq!(reread(text), text);
        }
    }
}
