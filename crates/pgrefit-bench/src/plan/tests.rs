//! Plans of real servers, kept in `tests/plans`; `tests/live/planning.rs` writes them.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use super::{PlanShape, accesses, buffers, joins};
use crate::Buffers;

const VERSIONS: [&str; 3] = [
    include_str!("../../tests/plans/15.json"),
    include_str!("../../tests/plans/16.json"),
    include_str!("../../tests/plans/18.json"),
];

fn explained(name: &str) -> [String; 3] {
    VERSIONS.map(|text| {
        let plans: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).expect("JSON");
        plans[name].to_string()
    })
}

/// Checks the plan with this name of every version: its outline, and how it reads and joins.
fn check(name: &str, expected: &Expect) {
    let plans = explained(name).map(|json| PlanShape::parse(&json).expect("a plan"));
    let [first, others @ ..] = &plans;
    let reads =
        accesses(first).into_iter().map(|it| format!("{} {}: {}\n", it.relation, it.alias, it.outline()));
    let joins = joins(first).into_iter().map(|join| format!("{join}\n"));
    let found: String = std::iter::once(first.outline() + "\n").chain(reads).chain(joins).collect();
    expected.assert_eq(&found);
    for other in others {
        assert_eq!((other.outline(), &other.fingerprint), (first.outline(), &first.fingerprint), "{name}");
    }
    assert!(plans.iter().all(|plan| plan.nodes.iter().any(|node| node.rows_estimated > 0)));
}

#[test]
fn one_relation() {
    check(
        "index",
        &expect![[r"
        Index Scan using documents_pkey on public.documents

        public.documents documents: Index Scan using documents_pkey
    "]],
    );
    check(
        "bitmap",
        &expect![[r"
        Bitmap Heap Scan on public.documents
          BitmapOr
            Bitmap Index Scan using documents_source
            Bitmap Index Scan using documents_pkey

        public.documents d: Bitmap Heap Scan using documents_source, documents_pkey
    "]],
    );
    check(
        "sequential",
        &expect![[r"
        Aggregate
          Seq Scan on public.documents

        public.documents documents: Seq Scan
    "]],
    );
    check(
        "backward",
        &expect![[r"
        Limit
          Index Only Scan using documents_pkey backward on public.documents

        public.documents documents: Index Only Scan using documents_pkey
    "]],
    );
    check(
        "odd-names",
        &expect![[r#"
        Seq Scan on "Odd Schema"."T"

        "Odd Schema"."T" T: Seq Scan
    "#]],
    );
}

#[test]
fn several_relations() {
    check(
        "hash-join",
        &expect![[r"
        Aggregate Hashed
          Hash Join Left
            Seq Scan on public.documents
            Hash
              Seq Scan on public.sources

        public.documents d: Seq Scan
        public.sources s: Seq Scan
        Hash Join Left
    "]],
    );
    check(
        "nested",
        &expect![[r"
        CTE Scan
          Limit
            Seq Scan on public.sources
          Aggregate
            Bitmap Heap Scan on public.documents
              Bitmap Index Scan using documents_source

        public.sources sources: Seq Scan
        public.documents d: Bitmap Heap Scan using documents_source
    "]],
    );
}

#[test]
fn numbers_do_not_count_and_names_do() {
    let [json, ..] = explained("index");
    let fingerprint = |json: &str| PlanShape::parse(json).expect("a plan").fingerprint;
    let same =
        json.replace("\"Total Cost\":", "\"Total Cost\":9").replace("\"Plan Rows\":", "\"Plan Rows\":7");
    assert_ne!(json, same);
    assert_eq!(fingerprint(&json), fingerprint(&same));
    for (from, to) in
        [("documents_pkey", "other"), ("\"public\"", "\"private\""), ("Index Scan", "Index Only Scan")]
    {
        assert_ne!(fingerprint(&json), fingerprint(&json.replace(from, to)), "{to}");
    }
}

#[test]
fn blocks_are_those_of_the_whole() {
    for json in explained("index") {
        let Buffers { shared_hit_blocks, shared_read_blocks, temp_blocks } =
            buffers(&json).expect("analyzed");
        assert!((1..=10).contains(&(shared_hit_blocks + shared_read_blocks)), "{json}");
        assert_eq!(temp_blocks, 0);
    }
    let [not_analyzed, ..] = explained("bitmap");
    assert!(buffers(&not_analyzed).is_err());
}

#[test]
fn what_is_no_plan_is_refused() {
    for text in ["", "[]", "{}", "[{}]", "[{\"Plan\": 1}]", "[{\"Plan\": {}", "null"] {
        assert!(PlanShape::parse(text).is_err(), "{text}");
    }
    let least = PlanShape::parse("[{\"Plan\": {\"Plans\": [{}, 1]}}]").expect("a plan of sorts");
    assert_eq!(least.outline(), "?\n  ?\n  ?\n");
}

#[test]
fn a_plan_of_great_depth_is_cut() {
    let deep = "{\"Plans\": [".repeat(60) + "{}" + &"]}".repeat(60);
    let plan = PlanShape::parse(&format!("[{{\"Plan\": {deep}}}]")).expect("a plan");
    assert_eq!(plan.nodes.len(), 61);
    let absurd = "{\"Plans\": [".repeat(5000) + "{}" + &"]}".repeat(5000);
    assert!(PlanShape::parse(&format!("[{{\"Plan\": {absurd}}}]")).is_err(), "serde_json stops at 128");
}
