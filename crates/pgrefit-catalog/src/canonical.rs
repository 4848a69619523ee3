//! One form for the texts that servers of different majors print differently.
//!
//! Two things differ between PostgreSQL 13 and 18 in what `pg_get_viewdef` and its relatives print:
//! - A view that reads from one relation names its columns `documents.id` up to 15 and `id` from 16 on, in its outermost
//!   query only (`get_query_def` in `ruleutils.c`: up to 15 a view carried two hidden relations). The qualifier says
//!   nothing there, so it is dropped. Where several relations are read, all majors qualify, and it is kept.
//! - A new key word is quoted by the majors that know it: a column `json` is `"json"` from 16 on.
//!
//!
//! And one thing differs between a definition and the same one after a dump and a restore: see `canonical/arrays.rs`.
//!
//! White space is reduced as well. Nothing else is touched: texts that mean different things stay different.

mod arrays;

use std::ops::Range;

/// `text` in the form in which it is compared and hashed; it is for no reader.
pub(crate) fn canonical(text: &str) -> String {
    let tokens = tokens(text);
    let source = only_source(&tokens);
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if source.as_ref().is_some_and(|source| source.qualifies(&tokens, at)) {
            at += 2;
        } else {
            kept.push(token.text);
            at += 1;
        }
    }
    arrays::spread(kept).join(" ")
}

/// A token and where it stands.
struct Token<'a> {
    text: &'a str,
    /// Parentheses around it.
    depth: usize,
    /// Whether it belongs to a query in parentheses instead of to the outermost one.
    nested: bool,
}

/// The one relation that the outermost query of a view reads from.
struct Source<'a> {
    alias: &'a str,
    clause: Range<usize>,
}

impl Source<'_> {
    /// Whether the token at `at` and the dot after it are the qualifier of a column of this relation.
    fn qualifies(&self, tokens: &[Token<'_>], at: usize) -> bool {
        let text = |index: usize| tokens.get(index).map_or("", |token| token.text);
        let before = at.checked_sub(1).map_or("", text);
        !tokens[at].nested
            && !self.clause.contains(&at)
            && tokens[at].text == self.alias
            && text(at + 1) == "."
            && text(at + 2) != "*"
            && text(at + 3) != "("
            && before != "."
            && before != ":"
    }
}

fn only_source<'a>(tokens: &[Token<'a>]) -> Option<Source<'a>> {
    if !matches!(tokens.first()?.text, "SELECT" | "WITH")
        || outer(tokens).any(|(_, word)| is_set_operation(word))
    {
        return None;
    }
    let (from, _) = outer(tokens).find(|(_, word)| *word == "FROM")?;
    let end =
        outer(tokens).find(|(at, word)| *at > from && ends_from(word)).map_or(tokens.len(), |(at, _)| at);
    let clause = from + 1..end;
    let first = tokens.get(from + 1)?;
    let is_join = first.text == "(" && !tokens.get(from + 2)?.nested;
    let items = &tokens[clause.clone()];
    if is_join || outer(items).any(|(_, word)| word == ",") {
        return None;
    }
    let named = outer(items).take_while(|(_, word)| *word != "TABLESAMPLE");
    let (_, alias) = named.filter(|(_, word)| word.starts_with(|c| is_word(c) || c == '"')).last()?;
    Some(Source { alias, clause })
}

/// Tokens outside of all parentheses, with their positions.
fn outer<'a>(tokens: &[Token<'a>]) -> impl Iterator<Item = (usize, &'a str)> {
    tokens.iter().enumerate().filter(|(_, token)| token.depth == 0).map(|(at, token)| (at, token.text))
}

fn is_set_operation(word: &str) -> bool {
    matches!(word, "UNION" | "INTERSECT" | "EXCEPT")
}

fn ends_from(word: &str) -> bool {
    matches!(
        word,
        "WHERE" | "GROUP" | "HAVING" | "WINDOW" | "ORDER" | "LIMIT" | "OFFSET" | "FETCH" | "FOR" | ";"
    )
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut open: Vec<bool> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (token, after) = rest.split_at(token_len(rest));
        rest = after.trim_start();
        if token == ")" {
            open.pop();
        }
        tokens.push(Token { text: unquoted(token), depth: open.len(), nested: open.last() == Some(&true) });
        if token == "(" {
            let query = ["SELECT ", "WITH ", "VALUES "].iter().any(|word| rest.starts_with(word));
            open.push(query || open.last() == Some(&true));
        }
    }
    tokens
}

/// The length in bytes of the token that `text`, which is not empty, begins with.
fn token_len(text: &str) -> usize {
    let word = text.find(|c| !is_word(c)).unwrap_or(text.len());
    match text.as_bytes()[word.min(text.len() - 1)] {
        b'\'' if word == 0 => quoted_len(text, '\'', false),
        b'\'' if &text[..word] == "E" => 1 + quoted_len(&text[1..], '\'', true),
        b'"' if word == 0 => quoted_len(text, '"', false),
        _ if word == 0 => text.chars().next().map_or(1, char::len_utf8),
        _ => word,
    }
}

