//! `UNIQUE` and `PRIMARY KEY`: the index first, while others read and write, then the constraint on top of it.

use squawk_syntax::ast::{self, AstNode, Constraint};

use super::add_constraint::{name_of, unquoted};
use super::alter_table::Table;
use super::name::{made_of, quoted, text, words};
use super::not_null;
use super::step::Steps;

const WHY_INDEX: &str = "Built while others read and write. If it fails, mend the rows and run it again. (A \
    partitioned table cannot have it built this way: build it on each partition.)";
const WHY_USING: &str = "The index is there: the constraint takes it over, and nothing is read.";

/// `ADD UNIQUE (…)`.
pub(super) fn of_table(unique: &ast::UniqueConstraint, table: &Table, steps: &mut Steps) {
    let columns = columns(unique.index_parameters().as_ref());
    let named = name_of(&Constraint::UniqueConstraint(unique.clone()));
    let name = named.unwrap_or_else(|| quoted(&made_of(&table.name, &joined(&columns), "key")));
    let options = unique.constraint_options().map(|option| text(&option)).collect::<Vec<_>>();
    build(&name, &columns, unique.index_parameters().as_ref(), table, steps);
    using(&name, "UNIQUE", &options, table, steps);
}

/// `ADD PRIMARY KEY (…)`, whose columns must be `NOT NULL` first.
pub(super) fn primary_key_of_table(key: &ast::PrimaryKeyConstraint, table: &Table, steps: &mut Steps) {
    let columns = columns(key.index_parameters().as_ref());
    let named = name_of(&Constraint::PrimaryKeyConstraint(key.clone()));
    primary_key(named, &columns, key, table, steps);
}

/// `UNIQUE` or `PRIMARY KEY` that was written at a column.
pub(super) fn of_column(constraint: &Constraint, column: &str, table: &Table, steps: &mut Steps) {
    let columns = [column.to_owned()];
    match constraint {
        Constraint::UniqueConstraint(unique) => {
            let name = name_of(constraint)
                .unwrap_or_else(|| quoted(&made_of(&table.name, &joined(&columns), "key")));
            let options = unique.constraint_options().map(|option| text(&option)).collect::<Vec<_>>();
            build(&name, &columns, unique.index_parameters().as_ref(), table, steps);
            using(&name, "UNIQUE", &options, table, steps);
        }
        Constraint::PrimaryKeyConstraint(key) => {
            primary_key(name_of(constraint), &columns, key, table, steps);
        }
        _ => {}
    }
}

fn primary_key(
    named: Option<String>,
    columns: &[String],
    key: &ast::PrimaryKeyConstraint,
    table: &Table,
    steps: &mut Steps,
) {
    let name = named.unwrap_or_else(|| quoted(&made_of(&table.name, "", "pkey")));
    let options = key.constraint_options().map(|option| text(&option)).collect::<Vec<_>>();
    not_null::steps(columns, table, steps);
    build(&name, columns, key.index_parameters().as_ref(), table, steps);
    using(&name, "PRIMARY KEY", &options, table, steps);
}

fn build(
    name: &str,
    columns: &[String],
    parameters: Option<&ast::IndexParameters>,
    table: &Table,
    steps: &mut Steps,
) {
    let mut sql =
        format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {} ({})", table.written, columns.join(", "));
    if let Some(parameters) = parameters {
        let tablespace = parameters.constraint_index_tablespace().map(|tablespace| {
            let name = tablespace.syntax().children().next().map(|name| name.text().to_string());
            format!("TABLESPACE {}", name.unwrap_or_default())
        });
        let clauses = [
            parameters.constraint_include_clause().map(|clause| text(&clause)),
            parameters.nulls_distinct_option().map(|clause| text(&clause)),
            parameters.with_params().map(|clause| text(&clause)),
            tablespace,
        ];
        for clause in clauses.into_iter().flatten() {
            sql.push(' ');
            sql.push_str(&clause);
        }
    }
    steps.alone(words(&format!("create {name}")), WHY_INDEX, format!("{sql};"));
}

fn using(name: &str, what: &str, options: &[String], table: &Table, steps: &mut Steps) {
    let definition = [&[format!("{what} USING INDEX {name}")], options].concat().join(" ");
    let sql = format!("{} ADD CONSTRAINT {name} {definition};", table.alter);
    steps.own(words(&format!("add {name}")), WHY_USING, sql);
}

fn columns(parameters: Option<&ast::IndexParameters>) -> Vec<String> {
    let list = parameters.and_then(ast::IndexParameters::column_list);
    list.into_iter().flat_map(|list| list.column_name_refs()).map(|column| text(&column)).collect()
}

fn joined(columns: &[String]) -> String {
    columns.iter().map(|column| unquoted(column)).collect::<Vec<_>>().join("_")
}

/// Whether the last column is one `WITHOUT OVERLAPS`.
pub(super) fn is_temporal(parameters: Option<&ast::IndexParameters>) -> bool {
    parameters
        .and_then(ast::IndexParameters::column_list)
        .is_some_and(|list| list.without_overlaps().is_some())
}
