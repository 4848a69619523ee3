//! Queries that ask what a jsonb contains, without an index that could tell.

use pgrefit_catalog::census::{Column, Relation, Source, Statement};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::facts::indexes::float;
use crate::{Facts, Ruling};

/// From how many rows on it is told.
const ROWS: f64 = 10_000.0;

/// The operators that gin serves; those at the end only with the default operator class.
const OPERATORS: [&str; 6] = ["@>", "@?", "@@", "?|", "?&", "?"];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "jsonb-without-gin",
    code: "IDX-11",
    group: Group::Indexes,
    title: "Queries ask what a jsonb column contains, and no gin index serves them.",
    level: Status::Warn,
    required: false,
    matters: "Each such query reads and decompresses the column of every row that its other conditions leave. Told of tables from 10,000 rows on, where \
              pg_stat_statements has a statement that names the table and puts @>, @?, @@ or ? behind the column, or <@ before it, and cannot mean a column of that name elsewhere.",
    cure: "CREATE INDEX CONCURRENTLY … USING gin; jsonb_path_ops is smaller and quicker, and serves all but ?.",
    sources: &[Source::Statements, Source::Columns, Source::Types, Source::Indexes],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if let Some(grant) = facts.grant_statements() {
        ruling.missed("statements of other roles are hidden from this role", Some(grant));
    }
    for table in facts.root_tables() {
        for column in facts.columns(table.oid).iter().filter(|column| is_jsonb(facts, column)) {
            ruling.saw();
            if facts.rows(table.oid).is_some_and(|rows| rows >= ROWS) && !has_gin(facts, column) {
                look(facts, table, column, ruling);
            }
        }
    }
}

fn is_jsonb(facts: &Facts<'_>, column: &Column) -> bool {
    facts.base_type(column.type_oid).is_some_and(|it| it.name == "jsonb")
}

/// Whether any gin index has to do with the column, of the table or of a partition.
fn has_gin(facts: &Facts<'_>, column: &Column) -> bool {
    let depends = |index: u32, number: i16| {
        facts.census.index_dependencies.iter().any(|it| it.index == index && it.column == number)
    };
    let leaves = facts.leaves(column.relation).into_iter().map(|it| it.oid);
    let mut columns =
        leaves.chain([column.relation]).filter_map(|table| facts.column_named(table, &column.name));
    columns.any(|own| {
        facts.indexes(own.relation).iter().any(|index| {
            let of_column = index.columns.contains(&own.number) || depends(index.oid, own.number);
            facts.access_method(index) == "gin" && of_column
        })
    })
}

fn look(facts: &Facts<'_>, table: &Relation, column: &Column, ruling: &mut Ruling) {
    let naming = facts.statements_naming(table, column).into_iter();
    let asking: Vec<&Statement> =
        naming.filter(|(text, _)| operator(text, &column.name).is_some()).map(|(_, it)| it).collect();
    let calls: i64 = asking.iter().map(|it| it.calls).sum();
    if calls == 0 {
        return;
    }
    let total_ms: f64 = asking.iter().map(|it| it.total_ms).sum();
    let any_key = asking.iter().filter_map(|it| operator(it.query.as_deref()?, &column.name));
    let class = if any_key.into_iter().any(|it| it.starts_with('?')) { "" } else { " jsonb_path_ops" };
    let (name, on) = (facts.name(table.oid), facts.column_list(table.oid, &[column.number]));
    let mut found = ruling.warn(
        facts.column_name(table.oid, column.number),
        format!("{calls} queries asked what {on} contains, and no gin index on {name} could answer"),
    );
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean above zero")]
    let mean = Cell::DurationMs((total_ms / float(calls)) as u64);
    found.number("calls", calls).number("mean_ms", mean).number("rows", facts.rows(table.oid));
    if facts.partition_key(table.oid).is_some() {
        found.hint(format!("make an index USING gin ({on}{class}) on each partition, then on the table"));
    } else {
        let sql = format!("CREATE INDEX CONCURRENTLY ON {name} USING gin ({on}{class});");
        found.sql(sql, "SHARE UPDATE EXCLUSIVE", true);
    }
}

/// The operator by which a statement asks what a column contains: behind the column, or `<@` before it, which is `@>` turned round.
fn operator(statement: &str, column: &str) -> Option<&'static str> {
    let (statement, column) = (statement.to_lowercase(), column.to_lowercase());
    let mentions = statement.match_indices(&column).map(|(at, found)| {
        let behind = statement[at + found.len()..].trim_start_matches('"').trim_start();
        (&statement[..at], behind)
    });
    let mut whole = mentions.filter(|(before, _)| !before.ends_with(is_word));
    whole.find_map(|(before, behind)| {
        let found = OPERATORS.into_iter().find(|it| behind.starts_with(it));
        found.or_else(|| is_contained_in(before).then_some("@>"))
    })
}

/// Whether `<@` stands before a column and what qualifies it.
fn is_contained_in(before: &str) -> bool {
    let qualifies = |c: char| is_word(c) || matches!(c, '"' | '.');
    before.trim_end_matches(qualifies).trim_end().ends_with("<@")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(query: Option<&str>) -> Sample {
        let sample = Sample::new(18).heap(100, "docs", 100, 1e5).attribute(100, 1, "meta", "jsonb");
        sample.statement_ran(query, 10, 50.0)
    }

    #[test]
    fn queries_for_content_are_found() {
        let check = |query: &str, expected: &[&str]| {
            assert_eq!(sample(Some(query)).objects(&CHECK), expected, "{query}");
        };
        check("SELECT id FROM docs WHERE meta @> $1", &["public.docs.meta"]);
        check("SELECT id FROM docs d WHERE d.\"meta\"  ? $1", &["public.docs.meta"]);
        check("SELECT id FROM docs WHERE $1 <@ meta", &["public.docs.meta"]);
        check("SELECT id FROM docs d WHERE $1 <@ d.meta", &["public.docs.meta"]);
        check("SELECT id FROM docs WHERE meta->>$1 = $2", &[]);
        check("SELECT id FROM docs WHERE othermeta @> $1", &[]);
        check("SELECT id FROM docs_old WHERE meta @> $1", &[]);
    }

    #[test]
    fn an_index_or_a_small_table_is_silence_and_hidden_statements_are_not() {
        let query = Some("SELECT id FROM docs WHERE meta @> $1");
        let gin = sample(query).btree(101, 100, "docs_meta", &[1], 1).method("gin");
        assert_eq!(gin.status(&CHECK), Status::Pass);
        assert_eq!(sample(query).with(|it| it.relations[0].rows = Some(9e3)).status(&CHECK), Status::Pass);
        assert_eq!(sample(query).status(&CHECK), Status::Warn);
        assert_eq!(sample(None).status(&CHECK), Status::Blind);
    }
}
