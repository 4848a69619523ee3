//! Searches that the approximate index on their column cannot serve.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Column, Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::vectors::{VectorForm, VectorIndex, has_word};
use crate::{Facts, Ruling};

/// pgvector's operators.
const OPERATORS: [&str; 6] = ["<->", "<#>", "<=>", "<+>", "<~>", "<%>"];

/// How far from its operator the column is looked for, in bytes.
const REACH: usize = 80;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vector-operator-mismatch",
    code: "VEC-06",
    group: Group::Vectors,
    title: "Statements search by an operator or a form that no index on the column serves.",
    level: Status::Warn,
    required: false,
    matters: "An approximate index serves the operator of its operator class and the expression it was made of, and nothing \
              else: with vector_l2_ops, ORDER BY embedding <=> $1 reads the whole table; with a cast to halfvec, so does a \
              query without that cast. Told from statements that order and limit by the operator, as pg_stat_statements has \
              them; one that may mean a column of the same name in another table is passed over.",
    cure: "Write the query as the index has it, or build an index with the operator class of the query.",
    sources: &[Source::Statements, Source::Indexes, Source::Columns, Source::Types],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.vector_columns() {
        let mut indexes = facts.vector_indexes_of(table.oid, column.number);
        indexes.retain(|it| it.is_usable() && it.form.is_of_column());
        if indexes.is_empty() {
            continue;
        }
        match facts.grant_statements() {
            Some(grant) => ruling.missed("statements of other roles are hidden", Some(grant)),
            None => ruling.saw(),
        }
        if let Some(unserved) = unserved(facts, table, column, &indexes) {
            let served = indexes.iter().filter_map(|it| Some(format!("{} on {}", it.operator()?, it.form)));
            let (served, Unserved { operator, calls, mean_ms }) = (served.collect::<Vec<_>>(), unserved);
            ruling
                .warn(
                    facts.column_name(table.oid, column.number),
                    format!("{calls} searches by {operator}, but the index serves {}", served.join(", ")),
                )
                .number("calls", calls)
                .number("mean_ms", mean_ms)
                .hint(
                    "write the query as the index has it, or build one with the operator class of the query",
                );
        }
    }
}

/// Searches that no index serves.
#[derive(Debug)]
struct Unserved {
    operator: &'static str,
    calls: i64,
    /// Of the slowest.
    mean_ms: f64,
}

/// The operator that most searches use without an index.
fn unserved(
    facts: &Facts<'_>,
    table: &Relation,
    column: &Column,
    indexes: &[VectorIndex<'_>],
) -> Option<Unserved> {
    let mut unserved: BTreeMap<&'static str, (i64, f64)> = BTreeMap::new();
    for (text, statement) in facts.statements_naming(table, column) {
        let is_search = has_word(text, "order") && (has_word(text, "limit") || has_word(text, "fetch"));
        let Some(operator) = operator_of(text, &column.name).filter(|_| is_search) else { continue };
        if indexes.iter().any(|index| serves(index, operator, text)) {
            continue;
        }
        let (calls, mean_ms) = unserved.entry(operator).or_default();
        *calls += statement.calls;
        *mean_ms = mean_ms.max(statement.mean_ms);
    }
    let (operator, (calls, mean_ms)) = unserved.into_iter().max_by_key(|(_, (calls, _))| *calls)?;
    Some(Unserved { operator, calls, mean_ms })
}

/// An operator of vectors that has the column near by.
fn operator_of(text: &str, column: &str) -> Option<&'static str> {
    let near = |at: usize| {
        let from = text.floor_char_boundary(at.saturating_sub(REACH));
        let to = text.floor_char_boundary((at + REACH).min(text.len()));
        has_word(&text[from..to], column)
    };
    OPERATORS.into_iter().find(|operator| text.match_indices(operator).any(|(at, _)| near(at)))
}

/// Whether the index may serve the statement, with the benefit of the doubt.
fn serves(index: &VectorIndex<'_>, operator: &str, text: &str) -> bool {
    let spelled = match index.form {
        VectorForm::Plain | VectorForm::Other | VectorForm::Row | VectorForm::Generated => true,
        VectorForm::Halfvec => has_word(text, "halfvec"),
        VectorForm::BinaryQuantize => has_word(text, "binary_quantize"),
        VectorForm::Subvector => has_word(text, "subvector"),
        VectorForm::Cast => text.contains("::") || has_word(text, "cast"),
    };
    spelled && index.operator().is_none_or(|served| served == operator)
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Namespace, RelationKind};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(class: &str, is_expression: bool, text: &str) -> Sample {
        let sample = Sample::new(18).documents(1_000.0, 3_072);
        sample.vector_index(200, "hnsw", class, is_expression, |_| {}).statement_text(text)
    }

    #[test]
    fn operator_and_form_must_be_those_of_the_index() {
        let check = |class: &str, is_expression: bool, text: &str, expected: bool| {
            let found = sample(class, is_expression, text).objects(&CHECK);
            assert_eq!(found == ["public.documents.embedding"], expected, "{text}");
        };
        let plain = "SELECT id FROM documents ORDER BY embedding <=> $1 LIMIT $2";
        check("vector_cosine_ops", false, plain, false);
        check("vector_l2_ops", false, plain, true);
        check("vector_l2_ops", false, "SELECT embedding <=> $1 FROM documents WHERE id = $2", false);
        check("vector_l2_ops", false, "SELECT id FROM papers ORDER BY embedding <=> $1 LIMIT $2", false);
        check("halfvec_cosine_ops", true, plain, true);
        let cast = "SELECT id FROM documents ORDER BY embedding::halfvec(3072) <=> $1 LIMIT $2";
        check("halfvec_cosine_ops", true, cast, false);
        check("halfvec_l2_ops", true, cast, true);
    }

    #[test]
    fn a_column_of_another_schema_is_not_meant() {
        let check = |text: &str, expected: bool| {
            let sample = sample("vector_l2_ops", false, text).with(|census| {
                census.namespaces.push(Namespace { oid: 2, name: "app2".to_owned(), ..Namespace::default() });
            });
            let sample = sample.relation(300, RelationKind::Table, "documents", |it| it.namespace = 2);
            assert_eq!(!sample.objects(&CHECK).is_empty(), expected, "{text}");
        };
        check("SELECT id FROM app2.documents ORDER BY embedding <=> $1 LIMIT $2", false);
        check("SELECT id FROM documents ORDER BY embedding <=> $1 LIMIT $2", false);
        check("SELECT id FROM public.documents ORDER BY embedding <=> $1 LIMIT $2", true);
    }

    #[test]
    fn hidden_statements_blind() {
        let text = "SELECT id FROM documents ORDER BY embedding <=> $1 LIMIT $2";
        let sample = sample("vector_cosine_ops", false, text).hidden_statements(3);
        assert_eq!(sample.status(&CHECK), Status::Blind);
        let grant = sample.verdict(&CHECK).grant;
        assert_eq!(grant.as_deref(), Some("GRANT pg_read_all_stats TO auditor;"));
    }
}
