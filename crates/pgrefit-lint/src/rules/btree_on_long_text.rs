//! A B-tree over values that can be longer than an entry.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "btree-on-long-text",
    title: "A B-tree is built over values that can be longer than its entries.",
    level: Status::Fail,
    happens: "An entry holds at most 2,704 bytes after compression. One longer value makes the build fail (SQLSTATE \
         54000), and a concurrent one leaves an INVALID index behind; afterwards every INSERT of a longer one \
         fails.",
    safe: "Index md5(column) or sha256(column::bytea) for equality, left(column, 200) for order, gin with pg_trgm \
         or to_tsvector for search.",
    before: include_str!("btree_on_long_text/before.sql"),
    bad: include_str!("btree_on_long_text/bad.sql"),
    good: include_str!("btree_on_long_text/good.sql"),
    also: &[],
    claims: &[Claim::Fails("54000"), Claim::LeavesInvalid("documents_content")],
    judge: Judge::Action(judge),
};

/// Names of columns that hold prose or payloads.
const LONG: [&str; 22] = [
    "article",
    "biography",
    "body",
    "comment",
    "comments",
    "content",
    "contents",
    "data",
    "description",
    "details",
    "document",
    "full_text",
    "html",
    "long_text",
    "markdown",
    "message",
    "payload",
    "raw",
    "stacktrace",
    "summary",
    "text",
    "transcript",
];

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateIndex(index) = &action.kind else { return };
    let Some(table) = index.table.as_ref().filter(|_| index.method == "btree") else { return };
    let keys = index.keys.iter().filter_map(|key| key.column.as_deref());
    for name in keys.chain(index.includes.iter().map(String::as_str)) {
        let data_type = case.schema.column_type(table, name);
        let named_long = LONG.contains(&name) || LONG.iter().any(|long| name.ends_with(&format!("_{long}")));
        let is_blob = data_type.is_some_and(|it| matches!(it.name.as_str(), "jsonb") && !it.array);
        // Four bytes a dimension, two of a halfvec.
        let width = data_type.and_then(|it| match it.name.as_str() {
            "vector" => Some(it.modifiers.first()? * 4),
            "halfvec" => Some(it.modifiers.first()? * 2),
            _ => None,
        });
        let level = match data_type {
            Some(_) if width.is_some_and(|width| width > 2_700) => Status::Fail,
            Some(known) if known.is_unbounded_text() && (named_long || is_blob) => Status::Fail,
            None if named_long => Status::Warn,
            _ => continue,
        };
        found
            .add(
                &action.span,
                format!("a value of {name} that is longer than 2,704 bytes does not fit into a B-tree"),
            )
            .status(level)
            .about(table)
            .caret("SQLSTATE 54000")
            .help(format!("index md5({name}) for equality, left({name}, 200) for order, gin for search"));
    }
}
