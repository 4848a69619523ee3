//! The owner is killed, or the server is.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pgrefit_scratch::{Options, Server, sweep};

use super::{
    child::{Holder, supervisor},
    place::{Place, ask, binaries, eventually, is_alive, postmaster},
};

#[test]
fn the_next_start_sweeps_what_a_killed_owner_left() {
    let place = Place::new();
    let owner = Holder::run("own", &place.home.servers);
    let pid = postmaster(&owner.dir.join("data"));
    assert_eq!(sweep(&place.home).expect("swept"), Vec::<String>::new());
    let stale = owner.dir.clone();
    owner.kill();
    assert!(is_alive(pid) && stale.exists(), "nobody has cleaned up yet");
    let server = Server::start(&place.home, &binaries(&place.home), &Options::default()).expect("started");
    assert!(!is_alive(pid) && !stale.exists());
    assert_eq!(ask(&server, "SELECT 1"), "1");
}

#[test]
fn the_supervisor_cleans_up_after_a_killed_owner() {
    let place = Place::new();
    let owner = Holder::run("own supervised", &place.home.servers);
    let pid = postmaster(&owner.dir.join("data"));
    owner.kill();
    eventually("the directory is gone", || place.ids().is_empty());
    assert!(!is_alive(pid));
}

#[test]
fn a_supervised_server_can_also_end_in_the_normal_way() {
    let place = Place::new();
    let options = Options { supervisor: Some(supervisor()), ..Options::default() };
    let server = Server::start(&place.home, &binaries(&place.home), &options).expect("started");
    server.stop().expect("stopped");
    assert!(place.ids().is_empty());
}

#[test]
fn a_dead_server_is_left_to_its_living_owner() {
    let place = Place::new();
    let mut server =
        Server::start(&place.home, &binaries(&place.home), &Options::default()).expect("started");
    ask(&server, "SET synchronous_commit = on; CREATE TABLE t AS SELECT 1");
    let pid = postmaster(&server.data_dir());
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("killed");
    eventually("the postmaster is dead", || !is_alive(pid));
    assert_eq!(sweep(&place.home).expect("swept"), Vec::<String>::new());
    server.restart().expect("recovered");
    assert_eq!(ask(&server, "SELECT count(*) FROM t"), "1");
}
