//! The catalogue against itself, against what is encoded, and against `promtool` where that is installed.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::catalogue::pools;
use crate::exporter::{self, DATABASES_MAX};
use crate::{
    CloseReason, Error, Exposition, Kind, Levels, Metrics, Outcome, POOLS_MAX, Phase, PoolLevels,
    RetryOutcome, Unit, Values, catalogue, markdown,
};

struct Fixed(PoolLevels);

impl Levels for Fixed {
    fn levels(&self) -> PoolLevels {
        self.0
    }
}

fn fixed(used: usize) -> Arc<dyn Levels> {
    Arc::new(Fixed(PoolLevels { idle: 2, used, max: 9, idle_min: 1, pending: 4 }))
}

/// Metrics in which every family has a series.
fn filled(levels: &Arc<dyn Levels>) -> Metrics {
    let metrics = Metrics::new().expect("registered");
    let pool = metrics.pool("main \"odd\"\n", Arc::downgrade(levels)).expect("a pool");
    pool.wait.observe(Duration::from_millis(3));
    pool.timeouts(Phase::Wait).add_one();
    pool.closed(CloseReason::DirtyTransaction).add_one();
    pool.retries(RetryOutcome::OverBudget).add_one();
    pool.connect_errors(Some("53300")).add_one();
    metrics.operations().observe("order by number", Outcome::Done, Duration::from_secs(2)).expect("recorded");
    metrics
}

#[test]
fn names_are_of_prometheus_form() {
    let mut seen = BTreeSet::new();
    for family in catalogue() {
        let name = family.name;
        assert!(seen.insert(name), "{name} is there twice");
        assert!(name.starts_with("db_client_") || name.starts_with("pgrefit_"), "{name}");
        assert_eq!(name.ends_with("_total"), family.kind == Kind::Counter, "{name}");
        assert_eq!(name.ends_with("_seconds"), family.unit == Unit::Seconds, "{name}");
        assert!(family.help.ends_with('.'), "{name}: {}", family.help);
        assert_eq!(family.buckets.is_empty(), family.kind != Kind::Histogram, "{name}");
        assert!(family.buckets.is_sorted(), "{name}");
    }
}

#[test]
fn a_budget_of_two_seconds_is_an_edge() {
    let times = catalogue().filter(|family| family.kind == Kind::Histogram);
    for family in times.filter(|family| !family.name.contains("_age_")) {
        assert!(family.buckets.contains(&2.0), "{}", family.name);
    }
}

#[test]
fn the_number_of_series_is_bounded() {
    for family in catalogue() {
        let series: usize = family.labels.iter().map(|label| label.values.max()).product();
        let most = POOLS_MAX.max(DATABASES_MAX) * 16;
        assert!(series <= most, "{} can have {series}", family.name);
    }
}

#[test]
fn what_is_encoded_is_the_catalogue() {
    let levels = fixed(3);
    let text = filled(&levels).encode().expect("encoded");
    let encoded: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let known: BTreeSet<&str> = pools().iter().map(|family| family.name).collect();
    assert_eq!(encoded, known);
    let used = "db_client_connections{db_client_connection_pool_name=\"main \\\"odd\\\"\\n\",db_client_connection_state=\"used\"} 3";
    assert!(text.contains(used), "{text}");
    assert!(text.contains("le=\"2\"} 1\n"), "{text}");
}

/// Every family of `serve`, with a value that is no whole number for the gauges.
fn exposed() -> String {
    let mut exposition = Exposition::default();
    for family in exporter::FAMILIES {
        let labels: Vec<&str> = family
            .labels
            .iter()
            .map(|label| match label.values {
                Values::OneOf(words) => words[0],
                Values::Names { .. } => "odd \"name\"\n",
            })
            .collect();
        let value = if family.kind == Kind::Counter { 3.0 } else { 20_261_126.5 };
        exposition.set(family, &labels, value);
    }
    exposition.encode().expect("encoded")
}

#[test]
fn what_is_exposed_is_the_catalogue_of_the_exporter() {
    let text = exposed();
    let encoded: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let mut known: Vec<&str> = exporter::FAMILIES.iter().map(|family| family.name).collect();
    known.sort_unstable();
    assert_eq!(encoded, known);
    assert!(text.contains("pgrefit_database_up{database=\"odd \\\"name\\\"\\n\"} 20261126.5\n"), "{text}");
    assert!(text.contains("# TYPE pgrefit_target_scrapes_total counter\n"), "{text}");
}