/// The length of a text that begins with `quote`, up to its end; a doubled or escaped quote does not end it.
fn quoted_len(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let doubled = c == quote && chars.peek().is_some_and(|(_, next)| *next == quote);
        if doubled || (escapes && c == '\\') {
            chars.next();
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    text.len()
}

/// A quoted identifier without quotes that only a key word list could have asked for.
fn unquoted(token: &str) -> &str {
    let inner = token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| crate::name::is_plain(inner)).unwrap_or(token)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of PostgreSQL 15 and 18 for one and the same view.
    fn same(old: &str, new: &str) {
        assert_eq!(canonical(old), canonical(new));
    }

    fn different(left: &str, right: &str) {
        assert_ne!(canonical(left), canonical(right));
    }

    #[test]
    fn a_view_of_one_relation_reads_the_same_from_every_major() {
        same(
            " SELECT t.id,\n    t.\"Name\"\n   FROM public.t\n  WHERE (t.id > 1);",
            " SELECT id, \"Name\" FROM public.t WHERE (id > 1);",
        );
        same("SELECT p.id FROM public.t p ORDER BY p.id", "SELECT id FROM public.t p ORDER BY id");
        same("SELECT \"A b\".id FROM public.\"A b\"", "SELECT id FROM public.\"A b\"");
        same(
            "SELECT max(t.x) AS x FROM ONLY public.t TABLESAMPLE system (1) GROUP BY t.y",
            "SELECT max(x) AS x FROM ONLY public.t TABLESAMPLE system (1) GROUP BY y",
        );
        same(
            "SELECT g.n FROM generate_series(1, 2) WITH ORDINALITY g(n, o)",
            "SELECT n FROM generate_series(1, 2) WITH ORDINALITY g(n, o)",
        );
        same("SELECT s.a FROM ( SELECT t.a FROM x.t) s", "SELECT a FROM ( SELECT t.a FROM x.t) s");
        same("SELECT v.a FROM ( VALUES (1), (2)) v(a)", "SELECT a FROM ( VALUES (1), (2)) v(a)");
        same(
            "WITH x AS ( SELECT t.a FROM s.t) SELECT x.a FROM x",
            "WITH x AS ( SELECT t.a FROM s.t) SELECT a FROM x",
        );
        same("SELECT (t.place).x FROM s.t", "SELECT (place).x FROM s.t");
    }

    #[test]
    fn what_carries_meaning_is_kept() {
        different(
            "SELECT a.id FROM (s.a JOIN s.b ON ((a.x = b.x)))",
            "SELECT b.id FROM (s.a JOIN s.b ON ((a.x = b.x)))",
        );
        different("SELECT a.id FROM s.a, s.b", "SELECT id FROM s.a, s.b");
        different("SELECT t.id FROM a.t", "SELECT t.id FROM b.t");
        different("SELECT 't.id' FROM s.t", "SELECT 'id' FROM s.t");
        different("SELECT 'a  b' FROM s.t", "SELECT 'a b' FROM s.t");
        different("SELECT t.* FROM s.t", "SELECT * FROM s.t");
        different("SELECT t.f(1) FROM s.t", "SELECT f(1) FROM s.t");
        different(
            "SELECT id FROM s.t WHERE (EXISTS ( SELECT 1 FROM s.u WHERE (t.x = u.x)))",
            "SELECT id FROM s.t WHERE (EXISTS ( SELECT 1 FROM s.u WHERE (x = u.x)))",
        );
        different(
            "SELECT t.id FROM s.t UNION SELECT u.id FROM s.u",
            "SELECT id FROM s.t UNION SELECT u.id FROM s.u",
        );
        different("(t.a > 0)", "(a > 0)");
        different("E'a\\' b'", "E'a\\'  b'");
        different("\"Json\"", "json");
    }

    #[test]
    fn white_space_and_new_key_words_make_no_difference() {
        same("  a\n >   1 ", "a > 1");
        same("\"json\" > 1", "json > 1");
        same("'it''s'::text", "'it''s' :: text");
    }

    #[test]
    fn a_cast_of_an_array_is_one_of_its_elements() {
        same(
            "(((a)::text = ANY ((ARRAY['x'::character varying, 'y, z'::character varying])::text[])))",
            "(((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y, z'::character varying)::text])))",
        );
        same("(ARRAY[f(1, 2), b])::numeric(10,2)[]", "ARRAY[(f(1, 2))::numeric(10,2), (b)::numeric(10,2)]");
        same("(ARRAY[])::text[]", "ARRAY[]");
        different("(ARRAY[a])::text[]", "(ARRAY[a])::name[]");
        different("(ARRAY[a, b])::text[]", "ARRAY[(a)::text, b]");
        different("(ARRAY[a])::text[][]", "ARRAY[(a)::text]");
        different("(ARRAY[a])::text", "ARRAY[(a)::text]");
    }

    #[test]
    fn broken_text_is_taken_as_it_is() {
        for text in [
            "",
            "'",
            "\"",
            "(ARRAY[",
            "(ARRAY[a)::text[]",
            "(ARRAY[a])::",
            "(ARRAY[a])::[]",
            "SELECT",
            "SELECT a FROM",
            "SELECT a FROM (",
            ")",
            "E'",
            "SELECT x FROM ,",
            "é'",
        ] {
            let _ = canonical(text);
        }
    }
}
