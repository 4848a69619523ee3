//! The reference page, made from the catalogue.

use std::fmt::Write as _;

use crate::catalogue::catalogue;
use crate::family::{Family, Kind, Label, Values};

const HEAD: &str = "\
# Metrics

What `pgrefit-metrics` names, in Prometheus' text format: what `pgrefit-pool` counts in an application, and what `pgrefit serve`
knows of databases from its last round over them. Names follow OpenTelemetry's semantic
conventions for database clients, in Prometheus' form, where those have one; the others begin with `pgrefit_`.

Every label is an enumeration or bounded by a number, so that the number of series is bounded too. Histograms of time have an
edge at 2 s: how many queries kept a budget of 2 s is a quotient of two counters, not an interpolation. Levels are read when
somebody scrapes; a scrape never asks a server anything. The values of `pgrefit serve` have an age, which is
`pgrefit_target_scrape_age_seconds`: while a database is down its last values stay, and their age grows.

The last families, `pgrefit_run_…`, are what a single run leaves behind, where `--metrics-file`, `--pushgateway` or `--otlp` says so.
";

const QUESTIONS: &str = "
## What to ask

| question | PromQL |
|---|---|
| Is the pool too small? | `sum by (db_client_connection_pool_name) (rate(db_client_connection_wait_time_seconds_sum[5m])) / sum by (db_client_connection_pool_name) (rate(db_client_connection_use_time_seconds_sum[5m])) > 0.2` |
| How busy is it? | `sum by (db_client_connection_pool_name) (rate(db_client_connection_use_time_seconds_sum[5m])) / sum by (db_client_connection_pool_name) (db_client_connection_max)` |
| Did anybody wait in vain? | `increase(db_client_connection_timeouts_total[5m]) > 0` |
| Does the application leave transactions open? | `increase(pgrefit_pool_closed_total{reason=~\"dirty.*\"}[5m]) > 0` |
| Which share of operations kept 2 s? | `sum(rate(db_client_operation_duration_seconds_bucket{le=~\"2\\|2[.]0\"}[5m])) / sum(rate(db_client_operation_duration_seconds_count[5m]))` |
| Which databases cannot be reached? | `pgrefit_database_up == 0` |
| Is what I see old? | `pgrefit_target_scrape_age_seconds{part=\"sessions\"} > 300` |
| Did a migration fail? | `pgrefit_migration_last_run_exit_code != 0` |
| Are databases of a fleet behind? | `count(pgrefit_migrations_pending > 0)` |
| Do partitions run out within three days? | `pgrefit_partition_headroom_seconds < 3 * 86400` |
";

/// The page `docs/reference/metrics.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    page += "\n| metric | kind | unit | labels | since |\n|---|---|---|---|---|\n";
    for family in catalogue() {
        page += &row(family);
    }
    for family in catalogue() {
        page += &section(family);
    }
    page + QUESTIONS
}

fn row(family: &Family) -> String {
    let Family { name, kind, unit, labels, since, .. } = family;
    let labels: Vec<String> = labels.iter().map(|label| format!("`{}`", label.name)).collect();
    format!("| [`{name}`](#{name}) | {} | {} | {} | {since} |\n", kind.word(), unit.word(), labels.join(", "))
}

fn section(family: &Family) -> String {
    let mut text = format!("\n## {}\n\n{}\n", family.name, family.help);
    if !family.labels.is_empty() {
        text += "\n";
    }
    for label in family.labels {
        let _ = writeln!(text, "- `{}`: {}", label.name, values(label));
    }
    if family.kind == Kind::Histogram {
        let edges: Vec<String> = family.buckets.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "\nBuckets (s): {}", edges.join(", "));
    }
    text
}

fn values(label: &Label) -> String {
    match label.values {
        Values::OneOf(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Values::Names { of, max } => format!("names of {of}, at most {max}"),
    }
}
