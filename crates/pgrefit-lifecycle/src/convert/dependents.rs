//! Views and functions that are bound to the old table: the same text again binds them to the new one. They keep their owner, their grants,
//! their comments and what depends on them.

use pgrefit_catalog::quote_ident;
use pgrefit_pg::partition::ViewFacts;

use super::{Job, literal};

pub(super) fn replaced(job: &Job<'_>) -> String {
    let mut sql = String::new();
    if job.facts.table.views.is_empty() && job.facts.table.functions.is_empty() {
        return sql;
    }
    sql += "\n-- What was bound to the old table means the new one again.\n";
    for view in &job.facts.table.views {
        sql += &view_sql(view);
    }
    for function in &job.facts.table.functions {
        sql += function.definition.trim();
        sql += ";\n";
    }
    sql
}

fn view_sql(view: &ViewFacts) -> String {
    // Without the list, those that are there would be taken away.
    let option = |option: &String| match option.split_once('=') {
        Some((name, value)) => format!("{} = {}", quote_ident(name), literal(value)),
        None => quote_ident(option),
    };
    let options = view.options.iter().map(option).collect::<Vec<_>>().join(", ");
    let with = if options.is_empty() { String::new() } else { format!(" WITH ({options})") };
    format!("CREATE OR REPLACE VIEW {}{with} AS\n{};\n", view.name, view.definition)
}
