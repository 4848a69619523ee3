//! What is proposed for what a statement asks, on a table like the Doc Server's.

use serde_json::{Value, json};

use super::super::demand::demands;
use super::super::facts::{Column, Extension, Facts, Table};
use super::{Ask, Candidate};

fn column(name: &str, base: &str, width: u32, distinct: f64) -> Column {
    Column {
        name: name.into(),
        type_name: base.into(),
        base: base.into(),
        category: if base.starts_with('_') { "A" } else { "S" }.into(),
        not_null: name != "created_at" && name != "embedding",
        width: Some(width),
        distinct: Some(distinct),
        null_part: Some(0.0),
        ..Column::default()
    }
}

fn table() -> Table {
    let mut columns = vec![
        column("id", "uuid", 16, -1.0),
        column("doc_type", "text", 8, 9.0),
        column("source_name", "varchar", 12, 1000.0),
        column("content", "text", 1700, -1.0),
        column("metadata", "jsonb", 300, -0.5),
        column("embedding", "vector", 12304, -1.0),
        column("token_count", "int4", 4, 500.0),
        column("created_at", "timestamptz", 8, -1.0),
        column("tags", "_text", 40, 10.0),
        column("Mixed \"Case\"", "int4", 4, 10.0),
        column("status", "job_status", 4, 5.0),
    ];
    columns[7].correlation = Some(0.99);
    columns[10].common = Some(["done", "queued", "running"].map(|text| Some(text.to_owned())).into());
    columns[10].parts = Some(vec![0.97, 0.02, 0.01]);
    Table {
        schema: "public".into(),
        name: "documents".into(),
        kind: "r".into(),
        rows: Some(1_000_000.0),
        pages: Some(100_000),
        columns,
        ..Table::default()
    }
}

fn scan(filter: &str) -> Value {
    json!({ "Node Type": "Seq Scan", "Schema": "public", "Relation Name": "documents", "Alias": "d",
            "Output": ["d.content"], "Filter": filter })
}

fn page(filter: &str, order: &[&str]) -> Value {
    json!({ "Node Type": "Limit", "Output": ["d.content"], "Plans": [
        { "Node Type": "Sort", "Output": ["d.content"], "Sort Key": order, "Plans": [scan(filter)] }] })
}

fn check(plan: &Value, expected: &[&str]) {
    let extension = Extension { name: "pg_trgm".into(), schema: "public".into() };
    let facts = Facts { tables: vec![table()], extensions: vec![extension], ..Facts::default() };
    let mut bundle = 0;
    let mut found = Vec::new();
    for demand in demands(plan) {
        let ask = Ask { facts: &facts, table: &facts.tables[0], demand: &demand, statement: 0, benefit: 1.0 };
        found.extend(ask.candidates(&mut bundle));
    }
    let shown = |candidate: &Candidate| match candidate.bundle {
        Some(bundle) => format!("{bundle}: {}", candidate.definition()),
        None => candidate.definition(),
    };
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected, "{plan}");
}

#[test]
fn equality_then_order() {
    check(&page("((d.source_name)::text = $1)", &["d.created_at DESC"]), &["(source_name, created_at)"]);
    check(&page("(d.doc_type = $1)", &["d.created_at DESC", "d.id DESC"]), &["(doc_type, created_at, id)"]);
    check(&page("(d.content IS NOT NULL)", &["d.created_at DESC", "d.id DESC"]), &["(created_at, id)"]);
    check(
        &page("(d.doc_type = $1)", &["d.created_at DESC NULLS LAST", "d.id"]),
        &["(doc_type, created_at NULLS FIRST, id DESC)"],
    );
    check(
        &page(
            "((d.doc_type = $1) AND (ROW(d.created_at, d.id) < ROW($2, $3)))",
            &["d.created_at DESC", "d.id DESC"],
        ),
        &["(doc_type, created_at, id)"],
    );
}

