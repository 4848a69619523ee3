//! `[[partition]]`: tables whose partitions are made ahead, and what becomes of old ones.

use std::collections::BTreeSet;

use pgrefit_catalog::Name;
use pgrefit_lifecycle::{PartitionConfig, PartitionSet};

/// The sets of a configuration; or what is wrong with them.
pub(super) fn read(value: toml::Value) -> Result<Vec<PartitionSet>, String> {
    let written: Vec<PartitionConfig> =
        value.try_into().map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
    let mut tables = BTreeSet::new();
    written
        .into_iter()
        .map(|config| {
            let set = PartitionSet::new(&config).map_err(|error| error.to_string())?;
            if tables.insert(set.table.clone()) {
                Ok(set)
            } else {
                Err(format!("two sections are about the table {}", set.table))
            }
        })
        .collect()
}

/// Whether a set is about this table; one that is named without its schema may be in any.
pub(super) fn is_about(set: &PartitionSet, table: &Name) -> bool {
    if set.table.parse::<Name>().is_ok_and(|named| named == *table) {
        return true;
    }
    format!("any.{}", set.table).parse::<Name>().is_ok_and(|named| named.name == table.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(text: &str) -> Result<Vec<PartitionSet>, String> {
        let mut table: toml::Table = text.parse().unwrap();
        read(table.remove("partition").unwrap())
    }

    #[test]
    fn sets_are_read_or_refused() {
        let check = |text: &str, expected: &str| {
            let found = match sets(text) {
                Ok(sets) => sets.iter().map(|set| set.table.clone()).collect::<Vec<_>>().join(" "),
                Err(problem) => problem,
            };
            assert!(found.contains(expected), "{text}: {found}");
        };
        let good = "[[partition]]\ntable = 'documents'\nkey = 'created_at'\ninterval = 'month'\n";
        check(good, "documents");
        check(&good.repeat(2), "two sections are about the table documents");
        check(&format!("{good}ahed = 3\n"), "unknown field `ahed`");
        check(&good.replace("month", "fortnight"), "fortnight");
        check(&format!("{good}keep = '1 month'\nthen = 'drop'\nahead = 0"), "ahead");
    }

    #[test]
    fn names_are_those_of_sql() {
        let check = |written: &str, schema: &str, name: &str, expected: bool| {
            let text =
                format!("[[partition]]\ntable = '{written}'\nkey = 'created_at'\ninterval = 'month'\n");
            let found = is_about(&sets(&text).unwrap()[0], &Name::new(schema, name));
            assert_eq!(found, expected, "{written} {schema} {name}");
        };
        check("documents", "public", "documents", true);
        check("documents", "app", "documents", true);
        check("app.documents", "app", "documents", true);
        check("app.documents", "public", "documents", false);
        check("Documents", "public", "documents", true);
        check("\"Documents\"", "public", "documents", false);
        check("\"a.b\"", "public", "a.b", true);
    }
}
