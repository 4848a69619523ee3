//! What is sent, to receivers of all tempers and to a real push gateway.

#![expect(clippy::unwrap_used, reason = "a panic is the report of a failed test")]

mod gateway;
mod receiver;

use std::time::Duration;

use pgrefit_metrics::Run;
use pgrefit_push::{Error, Target, to_otlp, to_pushgateway};
use serde_json::Value;

use receiver::Receiver;

const LIMIT: Duration = Duration::from_secs(5);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

pub(crate) fn run(exit_code: u8, database: &str) -> Run {
    Run {
        command: "migrate".to_owned(),
        database: database.to_owned(),
        version: "0.1.0".to_owned(),
        outcome: "pass".to_owned(),
        exit_code,
        ended_at_seconds: 1_767_323_045.0,
        duration_seconds: 3.44,
        stages: vec![("plan".to_owned(), 0.1), ("apply".to_owned(), 2.0)],
        findings: vec![("warn", 2)],
        migration_version: Some(7),
    }
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn words(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let causes = causes.map(ToString::to_string).collect::<Vec<_>>();
    format!("{error}: {} {error:?}", causes.join(": "))
}

#[test]
fn a_push_is_one_post_of_the_group() {
    let receiver = Receiver::start(OK);
    let target = Target::parse(&receiver.url("me:geheim@", "/prefix")).unwrap();
    wait(to_pushgateway(&target, &run(0, "größe"), LIMIT)).unwrap();
    let request = receiver.request();
    assert!(
        request
            .head
            .starts_with("POST /prefix/metrics/job/pgrefit-migrate/database/gr%C3%B6%C3%9Fe HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    let head = request.head.to_lowercase();
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(head.contains("authorization: basic bwu6z2vozwlt"), "{head}");
    assert_eq!(request.body, run(0, "größe").encode().unwrap());
}

#[test]
fn otlp_is_one_message() {
    let receiver = Receiver::start(OK);
    let target = Target::parse(&receiver.url("", "/")).unwrap().with_headers("x-token=geheim").unwrap();
    wait(to_otlp(&target, &run(13, "shop"), LIMIT)).unwrap();
    let request = receiver.request();
    assert!(request.head.starts_with("POST /v1/metrics HTTP/1.1\r\n"), "{}", request.head);
    assert!(request.head.contains("x-token: geheim\r\n"));
    let message: Value = serde_json::from_str(&request.body).unwrap();
    let resource = &message["resourceMetrics"][0];
    assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "pgrefit");
    let metrics = resource["scopeMetrics"][0]["metrics"].as_array().unwrap();
    let metric = |name: &str| metrics.iter().find(|metric| metric["name"] == name);
    let points = |name: &str| metric(name).unwrap()["gauge"]["dataPoints"].as_array().unwrap().clone();
    let code = &points("pgrefit_run_exit_code")[0];
    assert_eq!(code["asDouble"], 13.0);
    assert_eq!(code["timeUnixNano"], "1767323045000000000");
    assert_eq!(code["attributes"][1]["key"], "database");
    assert_eq!(code["attributes"][1]["value"]["stringValue"], "shop");
    assert_eq!(points("pgrefit_run_stage_duration_seconds").len(), 2);
    assert_eq!(metric("pgrefit_run_duration_seconds").unwrap()["unit"], "s");
    assert!(metric("pgrefit_run_last_success_timestamp_seconds").is_none(), "it failed");
}

/// Whatever the other side does, it takes no longer than the limit, and the password stays with us.
#[test]
fn the_unhappy_half() {
    let check = |answer: &'static str, expected: &str, hint: bool| {
        let receiver = Receiver::start(answer);
        let target = Target::parse(&receiver.url("me:geheim@", "/")).unwrap();
        let began = std::time::Instant::now();
        let limit = Duration::from_millis(700);
        for error in [
            wait(to_pushgateway(&target, &run(0, "a"), limit)).unwrap_err(),
            wait(to_otlp(&target, &run(0, "a"), limit)).unwrap_err(),
        ] {
            let words = words(&error);
            assert!(words.contains(expected), "{answer:?}: {words}");
            assert!(!words.contains("geheim") && !words.contains("me@"), "{words}");
            assert_eq!(error.hint().is_some(), hint, "{words}");
        }
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    };
    check(
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\npushed\nme",
        "it answered 400: pushed me",
        false,
    );
    check("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", "it answered 401", true);
    check("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", "it answered 404", true);
    check(
        "HTTP/1.1 307 T\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        "it answered 307",
        false,
    );
    check("SSH-2.0-OpenSSH_9.2\r\n", "failed to send metrics to http://127.0.0.1:", false);
    check("", "failed to send metrics to http://127.0.0.1:", false);
    check("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", "failed to send metrics", false);
}

#[test]
fn values_that_were_not_taken_are_told() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 77\r\n\r\n{\"partialSuccess\":{\"rejectedDataPoints\":\"3\",\"errorMessage\":\"no such tenant\"}}";
    let receiver = Receiver::start(answer);
    let target = Target::parse(&receiver.url("", "/")).unwrap();
    let error = wait(to_otlp(&target, &run(0, "a"), LIMIT)).unwrap_err();
    assert!(words(&error).contains("no such tenant"), "{error}");
}

#[test]
fn nobody_there() {
    let target = Target::parse("http://me:geheim@127.0.0.1:1").unwrap();
    let error = wait(to_pushgateway(&target, &run(0, "a"), LIMIT)).unwrap_err();
    let words = words(&error);
    assert!(
        words.contains("failed to send metrics to http://127.0.0.1:1/") && !words.contains("geheim"),
        "{words}"
    );
}
