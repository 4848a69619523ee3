//! Proofs that prove nothing: edited, stale, of something else, or of files that are not what they were.

use std::path::PathBuf;

use serde_json::Value;

use super::{Shop, files_below};

/// A shop with both proofs at hand.
fn rehearsed() -> (Shop, PathBuf, PathBuf) {
    let shop = Shop::new();
    shop.run(&["migrate", "--rehearse-only"]).expect(0);
    let run = shop.last_run();
    let proofs = (run.join("backup.proof.json"), run.join("rehearsal.proof.json"));
    (shop, proofs.0, proofs.1)
}

/// Runs with these proofs, which must be refused with these words, and leave the database as it is.
#[track_caller]
fn check(shop: &Shop, proofs: [&PathBuf; 2], variables: &[(&str, &str)], exit: i32, words: &[&str]) {
    let [backup, rehearsal] = proofs.map(|path| path.display().to_string());
    let mut call = shop.call(&["migrate", "--proof", &backup, "--proof", &rehearsal]);
    for (name, value) in variables {
        call = call.env(name, value);
    }
    call.run().expect(exit).says(words);
    assert!(shop.is_untouched());
}

/// Writes a changed copy of a proof.
fn edited(path: &PathBuf, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut proof: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    change(&mut proof);
    let copy = path.with_file_name("edited.json");
    std::fs::write(&copy, proof.to_string()).unwrap();
    copy
}

#[test]
fn edited_and_stale_proofs_and_those_of_something_else_are_refused() {
    let (shop, backup, rehearsal) = rehearsed();
    let longer = edited(&rehearsal, |proof| proof["claim"]["stall_reads_us"] = 1.into());
    check(&shop, [&backup, &longer], &[], 11, &["it was edited after it was made"]);
    let other = edited(&backup, |proof| proof["source"]["database"] = "elsewhere".into());
    check(&shop, [&other, &rehearsal], &[], 11, &["it was edited after it was made"]);
    let newer = edited(&backup, |proof| proof["moment"]["server_time_ms"] = 4_102_444_800_000_u64.into());
    check(&shop, [&newer, &rehearsal], &[], 11, &["edited"]);
    let stale = [("PGREFIT_POLICY_REHEARSAL_MAX_AGE", "1ms")];
    check(&shop, [&backup, &rehearsal], &stale, 11, &["policy.rehearsal_max_age is"]);
    let stale = [("PGREFIT_POLICY_BACKUP_MAX_AGE", "1ms")];
    check(&shop, [&backup, &rehearsal], &stale, 11, &["policy.backup_max_age is"]);
    let strict = [("PGREFIT_POLICY_STALL_MAX", "0ms")];
    check(&shop, [&backup, &rehearsal], &strict, 11, &["were kept out for"]);
    let (_another, of_another, rehearsal_of_another) = rehearsed();
    check(&shop, [&of_another, &rehearsal], &[], 11, &["it is about another database"]);
    check(&shop, [&backup, &rehearsal_of_another], &[], 11, &["it is about another database"]);
    shop.run(&["proof", "show", &of_another.display().to_string()]).expect(11).shows(&["another database"]);
    shop.run(&["proof", "show", &backup.display().to_string()])
        .expect(0)
        .shows(&["counts for this database"]);
    shop.folder.write("V2__pending.sql", "ALTER TABLE books ADD COLUMN isbn text;");
    check(&shop, [&backup, &rehearsal], &[], 11, &["it is about other migrations"]);
    shop.database.sql("CREATE TABLE unexpected (a int)");
    check(&shop, [&backup, &rehearsal], &[], 11, &["the schema of the database has changed since"]);
}

#[test]
fn a_proof_from_the_future_is_refused_although_it_is_whole() {
    let (shop, backup, rehearsal) = rehearsed();
    let mut proof = pgrefit_migrate::proof::Proof::read(&backup).unwrap();
    proof.moment.server_time_ms += 3_600_000;
    let later = backup.with_file_name("later.json");
    std::fs::write(&later, proof.clone().sealed().to_json()).unwrap();
    check(&shop, [&later, &rehearsal], &[], 11, &["a clock was set back"]);
    proof.moment.server_time_ms -= 3_600_000;
    proof.moment.lsn.0 += 1 << 40;
    std::fs::write(&later, proof.sealed().to_json()).unwrap();
    check(&shop, [&later, &rehearsal], &[], 11, &["the database was set back"]);
}

#[test]
fn one_flipped_byte_in_the_backup_is_found() {
    let (shop, backup, rehearsal) = rehearsed();
    let folder = shop.backups().pop().unwrap();
    let files = files_below(&folder);
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let whole = std::fs::read(&file).unwrap();
        let mut broken = whole.clone();
        let middle = broken.len() / 2;
        broken[middle] ^= 0x20;
        std::fs::write(&file, broken).unwrap();
        let [first, second] = [&backup, &rehearsal].map(|path| path.display().to_string());
        shop.run(&["migrate", "--proof", &first, "--proof", &second]).expect(16);
        assert!(shop.is_untouched());
        std::fs::write(&file, whole).unwrap();
    }
    check_good(&shop, &backup, &rehearsal);
}

/// They do count, if nothing is wrong.
fn check_good(shop: &Shop, backup: &PathBuf, rehearsal: &PathBuf) {
    let [first, second] = [backup, rehearsal].map(|path| path.display().to_string());
    shop.run(&["migrate", "--proof", &first, "--proof", &second]).expect(0);
}
