//! As much of `PromQL` as tells which metrics and labels an expression names. Whether it is `PromQL`, `promtool` says.

use pgrefit_metrics::{Family, Kind, catalogue};

/// Words that are no metrics; functions and aggregations are told by the parenthesis behind them.
const KEYWORDS: [&str; 10] =
    ["by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "and", "or"];

/// Metrics of others: of kube-state-metrics, and of Prometheus itself.
const OF_OTHERS: [&str; 3] = ["kube_job_failed", "kube_cronjob_status_last_successful_time", "up"];

/// A metric with the labels of its matchers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) metric: String,
    pub(crate) labels: Vec<String>,
}

/// The selectors of an expression, in order.
pub(crate) fn selectors(expression: &str) -> Vec<Selector> {
    let text = without_lists(&without_strings(expression));
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(begin) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        rest = &rest[begin..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c))).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        rest = tail;
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let is_function = ["(", "by ", "without "].iter().any(|next| tail.trim_start().starts_with(next));
        if is_number || is_function || word == "unless" || KEYWORDS.contains(&word) {
            continue;
        }
        let mut labels = Vec::new();
        if let Some((matchers, after)) = tail.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            labels = matchers.split(',').map(label).collect();
            rest = after;
        }
        found.push(Selector { metric: word.to_owned(), labels });
    }
    found
}

/// `a` of `a=~""`.
fn label(matcher: &str) -> String {
    matcher.trim().split(['=', '!']).next().unwrap_or_default().trim().to_owned()
}

/// Without what stands between quotes.
fn without_strings(text: &str) -> String {
    text.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// Without ranges, and without the lists of labels behind `by` and its like.
fn without_lists(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', '(']) {
        let (before, behind) = rest.split_at(at);
        kept += before;
        let word = before.trim_end().rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next();
        let is_list = behind.starts_with('[') || word.is_some_and(|word| KEYWORDS[..6].contains(&word));
        let end = if is_list { behind.find([']', ')']).map_or(behind.len(), |end| end + 1) } else { 1 };
        if !is_list {
            kept.push('(');
        }
        rest = &behind[end..];
    }
    kept + rest
}

/// What is wrong with the names of an expression, if something is. `recorded` are names of recording rules.
pub(crate) fn unknown(expression: &str, recorded: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Selector { metric, labels } in selectors(expression) {
        if recorded.contains(&metric) || OF_OTHERS.contains(&metric.as_str()) {
            continue;
        }
        let Some(family) = family(&metric) else {
            wrong.push(format!("{metric} is not in the catalogue"));
            continue;
        };
        let has = |label: &String| family.labels.iter().any(|own| own.name == label) || label == "le";
        wrong.extend(
            labels.iter().filter(|label| !has(label)).map(|label| format!("{metric} has no {label}")),
        );
    }
    wrong
}

/// The family that a series of this name belongs to.
fn family(metric: &str) -> Option<&'static Family> {
    let ends = ["_bucket", "_sum", "_count"];
    let is = |family: &&'static Family| match family.kind {
        Kind::Histogram => ends.iter().any(|end| metric.strip_suffix(end) == Some(family.name)),
        Kind::Counter | Kind::Gauge => metric == family.name,
    };
    catalogue().find(is)
}

#[test]
fn selectors_are_found() {
    let check = |expression: &str, expected: &[(&str, &[&str])]| {
        let found: Vec<_> = selectors(expression);
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|it| (it.metric.as_str(), it.labels.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(metric, labels)| (*metric, labels.to_vec())).collect();
        assert_eq!(found, expected, "{expression}");
    };
    check("up", &[("up", &[])]);
    check("a{b=\"c, d(e)\", f!~\"g\"} == 0", &[("a", &["b", "f"])]);
    check("sum by (x, y) (rate(a_total{b=\"1\"}[5m])) > 1e3", &[("a_total", &["b"])]);
    check("a unless on (c) b offset 1h or vector(1) and d", &[("a", &[]), ("b", &[]), ("d", &[])]);
    check("time() - pool:a:p95_5m > 6 * 3600", &[("pool:a:p95_5m", &[])]);
    check("histogram_quantile(0.95, sum by (le) (rate(a_bucket[$__rate_interval])))", &[("a_bucket", &[])]);
    check("sum without (c) (a > bool 0)", &[("a", &[])]);
}

#[test]
fn unknown_names_are_found() {
    let check = |expression: &str, expected: &[&str]| {
        assert_eq!(unknown(expression, &["a:b".to_owned()]), expected, "{expression}");
    };
    check("a:b + pgrefit_database_up{database=\"x\"}", &[]);
    check("rate(db_client_connection_wait_time_seconds_bucket{le=\"2\"}[5m])", &[]);
    check(
        "db_client_connection_wait_time_seconds",
        &["db_client_connection_wait_time_seconds is not in the catalogue"],
    );
    check("pgrefit_database_up{datname=\"x\"}", &["pgrefit_database_up has no datname"]);
    check("pgrefit_nothing", &["pgrefit_nothing is not in the catalogue"]);
}