#[test]
fn the_expression_with_most_values_comes_first() {
    check(
        &page(
            "((d.doc_type = 'rust'::text) AND ((d.metadata ->> 'crate_name'::text) = $1))",
            &["d.created_at DESC", "d.id DESC"],
        ),
        &["((metadata ->> 'crate_name'::text), doc_type, created_at, id)"],
    );
    check(
        &page("((d.doc_type = $1) AND ((d.source_name)::text = $2))", &["d.id"]),
        &["(source_name, doc_type, id)"],
    );
}

#[test]
fn ranges() {
    check(
        &scan("((d.doc_type = $1) AND (d.created_at > $2))"),
        &["(doc_type, created_at)", "USING brin (created_at)"],
    );
    check(
        &page("((d.doc_type = $1) AND (d.token_count > $2))", &["d.created_at"]),
        &["(doc_type, created_at)", "(doc_type, token_count)"],
    );
    check(&scan("(d.doc_type ~~ 'ru%'::text)"), &["(doc_type text_pattern_ops)"]);
}

#[test]
fn either_side_has_its_own() {
    check(
        &scan(
            "((d.doc_type = 'rust'::text) AND (((d.metadata ->> 'crate_name'::text) = $1) OR ((d.source_name)::text = $1)))",
        ),
        &["(doc_type)", "1: ((metadata ->> 'crate_name'::text), doc_type)", "1: (source_name, doc_type)"],
    );
    check(
        &scan("((d.content ~~* $1) OR ((d.metadata)::text ~~* $1))"),
        &[
            "1: USING gin (content public.gin_trgm_ops)",
            "1: USING gin (((metadata)::text) public.gin_trgm_ops)",
        ],
    );
    check(&scan("((d.doc_type = $1) OR (d.token_count IS NULL))"), &[]);
}

#[test]
fn documents_lists_and_words() {
    check(&scan("(d.metadata @> $1)"), &["USING gin (metadata jsonb_path_ops)"]);
    check(&scan("(d.metadata ? $1)"), &["USING gin (metadata)"]);
    check(&scan("(d.tags && $1)"), &["USING gin (tags)"]);
    check(
        &scan("(to_tsvector('english'::regconfig, d.content) @@ to_tsquery($1))"),
        &["USING gin ((to_tsvector('english'::regconfig, content)))"],
    );
    check(&scan("(d.content ~~* $1)"), &["USING gin (content public.gin_trgm_ops)"]);
    check(&scan("(d.content = $1)"), &[]);
    check(&scan("(d.embedding IS NOT NULL)"), &[]);
}

#[test]
fn constant_conditions_make_it_partial() {
    check(
        &page("(d.status = ANY ('{queued,running}'::job_status[]))", &["d.created_at", "d.id"]),
        &[
            "(created_at, id)",
            "(status)",
            "(created_at, id) WHERE status = ANY ('{queued,running}'::job_status[])",
        ],
    );
    check(&page("(d.status = 'done'::job_status)", &["d.created_at"]), &["(status, created_at)"]);
}

#[test]
fn counts_are_answered_from_the_index_alone() {
    let count = json!({ "Node Type": "Aggregate", "Strategy": "Plain", "Output": ["count(*)"],
        "Plans": [scan("((d.embedding IS NOT NULL) AND (d.doc_type = $1))")] });
    check(&count, &["(doc_type)", "(doc_type) WHERE embedding IS NOT NULL"]);
    let groups = json!({ "Node Type": "Aggregate", "Output": ["d.source_name", "count(*)", "sum(d.token_count)"],
        "Group Key": ["d.source_name"], "Plans": [scan("")] });
    let twice = ["(source_name) INCLUDE (token_count)", "(source_name) INCLUDE (token_count)"];
    check(&groups, &twice);
}

#[test]
fn odd_names_are_quoted() {
    check(&scan("(d.\"Mixed \"\"Case\"\"\" = $1)"), &["(\"Mixed \"\"Case\"\"\")"]);
}
