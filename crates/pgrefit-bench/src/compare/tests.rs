//! Tables of judgements.

use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::{Expect, expect};
use pgrefit_pg::digest::TableDigest;

use super::slower::is_slower;
use super::{Tolerance, compare, comparison_table};
use crate::measured::Cut;
use crate::{Measured, Measurement, PlanShape, Timing, Trouble};

/// Times of these tenths of a millisecond.
fn timing(tenths: impl IntoIterator<Item = u64>) -> Timing {
    Timing::of(tenths.into_iter().map(|tenth| Duration::from_micros(tenth * 100)).collect()).expect("times")
}

/// So many runs around `middle`, `spread` apart.
fn around(middle: u64, spread: u64) -> Vec<u64> {
    (0..20).map(|run| middle - spread + run % 3 * spread).collect()
}

#[test]
fn slower_is_more_than_noise() {
    let tolerance = Tolerance::default();
    let check = |old: Vec<u64>, new: Vec<u64>, expected: bool| {
        let (was, is) = (timing(old.clone()), timing(new.clone()));
        assert_eq!(is_slower(&was, &is, &tolerance), expected, "{old:?} → {new:?}");
    };
    // Ten and twenty milliseconds, steady.
    check(around(100, 1), around(200, 1), true);
    check(around(200, 1), around(100, 1), false);
    check(around(100, 1), around(100, 1), false);
    // 0.3 ms → 0.6 ms: a factor, but nothing that anybody feels.
    check(around(3, 0), around(6, 0), false);
    check(around(30, 1), around(79, 1), false);
    check(around(30, 1), around(81, 1), true);
    // 100 ms → 130 ms: much, but not by the factor.
    check(around(1000, 1), around(1300, 1), false);
    check(around(1000, 1), around(1510, 1), true);
    // Medians far apart, in noise that is as wide.
    check(around(100, 100), around(200, 150), false);
    check(around(100, 10), around(200, 150), false);
    // One outlier moves neither median nor quartiles.
    check(around(100, 1), [around(100, 1), vec![9000]].concat(), false);
    // Too few runs to say.
    check(vec![100; 4], vec![900; 20], false);
    check(vec![100; 5], vec![900; 5], true);
    // From nothing to something.
    check(vec![0; 20], vec![60; 20], true);
    check(vec![0; 20], vec![0; 20], false);
}

fn query(name: &str) -> Measurement {
    let mut query = Measurement::new(name, Duration::from_millis(50), 20);
    query.timing = Some(timing(around(100, 1)));
    query.rows = vec![Some(3)];
    query
}

fn of(queries: Vec<Measurement>) -> Measured {
    Measured { version_num: 180_006, sessions: 1, elapsed: Duration::ZERO, interrupted: false, queries }
}

fn plan(json: &str) -> PlanShape {
    PlanShape::parse(&format!("[{{\"Plan\": {json}}}]")).expect("a plan")
}

fn scan(node: &str, relation: &str, index: &str) -> String {
    let index = if index.is_empty() { String::new() } else { format!(", \"Index Name\": \"{index}\"") };
    format!(
        "{{\"Node Type\": \"{node}\", \"Schema\": \"public\", \"Relation Name\": \"{relation}\", \"Alias\": \"{relation}\"{index}}}"
    )
}

/// Checks what is told of one query; each change makes one of the two measurements from the usual one.
#[track_caller]
fn check(before: impl FnOnce(&mut Measurement), after: impl FnOnce(&mut Measurement), expected: &Expect) {
    check_with(&Tolerance::default(), before, after, expected);
}

#[track_caller]
fn check_with(
    tolerance: &Tolerance,
    before: impl FnOnce(&mut Measurement),
    after: impl FnOnce(&mut Measurement),
    expected: &Expect,
) {
    let (mut old, mut new) = (query("q"), query("q"));
    before(&mut old);
    after(&mut new);
    let findings = compare(Some(&of(vec![old])), &of(vec![new]), tolerance);
    let lines: Vec<_> =
        findings.iter().map(|it| format!("{} {}: {}", it.status, it.check, it.message)).collect();
    expected.assert_eq(&lines.join("\n"));
}

fn nothing(_: &mut Measurement) {}

fn takes(tenths: u64) -> impl Fn(&mut Measurement) {
    move |query| query.timing = Some(timing(around(tenths, 1)))
}

fn fails(sqlstate: &str) -> impl Fn(&mut Measurement) {
    let sqlstate = Some(sqlstate.to_owned());
    move |query| {
        query.timing = None;
        query.trouble = Some(Trouble { sqlstate: sqlstate.clone(), message: "no".to_owned(), hint: None });
    }
}

