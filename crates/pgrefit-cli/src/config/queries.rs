//! `[[queries]]`: what the application asks, with how long it may take.

use std::collections::BTreeSet;
use std::time::Duration;

use pgrefit_bench::Query;
use pgrefit_sql::parse_duration;
use serde::Deserialize;

/// One query as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    sql: String,
    #[serde(default = "default_budget")]
    budget: String,
    #[serde(default = "default_weight")]
    weight: u32,
    #[serde(default)]
    args: Vec<Vec<String>>,
}

fn default_budget() -> String {
    "2s".to_owned()
}

fn default_weight() -> u32 {
    1
}

/// The queries of a configuration; or what is wrong with them.
pub(super) fn read(value: toml::Value) -> Result<Vec<Query>, String> {
    let written: Vec<Written> =
        value.try_into().map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
    let mut names = BTreeSet::new();
    written
        .into_iter()
        .map(|query| {
            let query = read_one(query)?;
            if names.insert(query.name.clone()) {
                Ok(query)
            } else {
                Err(format!("two queries are called `{}`", query.name))
            }
        })
        .collect()
}

fn read_one(written: Written) -> Result<Query, String> {
    let Written { name, sql, budget, weight, args } = written;
    let wrong = |what: &str| Err(format!("query `{name}`: {what}"));
    if name.trim().is_empty() {
        return Err("a query without a name".to_owned());
    }
    if sql.trim().is_empty() {
        return wrong("it has no sql");
    }
    let budget = match parse_duration(&budget) {
        Some(budget) if budget > Duration::ZERO => budget,
        _ => return wrong(&format!("`{budget}` is no duration, such as 200ms")),
    };
    if args.iter().any(|list| list.len() != args[0].len()) {
        return wrong("its lists of args differ in length");
    }
    let args = args.into_iter().map(|list| list.into_iter().map(Some).collect()).collect();
    Ok(Query { name, sql, budget, weight, args })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_or_refused() {
        let check = |text: &str, expected: &str| {
            let mut table: toml::Table = text.parse().unwrap();
            let found = match read(table.remove("queries").unwrap()) {
                Ok(queries) => queries
                    .iter()
                    .map(|query| {
                        format!("{} {:?} {} {}", query.name, query.budget, query.weight, query.args.len())
                    })
                    .collect::<Vec<_>>()
                    .join(", "),
                Err(what) => what,
            };
            assert!(found.contains(expected), "{found}");
        };
        check("[[queries]]\nname = \"a\"\nsql = \"SELECT 1\"", "a 2s 1 0");
        check(
            "[[queries]]\nname = \"a\"\nsql = \"SELECT $1\"\nbudget = \"50ms\"\nweight = 3\nargs = [[\"1\"], [\"2\"]]",
            "a 50ms 3 2",
        );
        check("[[queries]]\nname = \"a\"", "missing field `sql`");
        check("[[queries]]\nname = \"\"\nsql = \"SELECT 1\"", "without a name");
        check("[[queries]]\nname = \"a\"\nsql = \" \"", "query `a`: it has no sql");
        check("[[queries]]\nname = \"a\"\nsql = \"SELECT 1\"\nbudget = \"1 hour\"", "is no duration");
        check("[[queries]]\nname = \"a\"\nsql = \"SELECT 1\"\nbudjet = \"1s\"", "unknown field `budjet`");
        let two = "[[queries]]\nname = \"a\"\nsql = \"SELECT 1\"\n";
        check(&format!("{two}{two}"), "two queries are called `a`");
        check(
            "[[queries]]\nname = \"a\"\nsql = \"SELECT $1\"\nargs = [[\"1\"], []]",
            "its lists of args differ in length",
        );
    }
}
