//! Statements that make views and materialized views.

use super::order::{Rank, Statement, Thing};
use super::{Catalog, reread, unterminated, with_options};

/// A materialized view is made without rows: they are data, and nothing else asks for them to be there.
pub(super) fn views(catalog: &Catalog, statements: &mut Vec<Statement>) {
    for (name, view) in &catalog.views {
        let (what, rows) =
            if view.materialized { ("MATERIALIZED VIEW", "\n  WITH NO DATA") } else { ("VIEW", "") };
        let (options, query) = (with_options(&view.options), reread(unterminated(&view.definition)));
        let text = format!("CREATE {what} {name}{options} AS\n{query}{rows}");
        let statement = Statement::new(Rank::View, text).makes(Thing::Object(name.clone()));
        statements.push(statement.mentions(&query).with_keys());
    }
}
