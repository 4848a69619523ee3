//! Columns that are a list in disguise.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// From so many on it is a list.
const LEAST: usize = 3;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "numbered-columns",
    code: "TYP-12e",
    group: Group::Design,
    title: "Columns of a table are numbered.",
    level: Status::Info,
    required: false,
    matters: "phone1, phone2, phone3 are a list: each query must name them all, an index serves only one of them, and the fourth \
              phone is a migration. Told of three or more columns of one type whose names differ in a number that counts from \
              0 or 1 on. Two lines of an address are not.",
    cure: "A table of their own, one row each, or an array.",
    sources: &[Source::Relations, Source::Columns],
    example: Some(Example {
        bad: include_str!("numbered_columns/bad.sql"),
        good: include_str!("numbered_columns/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for table in facts.root_tables() {
        ruling.saw();
        let lists: Vec<String> = lists(facts, table);
        if !lists.is_empty() {
            ruling
                .info(facts.name(table.oid), format!("columns that are a list: {}", lists.join(", ")))
                .number("lists", lists.len())
                .hint("a table of their own, one row each, or an array");
        }
    }
}

/// The lists among its columns: `phone1 … phone3`.
fn lists(facts: &Facts<'_>, table: &Relation) -> Vec<String> {
    let mut numbers: BTreeMap<(&str, u32), Vec<(u32, &str)>> = BTreeMap::new();
    for column in facts.columns(table.oid) {
        let stem = column.name.trim_end_matches(|c: char| c.is_ascii_digit());
        if let (false, Ok(number)) = (stem.is_empty(), column.name[stem.len()..].parse()) {
            numbers.entry((stem, column.type_oid)).or_default().push((number, column.name.as_str()));
        }
    }
    let is_list = |numbers: &mut Vec<(u32, &str)>| {
        numbers.sort_unstable();
        numbers.len() >= LEAST && numbers[0].0 <= 1 && numbers.windows(2).all(|it| it[0].0 + 1 == it[1].0)
    };
    let found = numbers.into_values().filter_map(|mut numbers| {
        let ends = is_list(&mut numbers).then(|| (numbers[0].1, numbers[numbers.len() - 1].1));
        ends.map(|(first, last)| format!("{} … {}", quote_ident(first), quote_ident(last)))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn names_are_told_as_they_are() {
        let sample = Sample::new(18).relation(100, RelationKind::Table, "t", |_| {});
        let names = ["p01", "p02", "p03", "Q1", "Q2", "Q3"];
        let sample = names.iter().fold(sample, |sample, name| sample.column(100, name, "text", |_| {}));
        let found = sample.verdict(&CHECK).findings.remove(0);
        assert_eq!(found.message, r#"columns that are a list: "Q1" … "Q3", p01 … p03"#);
    }
}