fn runs_by(json: &str, rows: Option<u64>) -> impl Fn(&mut Measurement) {
    let plan = plan(json);
    move |query| {
        query.plans = vec![plan.clone()];
        query.relation_rows =
            rows.map(|rows| ("public.documents".to_owned(), rows)).into_iter().collect::<BTreeMap<_, _>>();
    }
}

#[test]
fn budgets() {
    check(nothing, nothing, &expect![[""]]);
    check(
        nothing,
        takes(490),
        &expect!["warn query-slower: became slower: the median went from 10.0 ms to 49.0 ms"],
    );
    check(
        nothing,
        takes(600),
        &expect![[r"
        fail query-over-budget: p95 of 60.1 ms is over its budget of 50.0 ms
        warn query-slower: became slower: the median went from 10.0 ms to 60.0 ms"]],
    );
    check(
        takes(600),
        takes(600),
        &expect![
            "warn query-over-budget: p95 of 60.1 ms is over its budget of 50.0 ms, as it was before (60.1 ms)"
        ],
    );
    check(
        takes(600),
        takes(1200),
        &expect![[r"
        fail query-over-budget: p95 of 120 ms is over its budget of 50.0 ms, as it was before (60.1 ms)
        warn query-slower: became slower: the median went from 60.0 ms to 120 ms"]],
    );
}

#[test]
fn errors() {
    check(
        nothing,
        fails("42703"),
        &expect!["fail query-fails: fails, and did not before: no (SQLSTATE 42703)"],
    );
    check(
        fails("42703"),
        fails("42703"),
        &expect!["warn query-fails: fails, as it did before: no (SQLSTATE 42703)"],
    );
    check(
        fails("42703"),
        fails("42P01"),
        &expect!["warn query-fails: fails, and failed in another way before: no (SQLSTATE 42P01)"],
    );
    check(fails("42703"), nothing, &expect![[""]]);
}

#[test]
fn what_was_not_measured() {
    let cut = |cut: Cut, runs: u64| {
        move |query: &mut Measurement| {
            query.cut = Some(cut);
            query.timing = Timing::of((0..runs).map(Duration::from_millis).collect());
        }
    };
    check(
        nothing,
        cut(Cut::TotalLimit, 0),
        &expect!["blind query-not-measured: was not measured: the time for all queries was over"],
    );
    check(
        nothing,
        cut(Cut::QueryLimit, 0),
        &expect!["blind query-not-measured: was not measured: its warm-ups took all the time it has"],
    );
    check(
        nothing,
        cut(Cut::Stopped, 0),
        &expect!["blind query-not-measured: was not measured: the measurement was stopped"],
    );
    check(
        nothing,
        cut(Cut::QueryLimit, 3),
        &expect!["info query-few-runs: its times rest on 3 of 20 runs: the time for one query was over"],
    );
    check(
        nothing,
        cut(Cut::Stopped, 3),
        &expect!["blind query-few-runs: its times rest on 3 of 20 runs: the measurement was stopped"],
    );
    check(
        nothing,
        |query| query.name = "other".to_owned(),
        &expect!["blind query-not-measured: was measured before, and was not asked for now"],
    );
}

#[test]
fn flips() {
    let index = scan("Index Scan", "documents", "documents_source");
    let other = scan("Index Scan", "documents", "other");
    let only = scan("Index Only Scan", "documents", "documents_source");
    let seq = scan("Seq Scan", "documents", "");
    let many = Some(100_000);
    check(runs_by(&index, many), runs_by(&index, many), &expect![[""]]);
    check(
        runs_by(&index, many),
        runs_by(&seq, many),
        &expect![
            "warn query-index-lost: public.documents: Index Scan using documents_source → Seq Scan of some 100000 rows; it is no slower (median 10.0 ms before, 10.0 ms now)"
        ],
    );
    let slower = |query: &mut Measurement| {
        runs_by(&seq, many)(query);
        takes(120)(query);
    };
    check(
        runs_by(&index, many),
        slower,
        &expect![
            "fail query-index-lost: public.documents: Index Scan using documents_source → Seq Scan of some 100000 rows"
        ],
    );
    check(
        runs_by(&index, many),
        runs_by(&seq, Some(10_000)),
        &expect!["info query-index-changed: public.documents: Index Scan using documents_source → Seq Scan"],
    );
    check(
        runs_by(&index, many),
        runs_by(&seq, None),
        &expect![
            "warn query-index-lost: public.documents: Index Scan using documents_source → Seq Scan, of a table that was never analyzed"
        ],
    );
    check(
        runs_by(&seq, many),
        runs_by(&index, many),
        &expect!["info query-index-changed: public.documents: Seq Scan → Index Scan using documents_source"],
    );
    check(
        runs_by(&index, many),
        runs_by(&other, many),
        &expect![
            "info query-index-changed: public.documents: Index Scan using documents_source → Index Scan using other"
        ],
    );
    check(
        runs_by(&index, many),
        runs_by(&only, many),
        &expect![
            "info query-index-changed: public.documents: Index Scan using documents_source → Index Only Scan using documents_source"
        ],
    );
    let bitmap = "{\"Node Type\": \"Bitmap Heap Scan\", \"Schema\": \"public\", \"Relation Name\": \"documents\", \"Alias\": \"documents\",
        \"Plans\": [{\"Node Type\": \"BitmapOr\", \"Plans\": [
            {\"Node Type\": \"Bitmap Index Scan\", \"Index Name\": \"a\"}, {\"Node Type\": \"Bitmap Index Scan\", \"Index Name\": \"B\"}]}]}";
    check(
        runs_by(bitmap, many),
        runs_by(&seq, many),
        &expect![[
            r#"fail query-index-lost: public.documents: Bitmap Heap Scan using a, "B" → Seq Scan of some 100000 rows"#
        ]],
    );
    check(nothing, runs_by(&seq, many), &expect![[""]]);
    // Under another name, such as that of a partition.
    let old = scan("Index Scan", "documents_old", "documents_source");
    check(
        runs_by(&old, many),
        runs_by(&seq, many),
        &expect![
            "warn query-reads-whole: public.documents: not in the plan before → Seq Scan of some 100000 rows"
        ],
    );
    check(runs_by(&old, many), runs_by(&seq, Some(10_000)), &expect![[""]]);
    check(runs_by(&old, many), runs_by(&index, many), &expect![[""]]);
}

#[test]
fn joins() {
    let join = |node: &str, outer: &str, inner: &str| {
        let kind = if node.is_empty() { String::new() } else { ", \"Join Type\": \"Inner\"".to_owned() };
        format!("{{\"Node Type\": \"{node}\"{kind}, \"Plans\": [{outer}, {inner}]}}")
    };
    let (a, b) = (scan("Seq Scan", "a", ""), scan("Index Scan", "documents", "documents_source"));
    let seq = scan("Seq Scan", "documents", "");
    let many = Some(100_000);
    check(
        runs_by(&join("Hash Join", &a, &b), many),
        runs_by(&join("Nested Loop", &a, &b), many),
        &expect!["info query-join-changed: joins: Hash Join Inner → Nested Loop Inner"],
    );
    check(
        runs_by(&join("Hash Join", &a, &b), many),
        runs_by(&a, many),
        &expect!["info query-join-changed: joins: Hash Join Inner → no join"],
    );
    // The same relation twice: each is held against its own.
    let twice = |second: &str| join("Hash Join", &b, second);
    check(
        runs_by(&twice(&b), many),
        runs_by(&twice(&seq), many),
        &expect![
            "warn query-index-lost: public.documents: Index Scan using documents_source → Seq Scan of some 100000 rows; it is no slower (median 10.0 ms before, 10.0 ms now)"
        ],
    );
}

#[test]
fn answers() {
    let rows = |count| move |query: &mut Measurement| query.rows = vec![Some(1), Some(count), None];
    let digest = |digest: &str| {
        let digest = TableDigest { rows: 3, digest: digest.to_owned() };
        move |query: &mut Measurement| query.digests = vec![digest.clone()]
    };
    let copy = Tolerance { same_rows: true, ..Tolerance::default() };
    check(
        rows(4),
        rows(5),
        &expect!["info query-rows-changed: 4 rows before, 5 now, with list 2 of arguments"],
    );
    check_with(
        &copy,
        rows(4),
        rows(5),
        &expect!["fail query-rows-changed: 4 rows before, 5 now, with list 2 of arguments"],
    );
    check(digest("a"), digest("a"), &expect![[""]]);
    check(
        digest("a"),
        digest("b"),
        &expect!["info query-answer-changed: as many rows as before, but not the same"],
    );
    check_with(
        &copy,
        digest("a"),
        digest("b"),
        &expect!["fail query-answer-changed: as many rows as before, but not the same"],
    );
    check(digest("a"), nothing, &expect![[""]]);
}

#[test]
fn without_a_measurement_before_budgets_and_errors_are_judged() {
    let (mut slow, mut bad) = (query("slow"), query("bad"));
    takes(600)(&mut slow);
    fails("42P01")(&mut bad);
    let after = of(vec![query("good"), slow, bad]);
    let findings = compare(None, &after, &Tolerance::default());
    let told: Vec<_> =
        findings.iter().map(|it| (it.object.as_deref().unwrap_or(""), it.check.as_str())).collect();
    assert_eq!(told, [("slow", "query-over-budget"), ("bad", "query-fails")]);
    let table = comparison_table(None, &after, &Tolerance::default());
    assert_eq!(table.rows.len(), 3);
    assert_eq!(table.rows[0][1], pgrefit_report::Cell::Status(pgrefit_report::Status::Pass));
    assert_eq!(table.rows[2][4], pgrefit_report::Cell::Missing);
}
