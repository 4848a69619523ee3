//! Plans as real servers print them, in short.

use serde_json::{Value, json};

use super::{Demand, demands};

fn shown(demand: &Demand) -> String {
    let order: Vec<String> = demand
        .order
        .iter()
        .map(|key| format!("{}{}", key.on.sql, if key.is_descending { " desc" } else { "" }))
        .collect();
    let names = |all: &[super::Operand]| all.iter().map(|on| on.sql.clone()).collect::<Vec<_>>().join(",");
    let needed = demand.needed.as_ref().map(|all| all.iter().cloned().collect::<Vec<_>>().join(","));
    format!(
        "{}: {} clauses; order {}{}; groups {}; joins {}; needs {}",
        demand.relation,
        demand.clauses.len(),
        order.join(","),
        if demand.is_limited { " limited" } else { "" },
        names(&demand.groups),
        names(&demand.joins),
        needed.unwrap_or_else(|| "?".to_owned())
    )
}

fn check(plan: &Value, expected: &[&str]) {
    let found: Vec<String> = demands(plan).iter().map(shown).collect();
    assert_eq!(found, expected);
}

fn scan(filter: &str) -> Value {
    json!({ "Node Type": "Seq Scan", "Schema": "public", "Relation Name": "documents", "Alias": "d",
            "Output": ["d.id", "d.content", "d.created_at"], "Filter": filter })
}

fn over(kind: &str, more: &Value, below: &Value) -> Value {
    let mut node = json!({ "Node Type": kind, "Plans": [below] });
    if let (Some(node), Some(more)) = (node.as_object_mut(), more.as_object()) {
        node.extend(more.clone());
    }
    node
}

#[test]
fn a_page_of_the_newest() {
    let sort = json!({ "Output": ["d.id", "d.created_at"], "Sort Key": ["d.created_at DESC", "d.id DESC"] });
    let plan = over("Limit", &json!({ "Output": ["d.id"] }), &over("Sort", &sort, &scan("(d.a = $1)")));
    check(
        &plan,
        &[
            "public.documents: 1 clauses; order created_at desc,id desc limited; groups ; joins ; needs created_at,id",
        ],
    );
}

#[test]
fn a_scan_alone_needs_what_it_puts_out() {
    check(
        &scan("(d.a = $1)"),
        &["public.documents: 1 clauses; order ; groups ; joins ; needs content,created_at,id"],
    );
}

#[test]
fn groups_extremes_and_joins() {
    let plan =
        over("Aggregate", &json!({ "Output": ["d.a", "count(*)"], "Group Key": ["d.a"] }), &scan("d.b"));
    check(&plan, &["public.documents: 1 clauses; order ; groups a; joins ; needs a"]);
    let plan = over("Aggregate", &json!({ "Output": ["max(d.at)"] }), &scan("(d.a = 1)"));
    check(&plan, &["public.documents: 1 clauses; order at desc limited; groups ; joins ; needs at"]);
    let plan = over("Aggregate", &json!({ "Output": ["max(at)"] }), &scan("(d.a = 1)"));
    check(&plan, &["public.documents: 1 clauses; order at desc limited; groups ; joins ; needs at"]);
    let plan = over("Hash Join", &json!({ "Output": ["s.n"], "Hash Cond": "(s.n = d.n)" }), &scan("d.b"));
    check(&plan, &["public.documents: 1 clauses; order ; groups ; joins n; needs n"]);
}

#[test]
fn what_is_written_needs_whole_rows() {
    let plan = over(
        "ModifyTable",
        &json!({ "Schema": "public", "Relation Name": "documents", "Alias": "d" }),
        &scan("(d.a = 1)"),
    );
    check(&plan, &["public.documents: 1 clauses; order ; groups ; joins ; needs ?"]);
}

#[test]
fn an_order_of_two_relations_is_none() {
    let sort = json!({ "Output": [], "Sort Key": ["d.a", "s.b"] });
    check(
        &over("Sort", &sort, &scan("d.b")),
        &["public.documents: 1 clauses; order ; groups ; joins ; needs a"],
    );
}
