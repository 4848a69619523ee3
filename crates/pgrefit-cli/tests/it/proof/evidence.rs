//! What a run leaves behind: the evidence, the page, the ledger; and nothing that must not be in it.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Shop, files_below};

#[test]
fn a_live_run_is_proved_from_the_backup_to_the_last_line() {
    let shop = Shop::new();
    let ran = shop.run(&["migrate", "--check-content"]).expect(0);
    let ran = ran.shows(&["Pipeline", "backup pass", "rehearse pass", "Checklist of the live run"]);
    ran.shows(&["1 migration applied, verified"]);
    let evidence = shop.evidence();
    let lines = evidence["checklist"].as_array().unwrap();
    let open: Vec<&Value> = lines.iter().filter(|line| line["status"] != "pass").collect();
    assert!(open.is_empty(), "{open:#?}");
    assert!(lines.iter().all(|line| line["measurement"]["value"].is_u64()), "{lines:#?}");
    let stages: Vec<&str> =
        evidence["stages"].as_array().unwrap().iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(
        stages,
        ["plan", "lint", "preflight", "backup", "verify-backup", "rehearse", "gate", "apply", "verify"]
    );
    let step = &evidence["steps"][0];
    let lock = &step["statements"][0]["predicted"]["locks"][0];
    assert_eq!(
        (lock["relation"].as_str(), lock["mode"].as_str()),
        (Some("public.books"), Some("ACCESS EXCLUSIVE"))
    );
    assert!(step["statements"][1]["actual"]["duration_ms"].is_u64(), "{step:#}");
    let schema: Value = serde_json::from_str(pgrefit_report::EVIDENCE_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&evidence).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let page = std::fs::read_to_string(shop.last_run().join("report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("V2__pending") && !page.contains("http://"));
    ledger(&shop);
    secrets(&shop);
}

/// The database records the run, its stages and its evidence.
fn ledger(shop: &Shop) {
    let run = "SELECT environment || ' ' || from_version || ' ' || to_version || ' ' || applied || ' ' || exit_code \
               || ' ' || (finished_at IS NOT NULL)::text FROM pgrefit_run";
    assert_eq!(shop.database.value(run), "production 1 2 1 0 true");
    let stages = "SELECT string_agg(name, ' ' ORDER BY number) FROM pgrefit_run_step WHERE status = 'pass'";
    assert_eq!(shop.database.value(stages), "plan preflight backup verify-backup rehearse gate apply verify");
    let json = std::fs::read(shop.last_run().join("evidence.json")).unwrap();
    let digest = shop.database.value("SELECT evidence_sha256 FROM pgrefit_run");
    let found = sha2(&json).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    assert_eq!(digest, found);
}

fn sha2(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes).to_vec()
}

/// The password is in none of the files.
fn secrets(shop: &Shop) {
    let secret = shop.database.password();
    for path in files_below(&shop.folder.path().join("pgrefit")) {
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "the password is in {}", path.display());
    }
}

#[test]
fn proofs_are_made_first_and_used_later() {
    let shop = Shop::new();
    shop.run(&["migrate", "--rehearse-only"])
        .expect(0)
        .shows(&["1 migration rehearsed; the live database was not changed"]);
    assert!(shop.is_untouched());
    assert!(!shop.database.has_table("pgrefit_run"));
    let ran = shop.run(&["migrate"]).expect(0).shows(&["1 migration applied, verified"]);
    assert!(
        ran.stderr.contains("the verified backup of") && ran.stderr.contains("the rehearsal of"),
        "{}",
        ran.stderr
    );
    assert_eq!((shop.backups().len(), shop.runs().len()), (1, 2));
    let evidence = shop.evidence();
    let reused = evidence["stages"].as_array().unwrap().iter().filter(|stage| !stage["reused"].is_null());
    assert_eq!(reused.count(), 3);
    shop.run(&["migrate"]).expect(0).shows(&["up to date"]);
}

#[test]
fn each_environment_asks_for_its_own() {
    let stages = |environment: &str| {
        let shop = Shop::new();
        shop.call(&["migrate"]).env("PGREFIT_POLICY_ENVIRONMENT", environment).run().expect(0);
        shop.runs().len() as u64 * 100
            + shop.runs().first().map_or(0, |_| {
                shop.evidence()["stages"].as_array().unwrap().iter().filter(|s| s["status"] != "skip").count()
                    as u64
            })
    };
    assert_eq!(stages("disposable"), 0);
    assert_eq!(stages("staging"), 108);
    let shop = Shop::new();
    shop.call(&["migrate"])
        .env("PGREFIT_POLICY_ENVIRONMENT", "prod")
        .run()
        .expect(2)
        .says(&["`prod` is not one of", "disposable, staging, production"]);
    // What nobody has said is production.
    shop.call(&["migrate", "--quiet"]).without("PGREFIT_POLICY_ENVIRONMENT").run().expect(0);
    assert_eq!(shop.evidence()["policy"]["environment"], "production");
}
