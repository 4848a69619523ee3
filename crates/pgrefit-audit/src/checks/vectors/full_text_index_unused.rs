//! A full-text search that cannot use the index that was made for it.

use pgrefit_catalog::census::{Index, Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::vectors::has_word;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "full-text-index-unused",
    code: "DOC-01",
    group: Group::Vectors,
    title: "A full-text search spells to_tsvector otherwise than the index on it.",
    level: Status::Warn,
    required: false,
    matters: "An index on an expression serves only queries with the same expression. To be indexed, to_tsvector must name its \
              configuration, because default_text_search_config may change; a query that calls it with the text alone \
              therefore never uses such an index, and parses each document anew. Told from statements as \
              pg_stat_statements has them; which configuration they name cannot be seen there, and one that may mean a column \
              of the same name in another table is passed over.",
    cure: "Name the configuration in the query as the index does, or search a stored generated column of type tsvector.",
    sources: &[Source::Statements, Source::Indexes, Source::Columns],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (index, table) in facts.user_indexes() {
        let usable = index.valid && index.ready && index.live && facts.parents(index.oid).is_empty();
        let of_text = index.operator_class_names.iter().any(|it| it == "tsvector_ops");
        let Some(expressions) = index.expressions.as_ref().filter(|_| usable && of_text) else { continue };
        match facts.grant_statements() {
            Some(grant) => ruling.missed("statements of other roles are hidden", Some(grant)),
            None => ruling.saw(),
        }
        let columns = expressions.columns();
        let calls = unserved_calls(facts, index, table, &columns);
        if calls > 0 {
            ruling
                .warn(
                    facts.name(index.oid),
                    format!("{calls} searches call to_tsvector without a configuration, and cannot use it"),
                )
                .number("calls", calls)
                .hint("name the configuration in the query: to_tsvector('english', …)");
        }
    }
}

fn unserved_calls(facts: &Facts<'_>, index: &Index, table: &Relation, columns: &[i16]) -> i64 {
    let mut unserved: Vec<(&str, i64)> = Vec::new();
    for column in columns.iter().filter_map(|it| facts.column(index.table, *it)) {
        let searches =
            |text: &str| text.contains("@@") && single_arguments(text).any(|it| has_word(it, &column.name));
        let statements = facts.statements_naming(table, column).into_iter();
        unserved.extend(statements.filter(|(text, _)| searches(text)).map(|(text, it)| (text, it.calls)));
    }
    // One that names two columns was found twice. The same text of another role is another row.
    unserved.sort_unstable_by_key(|(text, _)| (text.as_ptr(), text.len()));
    unserved.dedup_by_key(|(text, _)| text.as_ptr());
    unserved.into_iter().map(|(_, calls)| calls).sum()
}

/// What `to_tsvector` is called with, where it is one argument.
fn single_arguments(text: &str) -> impl Iterator<Item = &str> {
    const CALL: &str = "to_tsvector(";
    text.match_indices(CALL).filter_map(|(at, _)| {
        let rest = &text[at + CALL.len()..];
        let mut depth = 0_u32;
        for (at, c) in rest.char_indices() {
            match c {
                '(' | '[' => depth += 1,
                ')' if depth == 0 => return Some(&rest[..at]),
                ')' | ']' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => return None,
                _ => {}
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::{CHECK, single_arguments};
    use crate::sample::Sample;

    fn sample(text: &str) -> Sample {
        let sample = Sample::new(18).documents(1_000.0, 3);
        sample.vector_index(200, "gin", "tsvector_ops", true, |_| {}).statement_text(text)
    }

    #[test]
    fn a_call_without_configuration_is_told() {
        let check = |text: &str, expected: bool| {
            let found = sample(text).objects(&CHECK);
            assert_eq!(found == ["public.documents_200"], expected, "{text}");
        };
        check("SELECT id FROM documents WHERE to_tsvector(embedding) @@ to_tsquery($1)", true);
        check("SELECT id FROM documents WHERE to_tsvector(coalesce(embedding, $1)) @@ to_tsquery($2)", true);
        check("SELECT id FROM documents WHERE to_tsvector($1, embedding) @@ to_tsquery($1, $2)", false);
        check("SELECT id FROM papers WHERE to_tsvector(embedding) @@ to_tsquery($1)", false);
        check("SELECT to_tsvector(embedding) FROM documents", false);
        check("SELECT id FROM documents WHERE body @@ to_tsquery($1) AND to_tsvector($2) IS NOT NULL", false);
    }

    #[test]
    fn hidden_statements_blind() {
        assert_eq!(sample("SELECT 1").hidden_statements(1).status(&CHECK), Status::Blind);
        assert_eq!(sample("SELECT 1").status(&CHECK), Status::Pass);
    }

    #[test]
    fn arguments_are_read_to_their_end() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(single_arguments(text).collect::<Vec<_>>(), expected, "{text}");
        };
        check("to_tsvector(a || b(c, d))", &["a || b(c, d)"]);
        check("to_tsvector($1, a), to_tsvector(b)", &["b"]);
        check("to_tsvector(a", &[]);
    }
}
