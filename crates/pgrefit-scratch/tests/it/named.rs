//! Named servers outlive processes and stops.

use std::net::TcpListener;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pgrefit_scratch::{Error, Options, Server, list, remove, sweep};

use super::{
    child::Holder,
    place::{Place, ask, binaries, eventually, is_alive, name, postmaster},
};

/// Without the first statement, a disposable server may lose the table in a crash.
const KEPT: &str = "SET synchronous_commit = on; CREATE TABLE t AS SELECT 1; SELECT 2";

#[test]
fn survives_its_process_and_its_own_crash() {
    let place = Place::new();
    let creator = Holder::run("named", &place.home.servers);
    let port = creator.port;
    creator.kill();
    assert_eq!(sweep(&place.home).expect("swept"), Vec::<String>::new());
    let server = Server::open(&place.home, &name("it")).expect("running");
    assert_eq!((server.port(), ask(&server, KEPT).as_str()), (port, "2"));

    let pid = postmaster(&server.data_dir());
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("killed");
    eventually("the postmaster is dead", || !is_alive(pid));
    assert!(!list(&place.home).expect("listed")[0].running);
    let server = Server::open(&place.home, &name("it")).expect("recovered");
    assert_eq!(ask(&server, "SELECT count(*) FROM t"), "1");

    server.stop().expect("stopped");
    let listed = list(&place.home).expect("listed");
    assert_eq!((listed.len(), &listed[0].name, listed[0].running), (1, &name("it"), false));
    let taken = TcpListener::bind(("127.0.0.1", port)).expect("the port is free now");
    let server = Server::open(&place.home, &name("it")).expect("started again, on another port");
    assert_ne!(server.port(), port);
    assert_eq!(ask(&server, "SELECT count(*) FROM t"), "1");
    drop(taken);
    let pid = postmaster(&server.data_dir());
    drop(server);
    assert!(is_alive(pid), "dropping the value does not stop it");

    remove(&place.home, &name("it")).expect("removed");
    assert!(!is_alive(pid) && place.ids().is_empty());
    let error = Server::open(&place.home, &name("it")).expect_err("gone");
    assert!(matches!(error, Error::NoSuchServer { .. }));
    assert!(matches!(remove(&place.home, &name("it")), Err(Error::NoSuchServer { .. })));
}

#[test]
fn started_by_two_at_once_it_is_one() {
    let place = Place::new();
    let run = || Holder::run("named", &place.home.servers);
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(run), scope.spawn(run));
        (one.join().expect("one"), two.join().expect("two"))
    });
    assert_eq!((one.port, &one.dir), (two.port, &two.dir));
    one.leave();
    two.leave();
    assert_eq!(list(&place.home).expect("listed").len(), 1);
}

#[test]
fn another_major_version_is_refused() {
    let place = Place::new();
    let binaries = binaries(&place.home);
    Server::start_named(&place.home, &name("a"), &binaries, &Options::default()).expect("started");
    let mut other = binaries.clone();
    other.version = (16, 0);
    let error =
        Server::start_named(&place.home, &name("a"), &other, &Options::default()).expect_err("18, not 16");
    assert!(matches!(error, Error::WrongMajor { found: 18, wanted: 16, .. }), "{error:?}");
}
