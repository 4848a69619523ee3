//! The few words by which one `.sql` file serves every version of the server.
//!
//! - `[[pg_constraint.conenforced ? c.conenforced : true]]`: the first if the catalogs have that column, else the second. A view is
//!   asked for as `[[pg_stat_io ? …]]`, a function as `[[pg_stat_get_lastscan() ? …]]`. They nest; there are blanks around `?`, `:`.
//! - `{age_s x}`: seconds since `x`, null if it is null, never below zero.
//! - `{user_relations}` and the like: the file of that name.

use std::collections::HashSet;

/// What the catalogs of a server have: `relation`, `relation.column`, `function()`.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape(HashSet<String>);

impl FromIterator<String> for Shape {
    fn from_iter<I: IntoIterator<Item = String>>(words: I) -> Self {
        Self(words.into_iter().collect())
    }
}

const FILES: [(&str, &str); 3] = [
    ("{column_wanted}", include_str!("column_wanted.sql")),
    ("{user_relations}", include_str!("user_relations.sql")),
    ("{all_relations}", include_str!("all_relations.sql")),
];

impl Shape {
    /// Whether the server has this.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// The SQL that `template` stands for on this server. Comments go: a name that `values` puts in their place could end one.
    pub(super) fn expand(&self, template: &str, values: &[(&str, &str)]) -> String {
        let lines = template.lines().filter(|line| !line.trim_start().starts_with("--"));
        let mut sql = lines.collect::<Vec<_>>().join("\n");
        for (word, file) in FILES {
            sql = sql.replace(word, file.trim_end());
        }
        sql = ages(&self.choose(sql));
        for (word, value) in values {
            sql = sql.replace(word, value);
        }
        sql
    }

    /// Decides what is in brackets, from the innermost outwards.
    fn choose(&self, mut sql: String) -> String {
        while let Some(start) = sql.rfind("[[") {
            let Some(end) = sql[start..].find("]]").map(|length| start + length) else { break };
            let choice = &sql[start + 2..end];
            let (word, arms) = choice.split_once(" ? ").unwrap_or((choice, " : "));
            let (yes, no) = split_arms(arms);
            let chosen = if self.has(word) { yes } else { no }.to_owned();
            sql.replace_range(start..end + 2, &chosen);
        }
        sql
    }
}

/// What is before and behind the colon; it may be the last or the first of a line.
fn split_arms(arms: &str) -> (&str, &str) {
    let bytes = arms.as_bytes();
    let is_blank = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(u8::is_ascii_whitespace);
    let colon = (0..bytes.len())
        .find(|&at| bytes[at] == b':' && is_blank(at.checked_sub(1)) && is_blank(at.checked_add(1)));
    match colon {
        Some(at) => (arms[..at].trim(), arms[at + 1..].trim()),
        None => (arms.trim(), ""),
    }
}

fn ages(sql: &str) -> String {
    let mut parts = sql.split("{age_s ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (time, rest) = part.split_once('}').unwrap_or((part, ""));
        let age = format!(
            "CASE WHEN {time} IS NOT NULL THEN \
             greatest(extract(epoch FROM clock_timestamp() - {time}), 0)::float8 END{rest}"
        );
        out.push_str(&age);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn what_the_server_has_decides() {
        let shape: Shape =
            ["pg_io".to_owned(), "pg_c.new".to_owned(), "f()".to_owned()].into_iter().collect();
        let check = |template, expected| assert_eq!(shape.expand(template, &[("{t}", "\"a\"")]), expected);
        check("SELECT [[pg_c.new ? c.new : true]] AS x", "SELECT c.new AS x");
        check("SELECT [[pg_c.old ? c.old : NULL::text]] AS x", "SELECT NULL::text AS x");
        check("SELECT [[f() ? f(1)::int8 : NULL]]", "SELECT f(1)::int8");
        check("[[a ? 1 : [[pg_io ? 2 : 3]]]]", "2");
        check("[[pg_io ? 1 : [[a ? 2 : 3]]]]", "1");
        check("x [[a ? UNION ALL : ]] y", "x  y");
        check("[[pg_io ? a ::\n text :\n b]]", "a ::\n text");
        check("-- {t}\nSELECT FROM {t}\n  -- more", "SELECT FROM \"a\"");
        check("plain '{}'", "plain '{}'");
    }

    #[test]
    fn ages_are_null_or_not_below_zero() {
        let sql = Shape::default().expand("SELECT {age_s a.b} AS x", &[]);
        let expected = "SELECT CASE WHEN a.b IS NOT NULL THEN \
                        greatest(extract(epoch FROM clock_timestamp() - a.b), 0)::float8 END AS x";
        assert_eq!(sql, expected);
    }
}
