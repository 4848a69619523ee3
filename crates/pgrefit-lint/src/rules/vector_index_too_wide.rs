//! A vector that is too wide for its index.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::types::SqlType;
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "vector-index-too-wide",
    title: "An index is built on vectors that are wider than it can hold.",
    level: Status::Fail,
    happens: "pgvector indexes hold vector up to 2,000 dimensions, halfvec up to 4,000 and bit up to 64,000 (hnsw \
         and ivfflat of pgvector 0.8). On wider ones the build fails (SQLSTATE 54000), and a concurrent one \
         leaves an INVALID index behind.",
    safe: "Index a cast: ((embedding::halfvec(3072)) halfvec_l2_ops) up to 4,000 dimensions; or binary_quantize, \
         or a shorter subvector, with exact search over the candidates.",
    before: include_str!("vector_index_too_wide/before.sql"),
    bad: include_str!("vector_index_too_wide/bad.sql"),
    good: include_str!("vector_index_too_wide/good.sql"),
    also: &[],
    claims: &[Claim::Fails("54000"), Claim::LeavesInvalid("documents_embedding")],
    judge: Judge::Action(judge),
};

/// The most dimensions that hnsw and ivfflat take, by type (pgvector 0.8's documentation).
const MOST: [(&str, i64); 3] = [("vector", 2_000), ("halfvec", 4_000), ("bit", 64_000)];

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateIndex(index) = &action.kind else { return };
    if !matches!(index.method.as_str(), "hnsw" | "ivfflat") {
        return;
    }
    for key in &index.keys {
        let column = index.table.as_ref().zip(key.column.as_deref());
        let data_type = match column {
            Some((table, name)) => case.schema.column_type(table, name).cloned(),
            None => key.text.trim_matches(['(', ')']).rsplit_once("::").map(|(_, target)| {
                // The closing bracket of the number was trimmed with the others.
                let closes = if target.contains('(') && !target.contains(')') { ")" } else { "" };
                SqlType::parse(&format!("{target}{closes}"))
            }),
        };
        let Some(data_type) = data_type else { continue };
        let most = MOST.iter().find(|(name, _)| *name == data_type.name).map(|(_, most)| *most);
        let (Some(most), Some(dimensions)) = (most, data_type.modifiers.first().copied()) else { continue };
        if dimensions > most {
            found
                .add(
                    &action.span,
                    format!(
                        "{} holds {} of at most {most} dimensions, and this is {data_type}",
                        index.method, data_type.name
                    ),
                )
                .caret("SQLSTATE 54000, and an invalid index is left if it is concurrent")
                .help("index a cast to halfvec (up to 4000 dimensions), binary_quantize, or a subvector");
        }
    }
}
