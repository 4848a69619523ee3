//! A foreign key whose columns are of other types than those they refer to.

use pgrefit_catalog::census::{Column, Constraint, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Types that compare with each other by one index: the same operator family of btree.
const FAMILIES: [&[&str]; 5] = [
    &["int2", "int4", "int8"],
    &["float4", "float8"],
    &["text", "varchar", "name"],
    &["cidr", "inet"],
    &["date", "timestamp", "timestamptz"],
];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-key-type-mismatch",
    code: "CON-06",
    group: Group::Constraints,
    title: "A foreign key has a column of another type than the one it refers to.",
    level: Status::Warn,
    required: false,
    matters: "Where the types have no operators in common, such as integer and numeric, the server converts the referring column \
              to look for rows left behind, and no index on it helps: each DELETE of a row referred to reads the whole table. \
              That is a warning. Types that one index compares, such as bigint and integer or date and timestamp, are to know, \
              and so are lengths: a varchar(10) cannot refer to a key of 20 characters. An integer that is narrower than its \
              key is told by foreign-key-narrower. Domains count as the types they rest on; varchar and text are the same.",
    cure: "Give both columns one type: for a large table by a new column, a trigger and a backfill.",
    sources: &[Source::Constraints, Source::Columns, Source::Types],
    example: Some(Example {
        bad: include_str!("foreign_key_type_mismatch/bad.sql"),
        good: include_str!("foreign_key_type_mismatch/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for key in facts.enforced_foreign_keys() {
        ruling.saw();
        let pairs = key.columns.iter().zip(&key.referenced_columns);
        let columns = pairs.filter_map(|(own, other)| {
            Some((facts.column(key.relation, *own)?, facts.column(key.referenced?, *other)?))
        });
        let worst = columns.filter_map(|(own, other)| Some((mismatch(facts, own, other)?, own, other)));
        if let Some(((status, why), own, other)) = worst.max_by_key(|((status, _), ..)| *status) {
            report(facts, ruling, key, status, &why, (own, other));
        }
    }
}

fn report(
    facts: &Facts<'_>,
    ruling: &mut Ruling,
    key: &Constraint,
    status: Status,
    why: &str,
    (own, other): (&Column, &Column),
) {
    let column = facts.column_name(own.relation, own.number);
    let referenced = facts.column_name(other.relation, other.number);
    ruling
        .found(
            status,
            facts.part_name(key.relation, &key.name),
            format!("{column} refers to {referenced}: {why}"),
        )
        .number("rows", facts.rows(key.relation))
        .hint(format!("give {column} the type of {referenced}"));
}

/// What is wrong with two types, if anything.
fn mismatch(facts: &Facts<'_>, own: &Column, other: &Column) -> Option<(Status, String)> {
    let (one, two) = (facts.base_type(own.type_oid)?, facts.base_type(other.type_oid)?);
    let family = |name: &str| FAMILIES.iter().position(|family| family.contains(&name));
    let (from, to) = (one.name.as_str(), two.name.as_str());
    let same_type = one.oid == two.oid;
    if !same_type && (family(from).is_none() || family(from) != family(to)) {
        return Some((Status::Warn, format!("no index on {from} finds a value of {to}")));
    }
    if let (Some(own), Some(other)) = (facts.integer_range(own), facts.integer_range(other)) {
        return (own.1 > other.1).then(|| (Status::Info, format!("{from} is wider than {to}")));
    }
    let is_text = family(from) == family("text");
    if !same_type && !is_text {
        return Some((Status::Info, format!("the types are {from} and {to}")));
    }
    // The length of a varchar or char; none of numeric, whose modifier holds two numbers.
    let length = |column: &Column| (column.typmod >= 0).then_some(column.typmod - 4);
    let own_length = length(own).filter(|_| from == "varchar" || from == "bpchar")?;
    let shorter = length(other).is_none_or(|other| own_length < other);
    shorter.then(|| (Status::Info, format!("it holds {own_length} characters, and the key may have more")))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, foreign_key, type_named};

    #[test]
    fn types_that_one_index_compares_are_to_know() {
        let check = |own: &str, other: &str, expected: Status| {
            let sample = Sample::new(18)
                .relation(100, RelationKind::Table, "t", |_| {})
                .relation(101, RelationKind::Table, "u", |_| {})
                .with(|census| {
                    census.types.extend([type_named(1, own), type_named(2, other)]);
                    census.columns.extend([column(100, 1, "a", 1), column(101, 1, "a", 2)]);
                    census.constraints.push(foreign_key(1, 100, 101, 'a'));
                });
            assert_eq!(sample.status(&CHECK), expected, "{own} {other}");
        };
        check("cidr", "inet", Status::Info);
        check("date", "timestamp", Status::Info);
        check("cidr", "text", Status::Warn);
        check("int4", "numeric", Status::Warn);
    }
}