#[test]
fn nothing_known_is_nothing_exposed() {
    assert_eq!(Exposition::default().encode().expect("encoded"), "");
}

#[test]
fn levels_of_a_pool_that_is_gone_are_zero() {
    let levels = fixed(3);
    let metrics = filled(&levels);
    drop(levels);
    let text = metrics.encode().expect("encoded");
    assert!(text.contains("db_client_connection_state=\"used\"} 0\n"), "{text}");
}

#[test]
fn a_name_belongs_to_one_living_pool() {
    let metrics = Metrics::new().expect("registered");
    let levels = fixed(1);
    let first = metrics.pool("a", Arc::downgrade(&levels)).expect("a pool");
    first.settled.add_one();
    assert!(matches!(metrics.pool("a", Arc::downgrade(&levels)), Err(Error::NameTaken { .. })));
    drop(levels);
    let second = metrics.pool("a", Weak::<Fixed>::new()).expect("the name is free again");
    assert_eq!(second.settled.count(), 1, "the counter goes on");
}

#[test]
fn pools_are_limited() {
    let metrics = Metrics::new().expect("registered");
    let pool = |index: usize| metrics.pool(&format!("p{index}"), Weak::<Fixed>::new());
    assert!((0..POOLS_MAX).all(|index| pool(index).is_ok()));
    let error = pool(POOLS_MAX).expect_err("one too many");
    assert!(matches!(error, Error::TooManyPools { .. }) && error.hint().is_some());
    assert!(pool(0).is_ok(), "known names are still free");
}

#[test]
fn queries_beyond_the_limit_share_a_series() {
    let metrics = Metrics::new().expect("registered");
    for index in 0..200 {
        let name: &'static str = Box::leak(format!("q{index}").into_boxed_str());
        metrics.operations().observe(name, Outcome::Failed, Duration::ZERO).expect("recorded");
    }
    let text = metrics.encode().expect("encoded");
    let counted = |name: &str| {
        let wanted =
            format!("db_query_summary=\"{name}\",db_system_name=\"postgresql\",outcome=\"failed\"}}");
        let line = text.lines().find(|line| line.contains("_count{") && line.contains(&wanted));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
    };
    assert_eq!(
        (counted("q0"), counted("q99"), counted("q100"), counted("other")),
        (Some(1), Some(1), None, Some(100))
    );
}

#[test]
fn errors_of_connecting_are_sorted_by_class() {
    let metrics = Metrics::new().expect("registered");
    let pool = metrics.pool("a", Weak::<Fixed>::new()).expect("a pool");
    for sqlstate in [Some("28P01"), Some("28000"), Some("ZZ000"), Some("é"), None] {
        pool.connect_errors(sqlstate).add_one();
    }
    assert_eq!(pool.connect_errors(Some("28000")).count(), 2);
    assert_eq!(pool.connect_errors(Some("other")).count(), 2);
    assert_eq!(pool.connect_errors(None).count(), 1);
    assert_eq!(pool.connect_errors_in_all(), 5);
}

#[test]
fn the_page_names_every_family_and_word() {
    let page = markdown();
    for family in catalogue() {
        assert!(page.contains(&format!("\n## {}\n", family.name)), "{}", family.name);
    }
    for reason in CloseReason::ALL {
        assert!(page.contains(&format!("`{}`", reason.word())), "{reason:?}");
    }
    assert!(page.ends_with("|\n") && !page.contains("\n\n\n"));
}

/// Debian has it in the package `prometheus`; `PGREFIT_PROMTOOL` names another one.
fn promtool() -> Option<std::path::PathBuf> {
    let named = std::env::var_os("PGREFIT_PROMTOOL").map(Into::into);
    let usual = ["/usr/bin/promtool", "/usr/local/bin/promtool"].map(Into::into);
    named.into_iter().chain(usual).find(|path: &std::path::PathBuf| Path::new(path).exists())
}

#[test]
fn promtool_finds_nothing() {
    let Some(promtool) = promtool() else {
        println!("skipped: this machine has no promtool (Debian's package prometheus, or PGREFIT_PROMTOOL)");
        return;
    };
    let levels = fixed(3);
    let text = filled(&levels).encode().expect("encoded") + &exposed();
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    check.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
    let output = check.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}
