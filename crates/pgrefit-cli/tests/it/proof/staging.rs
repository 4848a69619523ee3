//! Rehearsing on a server of somebody else's.

use super::Shop;
use crate::harness::{Database, sql_at};

#[test]
fn a_marked_copy_is_rehearsed_on_and_the_live_database_is_not() {
    let shop = Shop::new();
    let live = shop.database.url();
    shop.call(&["migrate", "--staging-url", &live]).run().expect(11).says(&["the live server"]);
    assert!(shop.is_untouched());
    shop.run(&["backup", "take"]).expect(0);
    let folder = shop.run(&["backup", "list", "--latest"]).expect(0).stdout.trim().to_owned();
    what_goes_is_named_before_it_goes(&shop, &folder);
    let beside = Database::new();
    shop.call(&["migrate", "--staging-url", &beside.url()]).run().expect(11).says(&["the live server"]);
    let staging = Database::alone();
    let url = staging.url();
    shop.run(&["backup", "restore", &folder, "--to", &url]).expect(0).shows(&["restored as of"]);
    shop.run(&["backup", "restore", &folder, "--to", &url]).expect(16).says(&["it is not empty"]);
    let ran = shop.call(&["migrate", "--rehearse-only", "--staging-url", &url]).run().expect(0);
    assert!(ran.stderr.contains("which is a fresh copy"), "{}", ran.stderr);
    assert_eq!(staging.history(), ["1:books", "2:pending"]);
    assert!(shop.is_untouched());
    // It is a copy no more; its server makes one.
    let ran = shop.call(&["migrate", "--staging-url", &url]).run().expect(0);
    assert!(
        ran.stderr.contains("the rehearsal of") || ran.stderr.contains("is not rehearsed on"),
        "{}",
        ran.stderr
    );
    let left = sql_at(&url, "SELECT datname FROM pg_database WHERE datname LIKE 'pgrefit_restore%'");
    assert!(left.is_empty(), "{left:?}");
}

/// Of a backup that is needed, and one that a killed run has left.
fn what_goes_is_named_before_it_goes(shop: &Shop, needed: &str) {
    let needed = shop.folder.path().join(needed);
    let left = needed.with_file_name("books-left.partial");
    std::fs::create_dir(&left).unwrap();
    let named = shop.run(&["backup", "prune", "--dry-run"]).expect(0);
    named.shows(&["books-left.partial", "1 backup would be removed; nothing was"]);
    assert!(left.is_dir(), "it is only named");
    shop.run(&["backup", "prune"]).expect(0).shows(&["books-left.partial", "1 backup removed"]);
    assert!(!left.exists() && needed.is_dir());
}
