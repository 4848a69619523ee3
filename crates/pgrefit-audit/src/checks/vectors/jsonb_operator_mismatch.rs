//! Queries of jsonb that the GIN index on it does not serve.

use pgrefit_catalog::census::{Column, Index, Relation, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "jsonb-operator-mismatch",
    code: "DOC-02",
    group: Group::Vectors,
    title: "Statements ask jsonb by an operator that the index on it does not serve.",
    level: Status::Warn,
    required: false,
    matters: "An index with jsonb_path_ops serves @>, @? and @@, and not ?, ?| and ?&, which ask for a key: without another \
              condition that has an index, those read the whole table. One with jsonb_ops, the default, serves them all and \
              is larger. Told from statements as pg_stat_statements has them; one that may mean a column of the same name in \
              another table is passed over.",
    cure: "Ask by @> where that says the same, or build an index with jsonb_ops.",
    sources: &[Source::Statements, Source::Indexes, Source::Columns, Source::Types],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (table, column, _) in facts.columns_of_type(&["jsonb"]) {
        let indexes = indexes(facts, table, column);
        let has = |class: &str| {
            indexes.iter().any(|it| it.valid && it.operator_class_names.iter().any(|of| of == class))
        };
        if !has("jsonb_path_ops") || has("jsonb_ops") {
            continue;
        }
        match facts.grant_statements() {
            Some(grant) => ruling.missed("statements of other roles are hidden", Some(grant)),
            None => ruling.saw(),
        }
        let statements = facts.statements_naming(table, column).into_iter();
        let asks = statements.filter(|(text, _)| asks_for_key(text, &column.name));
        let calls: i64 = asks.map(|(_, statement)| statement.calls).sum();
        if calls > 0 {
            ruling
                .warn(
                    facts.column_name(table.oid, column.number),
                    format!("{calls} times a key was asked for, which jsonb_path_ops does not serve"),
                )
                .number("calls", calls)
                .hint("ask by @> where that says the same, or build an index with jsonb_ops");
        }
    }
}

/// The GIN indexes on a column, those of partitions too.
fn indexes<'a>(facts: &Facts<'a>, table: &Relation, column: &Column) -> Vec<&'a Index> {
    let tables = facts.leaves(table.oid).into_iter().map(|it| it.oid).filter(|it| *it != table.oid);
    let own = |it: u32| Some((it, facts.column_named(it, &column.name)?.number));
    let on_column = tables.chain([table.oid]).filter_map(own).flat_map(|(table, number)| {
        facts.indexes(table).iter().filter(move |it| it.columns.contains(&number))
    });
    on_column.copied().filter(|it| facts.access_method(it) == "gin").collect()
}

/// Whether a column is the left side of `?`, `?|` or `?&`.
fn asks_for_key(text: &str, column: &str) -> bool {
    let (text, column) = (text.to_lowercase(), column.to_lowercase());
    text.match_indices(&column).any(|(at, _)| {
        let rest = text[at + column.len()..].trim_start_matches(['"', ')']);
        !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') && rest.trim_start().starts_with('?')
    })
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(class: &str, text: &str) -> Sample {
        Sample::new(18)
            .relation(100, RelationKind::Table, "documents", |_| {})
            .column(100, "data", "jsonb", |_| {})
            .vector_index(200, "gin", class, false, |_| {})
            .statement_text(text)
    }

    #[test]
    fn operators_are_those_of_the_class() {
        let check = |class: &str, text: &str, expected: bool| {
            let found = sample(class, text).objects(&CHECK);
            assert_eq!(found == ["public.documents.data"], expected, "{class}: {text}");
        };
        check("jsonb_path_ops", "SELECT 1 FROM documents WHERE data ? $1", true);
        check("jsonb_path_ops", "SELECT 1 FROM documents d WHERE d.\"data\" ?| $1", true);
        check("jsonb_path_ops", "SELECT 1 FROM documents WHERE data @? $1", false);
        check("jsonb_path_ops", "SELECT 1 FROM documents WHERE metadata ? $1 AND data @> $2", false);
        check("jsonb_path_ops", "SELECT 1 FROM papers WHERE data ? $1", false);
        check("jsonb_ops", "SELECT 1 FROM documents WHERE data ? $1", false);
    }

    #[test]
    fn hidden_statements_blind() {
        let of = |class: &str| sample(class, "SELECT 1").hidden_statements(5).status(&CHECK);
        assert_eq!(of("jsonb_path_ops"), Status::Blind);
        assert_eq!(of("jsonb_ops"), Status::Pass);
    }
}
