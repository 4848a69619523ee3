//! `pgrefit audit contract`: a first draft of what a project may promise of its database, from the database as it is.

use std::fmt::Write as _;

use clap::Args;
use pgrefit_audit::{Facts, Options};
use pgrefit_catalog::census::{ConstraintKind, Index, Relation};

use super::take;
use crate::{Context, Failed, Output};

/// Draft the contract of a database, for pgrefit.toml.
#[derive(Debug, Args)]
pub(super) struct Draft {
    /// From the database as it is.
    #[arg(long, required = true)]
    from_database: bool,
}

impl Draft {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        debug_assert!(self.from_database, "clap requires it");
        let config = context.config(&[])?;
        let options = Options::default();
        let wanted = take::Wanted { deep: false, nodes: &[], exact_limit: None };
        let census = take::live(context, &config, &options, &wanted).await?;
        let facts = Facts::new(&census, &options);
        Ok(Output::Plain(draft(&facts)))
    }
}

/// The contract as TOML.
fn draft(facts: &Facts<'_>) -> String {
    let mut text = format!(
        "# What this project promises of its database; `pgrefit audit` holds it against the live one. Drafted from {}:\n\
         # keep what matters, and remove the rest.\n[contract]\nhistory = {}\n",
        facts.census.server.database,
        facts.census.history.is_some()
    );
    for key in facts.foreign_keys() {
        let tables = (facts.relation(key.relation), key.referenced.and_then(|oid| facts.relation(oid)));
        let (Some(table), Some(referenced)) = tables else { continue };
        if let Some(fault) = facts.fault_of_foreign_key(key) {
            let _ =
                write!(text, "\n# Left out, of {}: {}\n", comment(&facts.name(table.oid)), comment(&fault));
            continue;
        }
        let _ = write!(
            text,
            "\n[[contract.foreign_keys]]\ntable = {}\ncolumns = {}\nreferences = {}\n",
            name(facts, table),
            columns(facts, table, &key.columns),
            name(facts, referenced)
        );
    }
    for (index, table) in facts.user_indexes().filter(|(index, table)| is_promised(facts, index, table)) {
        let width = usize::try_from(index.key_columns).unwrap_or(0);
        let _ = write!(
            text,
            "\n[[contract.indexes]]\ntable = {}\ncolumns = {}\n",
            name(facts, table),
            columns(facts, table, &index.columns[..width.min(index.columns.len())])
        );
        if index.unique {
            text.push_str("unique = true\n");
        }
    }
    for table in facts.root_tables() {
        for column in facts.columns(table.oid) {
            let vector =
                facts.base_type(column.type_oid).is_some_and(|it| it.extension.as_deref() == Some("vector"));
            let indexed = facts
                .census
                .index_dependencies
                .iter()
                .any(|it| it.table == table.oid && it.column == column.number);
            if vector && !indexed {
                let _ = write!(
                    text,
                    "\n[[contract.no_vector_index]]\ntable = {}\ncolumn = {}\n",
                    name(facts, table),
                    quoted(&column.name)
                );
            }
        }
    }
    for table in facts.root_tables().filter(|table| facts.rows(table.oid).is_some_and(|rows| rows > 0.0)) {
        let _ = write!(text, "\n[[contract.rows]]\ntable = {}\nmin = 1\n", name(facts, table));
    }
    text
}

/// An index of a whole table that is no constraint's, on columns.
fn is_promised(facts: &Facts<'_>, index: &Index, table: &Relation) -> bool {
    let own = facts.constraint_of_index(index).is_some_and(|it| it.kind != ConstraintKind::Unique);
    let usable = index.valid && index.predicate.is_none() && index.expressions.is_none();
    usable && !own && !table.is_partition
}

fn name(facts: &Facts<'_>, table: &Relation) -> String {
    match facts.schema_of(table) {
        "public" => quoted(&table.name),
        schema => quoted(&format!("{schema}.{}", table.name)),
    }
}

fn columns(facts: &Facts<'_>, table: &Relation, numbers: &[i16]) -> String {
    let names = numbers.iter().filter_map(|number| facts.column(table.oid, *number));
    format!("[{}]", names.map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", "))
}

/// Text that ends with the line.
fn comment(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
