//! Killed and stopped at each stage, then run again: the same end, and nothing left behind.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Shop, entries};

/// What is said when a stage begins.
const STAGES: [&str; 7] = [
    "auditing the live database",
    "taking the backup",
    "restoring the backup",
    "comparing the restored copy",
    "rehearsing on the copy",
    "applying",
    "verifying",
];

/// Waits until a run says this; false if it ends first.
fn until_it_says(child: &mut Child, words: &str) -> bool {
    let stderr = child.stderr.take().unwrap();
    let mut lines = BufReader::new(stderr).lines();
    let found = lines.by_ref().any(|line| line.unwrap_or_default().contains(words));
    // Whoever writes to a pipe that nobody reads is killed by that.
    std::thread::spawn(move || lines.for_each(drop));
    found
}

#[track_caller]
fn check(shop: &Shop, signal: Signal, stage: &str) {
    let mut child = shop.call(&["migrate"]).start();
    assert!(until_it_says(&mut child, stage), "it never said {stage:?}");
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
    let status = child.wait().unwrap();
    if signal == Signal::SIGTERM {
        let code = status.code();
        assert!(code == Some(75) || code == Some(0), "{stage}: {status}");
    }
}

/// Whatever was restored for the killed run is gone soon, and no tool works on.
#[track_caller]
fn assert_nothing_runs(shop: &Shop) {
    let begun = Instant::now();
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                AND application_name LIKE '%pgrefit/%'";
    while shop.database.value(ours) != "0" {
        assert!(begun.elapsed() < Duration::from_secs(20), "a session was left");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn killed_at_each_stage_a_rerun_ends_in_the_same_place() {
    let shop = Shop::new();
    for stage in STAGES {
        if shop.database.history().len() == 2 {
            break;
        }
        // Proofs of an earlier round would make the stage be passed over.
        let _ = std::fs::remove_dir_all(shop.folder.path().join("pgrefit"));
        check(&shop, Signal::SIGKILL, stage);
        assert_nothing_runs(&shop);
    }
    shop.run(&["migrate"]).expect(0);
    assert_eq!(shop.database.history(), ["1:books", "2:pending"]);
    assert!(shop.backups().iter().all(|folder| !folder.to_string_lossy().ends_with(".partial")));
}

#[test]
fn stopped_in_order_at_each_stage() {
    let shop = Shop::new();
    for stage in &STAGES[1..6] {
        if shop.database.history().len() == 2 {
            break;
        }
        let _ = std::fs::remove_dir_all(shop.folder.path().join("pgrefit"));
        check(&shop, Signal::SIGTERM, stage);
        let partial = entries(&shop.folder.path().join("pgrefit/backups"));
        assert!(
            partial.iter().all(|folder| !folder.to_string_lossy().ends_with(".partial")),
            "{stage}: {partial:?}"
        );
        assert_nothing_runs(&shop);
    }
    shop.run(&["migrate"]).expect(0);
    assert_eq!(shop.database.history(), ["1:books", "2:pending"]);
}
