//! The application's queries: latency before and after, against their budgets, and plans that changed.

use super::chart::{Lane, Run, figure, key};
use super::table::{Table, folded};
use crate::evidence::svg::axis::grid;
use crate::evidence::svg::bars::{dot, limit, range};
use crate::evidence::svg::scale::Scale;
use crate::evidence::svg::strip;
use crate::evidence::{Latency, Query};
use crate::html::markup::{badge, each, escaped, given};
use crate::{Status, counted};

const HEIGHT: u32 = 20;
/// More queries than this are not drawn; all are in the table.
const QUERIES_DRAWN: usize = 30;

const KEY: [(&str, &str); 3] = [
    (
        "<line class=\"range before\" x1=\"4\" x2=\"22\" y1=\"7\" y2=\"7\"/><circle class=\"dot before\" cx=\"5\" cy=\"7\" r=\"4\"/>",
        "before: p50 to p95",
    ),
    (
        "<line class=\"range after\" x1=\"4\" x2=\"22\" y1=\"7\" y2=\"7\"/><circle class=\"dot after\" cx=\"5\" cy=\"7\" r=\"4\"/>",
        "after: p50 to p95",
    ),
    ("<line class=\"limit\" x1=\"12\" x2=\"12\" y1=\"0\" y2=\"14\"/>", "budget of p95"),
];

const TABLE: Table<'_> = Table {
    first: "query",
    columns: &[("run", false), ("p50", true), ("p95", true), ("max", true), ("runs", true), ("budget", true)],
    class: "queries",
};

/// The chart, the problems first, and the same as a table.
pub(super) fn queries(queries: &[Query]) -> String {
    if queries.is_empty() {
        return String::new();
    }
    let mut order: Vec<&Query> = queries.iter().collect();
    order.sort_by_key(|query| std::cmp::Reverse(query.status));
    let scale = Scale::decades(queries.iter().flat_map(values));
    let lanes: Vec<Lane> = order.iter().take(QUERIES_DRAWN).map(|query| lane(query, scale)).collect();
    let rows = each(&order, |query| rows(query));
    figure(
        "Latency before and after",
        "p50 to p95 on a logarithmic axis; the number is p95",
        &lanes,
        scale,
        &key(&KEY),
    ) + &folded(
        &format!("{} as a table", counted(queries.len(), "query").replace("querys", "queries")),
        &TABLE.around(&rows),
    )
}

fn values(query: &Query) -> Vec<f64> {
    let of = |it: &Latency| [it.p50_ms, it.p95_ms];
    let measured = query.before.iter().chain(&query.after).flat_map(of);
    measured.chain(query.budget_ms).collect()
}

fn runs(query: &Query) -> [(&'static str, Option<&Latency>); 2] {
    [("before", query.before.as_ref()), ("after", query.after.as_ref())]
}

fn lane(query: &Query, scale: Scale) -> Lane {
    let drawn = runs(query).into_iter().filter_map(|(word, latency)| Some((word, latency?)));
    let runs = drawn.map(|(word, latency)| {
        let budget = query.budget_ms.filter(|it| it.is_finite());
        let drawing =
            [grid(scale), given(budget, |budget| limit(scale, budget)), points(word, latency, scale)];
        let is_over = budget.is_some_and(|budget| latency.p95_ms > budget);
        let title = format!("{} {word}: p50 {}, p95 {}", query.name, ms(latency.p50_ms), ms(latency.p95_ms));
        let about = given(budget, |budget| format!("budget {}", ms(budget)));
        let value = ms(latency.p95_ms);
        let value = if is_over { format!("<b class=\"over\">{value}</b>") } else { value };
        Run { word, strip: strip(HEIGHT, &title, &about, &drawing.concat()), value }
    });
    Lane { runs: runs.collect(), name: name(query) }
}

/// What is not a number is not drawn.
fn points(word: &str, latency: &Latency, scale: Scale) -> String {
    let is_drawn = |value: f64| value.is_finite() && value > 0.0;
    let line = is_drawn(latency.p50_ms) && is_drawn(latency.p95_ms);
    let line = line.then(|| range(scale, &format!("range {word}"), (latency.p50_ms, latency.p95_ms), HEIGHT));
    let point = is_drawn(latency.p50_ms).then(|| dot(scale, &format!("dot {word}"), latency.p50_ms, HEIGHT));
    [line, point].into_iter().flatten().collect()
}

fn name(query: &Query) -> String {
    let verdict = if query.status == Status::Pass { String::new() } else { badge(query.status) + " " };
    let plan = given(query.plan_change.as_ref(), |plan| {
        let (class, word) = if plan.is_worse { (" broke", "worse plan") } else { ("", "another plan") };
        format!(
            "<span class=\"said{class}\"><b>{word}:</b> {} → {}</span>",
            escaped(&plan.before),
            escaped(&plan.after)
        )
    });
    let note = given(query.note.as_deref(), |note| format!("<span class=\"said\">{}</span>", escaped(note)));
    format!("{verdict}<b class=\"object\">{}</b>{note}{plan}", escaped(&query.name))
}

fn rows(query: &Query) -> String {
    let known = runs(query).into_iter().filter_map(|(word, latency)| Some((word, latency?)));
    each(known, |(word, latency)| {
        let cells = [
            word.to_owned(),
            ms(latency.p50_ms),
            ms(latency.p95_ms),
            ms(latency.max_ms),
            latency.runs.to_string(),
            given(query.budget_ms, ms),
        ];
        TABLE.row("", &format!("<span class=\"object\">{}</span>", escaped(&query.name)), &cells)
    })
}

/// Milliseconds with three digits that count.
pub(super) fn ms(value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if value >= 100.0 => format!("{value:.0} ms"),
        value if value >= 10.0 => format!("{value:.1} ms"),
        value => format!("{value:.2} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::{ms, queries};
    use crate::evidence::sample;

    #[test]
    fn three_digits_count() {
        let check = |value: f64, expected: &str| assert_eq!(ms(value), expected);
        check(0.214, "0.21 ms");
        check(12.44, "12.4 ms");
        check(1000.4, "1000 ms");
        check(f64::NAN, "–");
    }

    #[test]
    fn problems_come_first_and_flips_are_named() {
        let page = queries(&sample::unverified().queries);
        let at = |text: &str| page.find(text).unwrap();
        assert!(at("open orders of a depot") < at("order by number"));
        assert!(page.contains("<b>worse plan:</b> Index Scan using orders_open_idx → Seq Scan on orders"));
        assert!(page.contains("8 queries as a table"));
        assert!(queries(&[]).is_empty());
    }
}
