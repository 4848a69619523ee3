//! Statements that make tables, their columns and their places in trees.

use std::fmt::Write as _;

use super::order::{Rank, Statement, Thing};
use super::types::{collate, identity_options, of_identity};
use super::{Catalog, literal, quote_ident, reread, with_options};
use crate::{Column, ConstraintKind, Identity, Name, Persistence, Table, TableKind};

pub(super) fn tables(catalog: &Catalog, statements: &mut Vec<Statement>) {
    for (name, table) in &catalog.tables {
        let text = create(catalog, name, table);
        statements.push(Statement::new(Rank::Table, text).makes(Thing::Object(name.clone())).mentions_all());
        storage(name, table, statements);
        row_security(name, table, statements);
        place(name, table, statements);
    }
}

fn create(catalog: &Catalog, name: &Name, table: &Table) -> String {
    let columns: Vec<_> =
        table.columns.iter().map(|column| self::column(catalog, name, table, column)).collect();
    let columns =
        if columns.is_empty() { "()".to_owned() } else { format!("(\n    {}\n)", columns.join(",\n    ")) };
    let unlogged = if table.persistence == Persistence::Unlogged { "UNLOGGED " } else { "" };
    match &table.kind {
        TableKind::Ordinary => {
            format!("CREATE {unlogged}TABLE {name} {columns}{}", with_options(&table.options))
        }
        TableKind::Partitioned { key } => {
            format!(
                "CREATE {unlogged}TABLE {name} {columns} PARTITION BY {key}{}",
                with_options(&table.options)
            )
        }
        TableKind::Foreign { server, options } => {
            let options = server_options(options);
            format!("CREATE FOREIGN TABLE {name} {columns} SERVER {}{options}", quote_ident(server))
        }
    }
}

/// ` OPTIONS (…)` of options such as `table_name=documents`.
fn server_options(options: &[String]) -> String {
    let pairs = options.iter().filter_map(|option| option.split_once('='));
    let pairs: Vec<_> =
        pairs.map(|(name, value)| format!("{} {}", quote_ident(name), literal(value))).collect();
    if pairs.is_empty() { String::new() } else { format!(" OPTIONS ({})", pairs.join(", ")) }
}

pub(super) fn column(catalog: &Catalog, name: &Name, table: &Table, column: &Column) -> String {
    let mut text =
        format!("{} {}{}", quote_ident(&column.name), column.data_type, collate(column.collation.as_ref()));
    if let Some(default) = &column.default {
        let _ = write!(text, " DEFAULT {}", reread(default));
    }
    if let Some(generated) = &column.generated {
        let kept = if generated.stored { "STORED" } else { "VIRTUAL" };
        let _ = write!(text, " GENERATED ALWAYS AS ({}) {kept}", reread(&generated.expression));
    }
    let sequence = of_identity(catalog, name, column);
    // The identity column of a partition without a sequence of its own comes with the partitioned table.
    if let Some(identity) = column.identity.filter(|_| table.partition_of.is_none() || sequence.is_some()) {
        let how = match identity {
            Identity::Always => "ALWAYS",
            Identity::ByDefault => "BY DEFAULT",
        };
        let options = sequence.map(|(own, sequence)| identity_options(name, column, own, sequence));
        let _ = write!(text, " GENERATED {how} AS IDENTITY{}", options.unwrap_or_default());
    }
    if column.not_null && !is_not_yet_not_null(table, column) {
        text.push_str(" NOT NULL");
    }
    text
}

/// Whether a constraint that is `NOT VALID` says that it is not null.
fn is_not_yet_not_null(table: &Table, column: &Column) -> bool {
    let demand = format!("NOT NULL {} ", quote_ident(&column.name));
    let open = |kind: ConstraintKind| kind == ConstraintKind::NotNull;
    let mut constraints = table.constraints.values().filter(|constraint| open(constraint.kind));
    constraints.any(|constraint| constraint.definition.starts_with(&demand))
}

/// How columns are kept: no clauses of `CREATE TABLE` before PostgreSQL 16 and 14.
fn storage(name: &Name, table: &Table, statements: &mut Vec<Statement>) {
    for column in &table.columns {
        let storage = column.storage.as_ref().map(|storage| format!("STORAGE {}", storage.to_uppercase()));
        let compression = column.compression.as_ref().map(|method| format!("COMPRESSION {method}"));
        for setting in storage.into_iter().chain(compression) {
            let column = quote_ident(&column.name);
            let text = format!("ALTER TABLE ONLY {name} ALTER COLUMN {column} SET {setting}");
            statements.push(
                Statement::new(Rank::ColumnStorage, text).mentions_all().makes(Thing::Ready(name.clone())),
            );
        }
    }
}

fn row_security(name: &Name, table: &Table, statements: &mut Vec<Statement>) {
    let states = [(table.row_security, "ENABLE"), (table.row_security_forced, "FORCE")];
    for (_, word) in states.into_iter().filter(|(is_so, _)| *is_so) {
        let text = format!("ALTER TABLE {name} {word} ROW LEVEL SECURITY");
        statements.push(Statement::new(Rank::Policy, text).mentions_all());
    }
}

/// Attached once both are complete, so that nothing has to be made twice or merged.
fn place(name: &Name, table: &Table, statements: &mut Vec<Statement>) {
    let attach = table.partition_of.iter().map(|partition| {
        let parent = &partition.parent;
        let text = format!("ALTER TABLE ONLY {parent} ATTACH PARTITION {name} {}", partition.bound);
        (parent, Statement::new(Rank::Attach, text).makes(Thing::Attached(parent.clone())))
    });
    let inherit = table.inherits.iter().map(|parent| {
        let text = format!("ALTER TABLE {name} INHERIT {parent}");
        (parent, Statement::new(Rank::Attach, text))
    });
    for (parent, statement) in attach.chain(inherit) {
        let ready = [Thing::Ready(name.clone()), Thing::Ready(parent.clone())];
        statements.push(statement.mentions_all().needs(ready));
    }
}
