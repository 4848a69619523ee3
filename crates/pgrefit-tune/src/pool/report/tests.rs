//! What is said of a sweep, without a server.

use std::time::Duration;

use super::*;
use crate::pool::{Fleet, Little, Places, Point, Span, choose};

/// Four connections are best, of a hundred less three that are reserved and eleven of others.
fn swept() -> (Sweep, Choice) {
    let point = |(size, throughput): (usize, f64)| {
        let little = Little { busy: 1.0, busy_counted: 1.0, inside: 8.0, users: 8.0, edge: 0.0 };
        let total = Span { p99: Duration::from_millis(9), ..Span::default() };
        Point { size, users: 8, throughput, done: 100, total, little, ..Point::default() }
    };
    let points: Vec<Point> = [(1, 100.0), (2, 200.0), (4, 400.0)].into_iter().map(point).collect();
    let places = Places { max_connections: 100, superuser_reserved: 3, others: 11, ..Places::default() };
    let connected = |(application, connections): (&str, u32)| Connected {
        application: application.to_owned(),
        connections,
    };
    let choice = choose(&points, 1).unwrap();
    let sweep = Sweep {
        workload: "test".to_owned(),
        points,
        places,
        others: [("docserver", 8), ("", 3)].map(connected).into(),
        budget: places.budget(Fleet::default()),
        is_local: true,
        cpus: 2,
    };
    (sweep, choice)
}

/// A validation in which the ratio to the only rival is this.
fn validation(throughput: Option<f64>) -> Validation {
    let interval = |estimate| pgrefit_load::statistics::Interval { estimate, low: estimate, high: estimate };
    let rival = Rival { size: 2, is_default: false, throughput: throughput.map(interval), total_p99: None };
    Validation { size: 4, rivals: vec![rival], points: Vec::new() }
}

#[test]
fn a_validation_is_told_for_what_it_is() {
    let (sweep, choice) = swept();
    let check = |validation: Option<Validation>, code: u8, text: &str| {
        let outcome = outcome(&sweep, &choice, validation.as_ref());
        assert_eq!(outcome.exit_code, code, "{outcome:?}");
        assert_eq!(outcome.summary, text);
    };
    check(None, 0, "4 connections");
    check(Some(validation(Some(2.0))), 0, "4 connections, validated against its neighbours");
    check(Some(validation(Some(0.5))), 1, "4 connections were chosen, and a neighbour was better");
    let untold = "4 connections, not validated: it takes two rounds to hold it against its neighbours";
    check(Some(validation(None)), 0, untold);
}

#[test]
fn a_validation_that_failed_leaves_the_sweep() {
    let (sweep, choice) = swept();
    let mut report = Report::new("tune pool", "0", "2026-01-01T00:00:00Z", outcome(&sweep, &choice, None));
    tell(&mut report, &sweep, &choice, Fleet::default(), None);
    let tables = report.tables.len();
    tell_unvalidated(&mut report, 4, "the server went away");
    assert_eq!(
        (report.outcome.exit_code, report.outcome.summary.as_str(), report.tables.len()),
        (1, "4 connections were chosen, and could not be validated", tables)
    );
    let said: Vec<&str> = report.findings.iter().map(|it| it.message.as_str()).collect();
    assert!(said.iter().any(|it| it.contains("the server went away")), "{said:?}");
    assert!(said.contains(&"others have 11 of the connections: 8 docserver, 3 without a name"), "{said:?}");
}
