//! One server for several processes.

use std::{thread, time::Duration};

use pgrefit_scratch::{Options, Server, sweep};

use super::{
    child::{GRACE, Holder, supervisor},
    place::{Place, ask, binaries, eventually, is_alive, name, postmaster},
};

#[test]
fn two_processes_share_until_both_have_left() {
    let place = Place::new();
    let run = || Holder::run("share", &place.home.servers);
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(run), scope.spawn(run));
        (one.join().expect("one"), two.join().expect("two"))
    });
    assert_eq!((one.port, &one.dir), (two.port, &two.dir));
    let pid = postmaster(&one.dir.join("data"));
    one.leave();
    assert_eq!(sweep(&place.home).expect("swept"), Vec::<String>::new());
    assert!(is_alive(pid));
    two.leave();
    assert!(is_alive(pid), "leaving does not stop it");
    assert_eq!(sweep(&place.home).expect("swept"), ["s-it"]);
    assert!(!is_alive(pid));
}

#[test]
fn the_supervisor_removes_it_after_the_last_user() {
    let place = Place::new();
    let one = Holder::run("share supervised", &place.home.servers);
    let two = Holder::run("share supervised", &place.home.servers);
    let pid = postmaster(&one.dir.join("data"));
    one.leave();
    thread::sleep(GRACE + Duration::from_millis(500));
    assert!(is_alive(pid), "one user is left");
    two.kill();
    eventually("the directory is gone", || place.ids().is_empty());
    assert!(!is_alive(pid));
}

#[test]
fn joined_within_the_grace_it_goes_on() {
    let place = Place::new();
    let binaries = binaries(&place.home);
    let one = Holder::run("share supervised", &place.home.servers);
    let (port, dir) = (one.port, one.dir.clone());
    one.leave();
    // A sweep, too, leaves it to its supervisor.
    assert_eq!(sweep(&place.home).expect("swept"), Vec::<String>::new());
    let options = Options { supervisor: Some(supervisor()), ..Options::default() };
    let two = Server::share(&place.home, &name("it"), &binaries, &options).expect("joined");
    assert_eq!((two.port(), two.dir()), (port, dir));
    thread::sleep(GRACE + Duration::from_millis(500));
    assert_eq!(ask(&two, "SELECT 1"), "1");
    drop(two);
    eventually("the directory is gone", || place.ids().is_empty());
}
