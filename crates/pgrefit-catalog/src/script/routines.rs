//! Statements that make functions, procedures and aggregates.

use std::fmt::Write as _;

use super::order::{Rank, Statement, Thing};
use super::{Catalog, literal, quote_ident, reread};
use crate::{Routine, RoutineKind, Volatility};

pub(super) fn routines(catalog: &Catalog, statements: &mut Vec<Statement>) {
    for routine in catalog.routines.values() {
        let text = match routine.kind {
            RoutineKind::Aggregate => aggregate(routine),
            _ => function(routine),
        };
        // Its own name is that of its overloads too, and a body in text form is read when it is called.
        let mut statement = Statement::new(Rank::Routine, text)
            .mentions(&routine.arguments)
            .mentions(routine.result.as_deref().unwrap_or_default());
        if routine.kind == RoutineKind::Aggregate || is_parsed(routine) {
            statement = statement.mentions(&routine.source).with_keys();
        }
        statements.push(statement.makes(Thing::Object(routine.name.clone())));
    }
}

fn function(routine: &Routine) -> String {
    let Routine { name, arguments, language, .. } = routine;
    let what = if routine.kind == RoutineKind::Procedure { "PROCEDURE" } else { "FUNCTION" };
    let mut text = format!("CREATE {what} {name}({arguments})");
    if let Some(result) = &routine.result {
        let _ = write!(text, " RETURNS {result}");
    }
    let _ = write!(text, " LANGUAGE {}", quote_ident(language));
    for (clause, said) in [
        (" WINDOW", routine.kind == RoutineKind::Window),
        (" IMMUTABLE", routine.volatility == Volatility::Immutable),
        (" STABLE", routine.volatility == Volatility::Stable),
        (" STRICT", routine.strict),
        (" SECURITY DEFINER", routine.security_definer),
        (" LEAKPROOF", routine.leakproof),
    ] {
        text.push_str(if said { clause } else { "" });
    }
    if routine.parallel != "UNSAFE" {
        let _ = write!(text, " PARALLEL {}", routine.parallel);
    }
    for (name, value) in routine.settings.iter().filter_map(|setting| setting.split_once('=')) {
        let _ = write!(text, " SET {name} TO {}", setting(name, value));
    }
    if is_parsed(routine) {
        let _ = write!(text, "\n{}", reread(&routine.source));
    } else {
        let quote = dollar_quote(&routine.source);
        let _ = write!(text, " AS {quote}{}{quote}", routine.source);
    }
    text
}

/// Whether the server keeps the body as a parsed query: no text in `language sql` that it would run begins like this.
fn is_parsed(routine: &Routine) -> bool {
    routine.language == "sql"
        && ["BEGIN ATOMIC", "RETURN "].iter().any(|start| routine.source.starts_with(start))
}

/// A quote that `text` does not contain.
fn dollar_quote(text: &str) -> String {
    let tags = std::iter::once(String::new()).chain((0..).map(|number| format!("body{number}")));
    let open = tags.map(|tag| format!("${tag}")).find(|open| !text.contains(open.as_str()));
    format!("{}$", open.unwrap_or_default())
}

/// A value as `SET` takes it. Those of lists of names are kept as such, `a, "B c"`, and have to be given one by one.
fn setting(name: &str, value: &str) -> String {
    const LISTS: &[&str] =
        &["search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"];
    if !LISTS.contains(&name) {
        return literal(value);
    }
    let mut items = vec![String::new()];
    let mut quoted = false;
    let mut chars = value.chars().peekable();
    while let (Some(c), Some(item)) = (chars.next(), items.last_mut()) {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => item.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => items.push(String::new()),
            c if quoted || !c.is_whitespace() => item.push(c),
            _ => {}
        }
    }
    items.iter().map(|item| literal(item)).collect::<Vec<_>>().join(", ")
}

/// Its parts are kept in one line: kind, five functions, the type of the state, and its first value as a literal.
fn aggregate(routine: &Routine) -> String {
    let (kind, rest) = routine.source.split_once(' ').unwrap_or((&routine.source, ""));
    let mut rest = rest;
    let mut parts = Vec::new();
    for option in ["SFUNC", "FINALFUNC", "COMBINEFUNC", "SERIALFUNC", "DESERIALFUNC"] {
        let (function, after) = name_and_rest(rest);
        rest = after;
        if function != "-" {
            parts.push(format!("{option} = {function}"));
        }
    }
    let (state, first) = state_and_first(rest);
    parts.insert(1.min(parts.len()), format!("STYPE = {state}"));
    parts.extend(first.map(|first| format!("INITCOND = {first}")));
    if routine.parallel != "UNSAFE" {
        parts.push(format!("PARALLEL = {}", routine.parallel));
    }
    parts.extend((kind == "h").then(|| "HYPOTHETICAL".to_owned()));
    let arguments = if routine.arguments.is_empty() { "*" } else { &routine.arguments };
    format!("CREATE AGGREGATE {}({arguments}) ({})", routine.name, parts.join(", "))
}

/// Up to a blank that is in no quotes, and what follows it.
fn name_and_rest(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == ' ' && !quoted
    });
    end.map_or((text, ""), |end| (&text[..end], &text[end + 1..]))
}

fn state_and_first(text: &str) -> (&str, Option<&str>) {
    if let Some(state) = text.strip_suffix(" NULL") {
        return (state, None);
    }
    let literal = [" '", " E'"].iter().filter_map(|start| text.find(start)).min();
    literal.map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_quoted_by_what_it_does_not_contain() {
        let check = |body: &str, expected: &str| assert_eq!(dollar_quote(body), expected);
        check("SELECT 1", "$$");
        check("$$ $body0$", "$body1$");
        check("SELECT $1", "$body0$");
    }

    #[test]
    fn lists_of_names_are_set_one_by_one() {
        let check = |name: &str, value: &str, expected: &str| assert_eq!(setting(name, value), expected);
        check("search_path", "public, \"$user\", \"a, \"\"b\"\"\"", "'public', '$user', 'a, \"b\"'");
        check("search_path", "\"\"", "''");
        check("work_mem", "4MB", "'4MB'");
    }

    #[test]
    fn an_aggregate_is_taken_apart() {
        assert_eq!(name_and_rest("\"A b\".f - -"), ("\"A b\".f", "- -"));
        assert_eq!(
            state_and_first("double precision '{0, NULL}'"),
            ("double precision", Some("'{0, NULL}'"))
        );
        assert_eq!(state_and_first("integer NULL"), ("integer", None));
    }
}
