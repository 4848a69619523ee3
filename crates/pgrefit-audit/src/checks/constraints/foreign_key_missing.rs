//! A column that is named for another table, and refers to it by name only.

use std::collections::HashMap;

use pgrefit_catalog::census::{Column, Constraint, ConstraintKind, Relation, RelationKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// Tables that keep what is gone; their references outlive what they refer to.
const RECORDS: [&str; 5] = ["_history", "_log", "_logs", "_audit", "_archive"];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "foreign-key-missing",
    code: "CON-02",
    group: Group::Constraints,
    title: "A column is named for the key of another table, and no foreign key says so.",
    level: Status::Info,
    required: false,
    matters: "Nothing keeps rows from referring to what is not there. It is told by the name: customer_id beside a table \
              customer or customers with a key of one column, id or customer_id, of the same type, integers of any width. \
              Columns with a column customer_type beside them are left out, since those may refer to several tables; and so \
              are tables that keep a record of what is gone, such as orders_history.",
    cure: "ADD CONSTRAINT … FOREIGN KEY … NOT VALID, then VALIDATE CONSTRAINT; or leave it, if the rows may outlive each other.",
    sources: &[Source::Constraints, Source::Columns, Source::Indexes, Source::Types],
    example: Some(Example {
        bad: include_str!("foreign_key_missing/bad.sql"),
        good: include_str!("foreign_key_missing/good.sql"),
    }),
    judge,
};

/// A table with a key of one column.
type Target<'a> = (&'a Relation, &'a Column);

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let targets = targets(facts);
    for table in facts.root_tables().filter(|table| facts.lasting_table(table.oid).is_some()) {
        ruling.saw();
        let name = table.name.to_lowercase();
        if RECORDS.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        for column in facts.columns(table.oid).iter().filter(|it| may_refer(facts, table, it)) {
            if let Some(target) = target(facts, &targets, table, column) {
                report(facts, ruling, table, column, target);
            }
        }
    }
}

fn report(facts: &Facts<'_>, ruling: &mut Ruling, table: &Relation, column: &Column, target: Target<'_>) {
    let (name, to) = (facts.name(table.oid), facts.name(target.0.oid));
    let (own, key) = (quote_ident(&column.name), quote_ident(&target.1.name));
    let constraint = quote_ident(&format!("{}_{}_fkey", table.name, column.name));
    let add =
        format!("ALTER TABLE {name} ADD CONSTRAINT {constraint} FOREIGN KEY ({own}) REFERENCES {to} ({key})");
    // Before 18 a partitioned table takes no NOT VALID foreign key.
    let sql = if table.kind == RelationKind::Partitioned && facts.major() < 18 {
        format!("{add};")
    } else {
        format!("{add} NOT VALID;\nALTER TABLE {name} VALIDATE CONSTRAINT {constraint};")
    };
    let message = format!("it seems to refer to {to} ({key}), and no foreign key keeps it true");
    ruling.info(facts.column_name(table.oid, column.number), message).sql(sql, "SHARE ROW EXCLUSIVE", true);
}

/// Tables with a key of one column, by their names in lower case.
fn targets<'a>(facts: &Facts<'a>) -> HashMap<String, Vec<Target<'a>>> {
    let mut targets: HashMap<String, Vec<Target<'a>>> = HashMap::new();
    for table in facts.root_tables() {
        let Some(key) = facts.usable_primary_key(table.oid).filter(|key| key.key_columns == 1) else {
            continue;
        };
        if let Some(column) = key.columns.first().and_then(|number| facts.column(table.oid, *number)) {
            targets.entry(table.name.to_lowercase()).or_default().push((table, column));
        }
    }
    targets
}

/// Whether the column is one that could refer, and does not yet.
fn may_refer(facts: &Facts<'_>, table: &Relation, column: &Column) -> bool {
    let refers =
        |it: &&Constraint| it.kind == ConstraintKind::ForeignKey && it.columns.contains(&column.number);
    let fills_itself = column.has_default || column.identity.is_some() || column.generated.is_some();
    word(column).is_some()
        && !fills_itself
        && !column.inherited
        && !facts.constraints(table.oid).iter().any(refers)
}

/// What the column is named for: in its own schema, or the only such table of the others.
fn target<'a>(
    facts: &Facts<'a>,
    targets: &HashMap<String, Vec<Target<'a>>>,
    table: &Relation,
    column: &Column,
) -> Option<Target<'a>> {
    let word = word(column)?;
    let kind = [format!("{word}_type"), format!("{word}Type")];
    if kind.iter().any(|name| facts.column_named(table.oid, name).is_some()) {
        return None;
    }
    let named = names(&word.to_lowercase()).into_iter().filter_map(|name| targets.get(&name)).flatten();
    let fits = |(to, key): &&Target<'a>| {
        let named = key.name == "id" || key.name == column.name;
        let lasts = to.persistence == 'p' || to.persistence == table.persistence;
        to.oid != table.oid && named && lasts && comparable(facts, column, key)
    };
    let found: Vec<_> = named.filter(fits).collect();
    let near = found.iter().find(|(to, _)| to.namespace == table.namespace);
    near.or(if found.len() == 1 { found.first() } else { None }).map(|it| **it)
}

/// What the name of a column says that it refers to.
fn word(column: &Column) -> Option<&str> {
    let word = column.name.strip_suffix("_id").or_else(|| column.name.strip_suffix("Id"));
    word.filter(|word| !word.is_empty())
}

/// What a table may be called whose row the word names.
fn names(word: &str) -> Vec<String> {
    let mut names = vec![word.to_owned(), format!("{word}s"), format!("{word}es")];
    names.extend(word.strip_suffix('y').map(|stem| format!("{stem}ies")));
    names
}

fn comparable(facts: &Facts<'_>, own: &Column, key: &Column) -> bool {
    let both_integer = facts.integer_range(own).is_some() && facts.integer_range(key).is_some();
    let base = |column: &Column| facts.base_type(column.type_oid).map(|it| it.oid);
    both_integer || (base(own).is_some() && base(own) == base(key))
}
