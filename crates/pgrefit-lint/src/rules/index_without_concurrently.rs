//! An index built while nobody can write.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::Table;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "index-without-concurrently",
    title: "An index is built while nobody can write to the table.",
    level: Status::Fail,
    happens: "CREATE INDEX takes SHARE on the table until the index is built: every INSERT, UPDATE and DELETE waits \
         for it. On a table of 10 GB that is minutes.",
    safe: "CREATE INDEX CONCURRENTLY builds it beside the traffic, in two passes and outside of a transaction. On \
         a partitioned table: CREATE INDEX ON ONLY the parent, CONCURRENTLY on each partition, then ALTER INDEX \
         … ATTACH PARTITION.",
    before: include_str!("index_without_concurrently/before.sql"),
    bad: include_str!("index_without_concurrently/bad.sql"),
    good: include_str!("index_without_concurrently/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::Share), Claim::Scans("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateIndex(index) = &action.kind else { return };
    let Some(table) = index.table.as_ref().filter(|table| !index.concurrently && !case.is_new(table)) else {
        return;
    };
    let known = case.schema.table(table);
    // On a partitioned table alone there are no rows to read.
    if index.only && known.is_none_or(Table::is_partitioned) {
        return;
    }
    let cost = case.cost(table, Cost::Build);
    let table_sql = quote::sql(table);
    let draft = found.add(&action.span, format!("builds an index on {table} while nobody can write to it"));
    draft.about(table).caret(format!("takes SHARE on {table} until the index is built")).cost(cost);
    if known.is_some_and(Table::is_partitioned) {
        let name = index.name.as_deref().unwrap_or("name");
        draft.help("make the index on the parent alone, build one on each partition beside the traffic, and attach them");
        draft.sql(
            format!(
                "CREATE INDEX {name} ON ONLY {table_sql} (…);\nCREATE INDEX CONCURRENTLY {name}_p1 ON partition_1 (…);\n\
                 ALTER INDEX {name} ATTACH PARTITION {name}_p1;"
            ),
            LockMode::ShareUpdateExclusive,
        );
        return;
    }
    draft.help("CREATE INDEX CONCURRENTLY, which runs outside of a transaction");
    if case.may_run_in_steps() && index.name.is_some() {
        draft.fix(index.behind_index..index.behind_index, " CONCURRENTLY");
    }
}
