//! What a closed loop counts, and that the numbers fit each other.

use std::time::Duration;

use pgrefit_load::{LoadOptions, LoadStatement, ParamSource, Params};

use super::place::{Place, closed, users};

#[tokio::test]
async fn numbers_fit_each_other() {
    for place in Place::all() {
        let options = LoadOptions { duration: Duration::from_secs(3), threads: 2, ..closed(3) };
        let run = place.load("SELECT pg_catalog.pg_sleep(0.005)", &options).await;
        let seconds = run.elapsed.as_secs_f64();
        assert_eq!((run.failed, run.dropped, run.unfinished, run.reconnected), (0, 0, 0, 0), "{run:?}");
        assert_eq!((run.windows.len(), seconds), (3, 3.0));
        // Little's law: connections busy = throughput × service time.
        let busy = run.per_second() * run.all.service.mean().as_secs_f64();
        assert!((busy / run.busy_mean - 1.0).abs() < 0.05, "{busy} {}", run.busy_mean);
        assert!((run.busy_mean - 3.0).abs() < 0.15, "{}", run.busy_mean);
        assert!(run.all.service.min() >= Duration::from_millis(5), "{:?}", run.all.service.min());
        let in_windows: u64 = run.windows.iter().map(|window| window.done).sum();
        assert!(in_windows.abs_diff(run.done) <= 3, "{in_windows} {}", run.done);
        assert!(run.client_cpu > Duration::ZERO && run.client_rss_max_bytes > 0);
        assert_eq!(run.statements[0].rows, run.done);
    }
}

#[tokio::test]
async fn users_without_a_connection_wait_in_order() {
    let place = Place::one();
    let crowd = users(8, 0);
    let options = LoadOptions { pace: crowd, duration: Duration::from_secs(3), ..closed(2) };
    let run = place.load("SELECT pg_catalog.pg_sleep(0.005)", &options).await;
    let (total, wait) = (run.all.total.mean().as_secs_f64(), run.queue_wait.mean().as_secs_f64());
    let service = run.all.service.mean().as_secs_f64();
    assert!((total / (wait + service) - 1.0).abs() < 0.02, "{total} {wait} {service}");
    // X · R = users, and each waits for three others on its connection.
    assert!((run.per_second() * total - 8.0).abs() < 0.4, "{}", run.per_second() * total);
    assert!((wait / service - 3.0).abs() < 0.2, "{wait} {service}");
    let (p50, max) = (run.queue_wait.quantile(0.5), run.queue_wait.quantile(0.99));
    assert!(max < p50 * 4, "no one is passed over: {p50:?} {max:?}");
}

#[tokio::test]
async fn users_think() {
    let place = Place::one();
    let crowd = users(20, 50);
    let options = LoadOptions { pace: crowd, duration: Duration::from_secs(2), ..closed(4) };
    let run = place.load("SELECT 1", &options).await;
    let expected = 20.0 / (0.05 + run.all.total.mean().as_secs_f64());
    assert!((run.per_second() / expected - 1.0).abs() < 0.1, "{} {expected}", run.per_second());
}

#[tokio::test]
async fn a_pipeline_keeps_its_answers_apart() {
    let place = Place::one();
    let mut one = LoadStatement::new("one", "SELECT 1 WHERE true");
    let mut many = LoadStatement::new(
        "many",
        "SELECT n, pg_catalog.repeat('x', 100) FROM pg_catalog.generate_series(1, 1000) AS n",
    );
    (one.weight, many.weight) = (9, 1);
    let wrong = LoadStatement {
        weight: 5,
        ..LoadStatement::new("wrong", "SELECT 1 / (pg_catalog.random() * 0)::int")
    };
    let drawn = place.drawn(&[one, many, wrong]).await;
    let crowd = users(16, 0);
    let options = LoadOptions { pace: crowd, pipeline: 8, ..closed(2) };
    let run = place.run(&drawn, &options).await;
    let [one, many, wrong] = &run.statements[..] else { panic!("{run:?}") };
    assert_eq!((one.rows, many.rows, one.failed, many.failed), (one.done, many.done * 1_000, 0, 0));
    assert_eq!((wrong.done, run.failures.len(), run.reconnected), (0, 1, 0), "{:?}", run.failures);
    let sum = one.done + many.done + wrong.failed;
    let part =
        |count: u64| Duration::from_nanos(count).as_secs_f64() / Duration::from_nanos(sum).as_secs_f64();
    assert!(
        (part(one.done) - 9.0 / 15.0).abs() < 0.1 && (part(many.done) - 1.0 / 15.0).abs() < 0.05,
        "{run:?}"
    );
}

#[tokio::test]
async fn requests_and_answers_that_fill_every_buffer_get_through() {
    let place = Place::one();
    let params = Params::Each(vec![ParamSource::Values(vec![Some("x".repeat(100_000))])]);
    let drawn =
        place.drawn(&[LoadStatement { params, ..LoadStatement::new("echo", "SELECT $1::text") }]).await;
    for connections in [1, 2] {
        let options = LoadOptions { pace: users(64 * connections, 0), pipeline: 64, ..closed(connections) };
        let run = place.run(&drawn, &options).await;
        assert!(run.done > 64 && run.failed + run.unfinished == 0 && run.reconnected == 0, "{run:?}");
    }
}

#[tokio::test]
async fn answers_may_be_larger_than_any_buffer() {
    let place = Place::one();
    let sql = "SELECT pg_catalog.repeat('x', 3000000) FROM pg_catalog.generate_series(1, 3)";
    let run = place.load(sql, &closed(2)).await;
    assert!(run.done > 0 && run.failed == 0 && run.statements[0].rows == run.done * 3, "{run:?}");
    assert!(run.client_rss_max_bytes < 200_000_000, "rows are not kept: {}", run.client_rss_max_bytes);
}
