//! What a run that was killed leaves in the record: a later one closes it, and says what nobody has verified.

use std::process::Child;
use std::time::Duration;

use super::Shop;
use crate::concurrency::until;
use crate::harness::{Pgrefit, next_name};

/// The code of each recorded run, in the order of their beginning; `-` for one that has not ended.
const CODES: &str =
    "SELECT string_agg(coalesce(exit_code::text, '-'), ' ' ORDER BY started_at) FROM pgrefit_run";
const SOON: Duration = Duration::from_secs(30);

/// Starts a run, and returns when it stands at this place.
#[track_caller]
fn stopped_at(shop: &Shop, run: Pgrefit, place: &str) -> Child {
    let mark = shop.folder.path().join("mark");
    let child = run.env("PGREFIT_FAILPOINT", format!("{place}={}", mark.display())).start();
    until(place, SOON, || mark.exists());
    child
}

/// Kills it, and waits until the server has noticed.
#[track_caller]
fn kill(shop: &Shop, mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
    let _ = std::fs::remove_file(shop.folder.path().join("mark"));
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                AND application_name LIKE '%pgrefit/%'";
    until("its sessions are gone", SOON, || shop.database.value(ours) == "0");
}

#[test]
fn what_a_killed_run_has_applied_is_not_taken_for_verified() {
    let shop = Shop::new();
    shop.run(&["migrate", "--rehearse-only"]).expect(0);
    let child = stopped_at(&shop, shop.call(&["migrate"]), "transaction-committed");
    // It is at work: what stands of it in the record is not touched.
    shop.run(&["repair", "--last-run", "--yes"]).expect(0).shows(&["no last run to accept"]);
    assert_eq!(shop.database.value(CODES), "-");
    kill(&shop, child);
    let ran = shop.run(&["migrate"]).expect(0).shows(&["up to date", "ended with 15"]);
    ran.shows(&["has not verified what was applied", "pgrefit repair --last-run"]);
    assert_eq!(shop.database.value(CODES), "15");
    shop.run(&["repair", "--last-run"]).expect(1).shows(&["1 run to accept; nothing was changed", "--yes"]);
    assert_eq!(shop.database.value(CODES), "15");
    shop.run(&["repair", "--last-run", "--yes"]).expect(0).shows(&["the last run is accepted"]);
    shop.run(&["repair", "--last-run", "--yes"]).expect(0).shows(&["no last run to accept"]);
    let ran = shop.run(&["migrate"]).expect(0);
    assert!(!ran.stdout.contains("ended with 15"), "{}", ran.stdout);
    assert_eq!(shop.database.value(CODES), "15 0");
    let who = "SELECT summary FROM pgrefit_run WHERE exit_code = 0";
    assert!(shop.database.value(who).starts_with("accepted by "));
}

#[test]
fn a_run_that_was_killed_before_it_applied_anything_asks_to_be_repeated() {
    let shop = Shop::new();
    shop.run(&["migrate", "--rehearse-only"]).expect(0);
    kill(&shop, stopped_at(&shop, shop.call(&["migrate"]), "transaction"));
    assert_eq!(shop.database.value(CODES), "-");
    let ran = shop.run(&["migrate"]).expect(0).shows(&["1 migration applied, verified"]);
    assert!(ran.stderr.contains("did not come to its end"), "{}", ran.stderr);
    assert_eq!(shop.database.value(CODES), "75 0");
}

/// A run as in another pod: with proofs that are handed in, and a folder for its evidence that nobody has used.
fn elsewhere(shop: &Shop, number: u8) -> Pgrefit {
    let proofs = shop.folder.path().join("proofs");
    let proof = |kind: &str| proofs.join(format!("{kind}.proof.json")).display().to_string();
    let (backup, rehearsal) = (proof("backup"), proof("rehearsal"));
    let evidence = shop.folder.path().join(format!("pod-{number}")).display().to_string();
    shop.call(&["migrate", "--proof", &backup, "--proof", &rehearsal]).env("PGREFIT_EVIDENCE_DIR", evidence)
}

#[test]
fn a_job_that_was_killed_half_way_goes_on_with_the_proofs_it_was_begun_under() {
    let shop = Shop::new();
    shop.folder.write("V3__years.sql", "ALTER TABLE books ADD COLUMN year int;\n");
    shop.run(&["migrate", "--rehearse-only"]).expect(0).shows(&["2 migrations rehearsed"]);
    std::fs::rename(shop.last_run(), shop.folder.path().join("proofs")).unwrap();
    kill(&shop, stopped_at(&shop, elsewhere(&shop, 1), "transaction-committed"));
    assert_eq!(shop.database.history(), ["1:books", "2:pending"]);
    // What was not rehearsed is not let through by that.
    shop.folder.write("V4__more.sql", "ALTER TABLE books ADD COLUMN more int;\n");
    elsewhere(&shop, 2).run().expect(11).says(&["other migrations than those that are pending"]);
    std::fs::remove_file(shop.folder.path().join("migrations/V4__more.sql")).unwrap();
    elsewhere(&shop, 3).run().expect(0).shows(&["1 migration applied, verified"]);
    assert_eq!(shop.database.value(CODES), "15 0");
    assert_eq!(shop.database.history(), ["1:books", "2:pending", "3:years"]);
    // A role that may not read the record of runs can ask for a verdict all the same.
    let role = next_name();
    shop.database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'not-a-secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; \
         REVOKE ALL ON pgrefit_run FROM {role}"
    ));
    let proof = shop.folder.path().join("proofs/rehearsal.proof.json").display().to_string();
    let call = shop.call(&["proof", "show", &proof]);
    let call = call.env("DATABASE_URL", shop.database.url_as(&role, "not-a-secret"));
    call.run().expect(11).shows(&["other migrations than those that are pending"]);
}
