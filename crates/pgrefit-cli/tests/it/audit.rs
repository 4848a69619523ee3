//! `pgrefit audit`: what it finds, whoever asks and wherever; what it does to others, and others to it.

mod harmless;
mod ignores;
mod locks;
mod output;
mod places;
mod promises;
mod roles;
mod schema;
mod traps;

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_audit::checks;
use serde_json::Value;

use crate::harness::{Database, Folder, Pgrefit, pgrefit};
use crate::output::report;

const TRAPS: &str = include_str!("audit/traps.sql");
const TRAPS_14: &str = include_str!("audit/traps_14.sql");
const TRAPS_15: &str = include_str!("audit/traps_15.sql");
const TRAPS_18: &str = include_str!("audit/traps_18.sql");
const TRAPS_VECTOR: &str = include_str!("audit/traps_vector.sql");

/// What an audit came to.
#[derive(Debug)]
struct Audited {
    code: i32,
    report: Value,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    check: String,
    object: String,
    status: String,
    fingerprint: String,
}

impl Audited {
    /// Runs an audit to its end; its JSON is held against its schema.
    #[track_caller]
    fn of(call: Pgrefit) -> Self {
        let ran = call.run();
        let code = ran.code.expect("it was not killed");
        assert!(matches!(code, 0 | 1 | 3), "{ran:?}");
        let report = report(&ran.stdout);
        assert_eq!(report["outcome"]["exit_code"], code);
        let audited = Self { code, report };
        assert!(
            audited.statuses().values().all(|status| status != "error"),
            "{:#}",
            audited.report["checks"]
        );
        audited
    }

    /// How each check ended.
    fn statuses(&self) -> BTreeMap<String, String> {
        let checks = self.report["checks"].as_array().unwrap().iter();
        checks.map(|check| (text(&check["id"]), text(&check["status"]))).collect()
    }

    /// How a check ended.
    #[track_caller]
    fn status(&self, check: &str) -> String {
        self.statuses().remove(check).unwrap_or_else(|| panic!("{check} was not asked"))
    }

    /// The checks that ended so.
    fn ended(&self, status: &str) -> BTreeSet<String> {
        self.statuses().into_iter().filter(|(_, it)| it == status).map(|(check, _)| check).collect()
    }

    /// Everything that was found.
    fn findings(&self) -> BTreeSet<Found> {
        let found = |it: &Value| Found {
            check: text(&it["check"]),
            object: text(&it["object"]),
            status: text(&it["status"]),
            fingerprint: text(&it["fingerprint"]),
        };
        self.report["findings"].as_array().unwrap().iter().map(found).collect()
    }

    /// The objects that a check found.
    fn objects(&self, check: &str) -> BTreeSet<String> {
        self.findings().into_iter().filter(|it| it.check == check).map(|it| it.object).collect()
    }

    /// Fails the test if this sees less than `other` did without saying so: what was found is found still, or its check is
    /// blind.
    #[track_caller]
    fn assert_no_more_blessed_than(&self, other: &Self, but: &[&str]) {
        let (here, found) = (self.statuses(), self.findings());
        let prints: BTreeSet<&str> = found.iter().map(|it| it.fingerprint.as_str()).collect();
        let is_bad = |status: &str| matches!(status, "warn" | "fail");
        let counts = |check: &str| !but.contains(&check) && here.contains_key(check);
        let mut wrong = Vec::new();
        for (check, there) in other.statuses().iter().filter(|(check, _)| counts(check)) {
            if is_bad(there) && !is_bad(&here[check]) && here[check] != "blind" {
                wrong.push(format!("{check}: {there} -> {}", here[check]));
            }
        }
        for it in other.findings().iter().filter(|it| is_bad(&it.status) && counts(&it.check)) {
            // A check that fails for one object may be blind for others: it says so in a note.
            let blind = here[&it.check] == "blind" || self.is_partly_blind(&it.check);
            if !prints.contains(it.fingerprint.as_str()) && !blind {
                wrong.push(format!("{} {} is not found any more", it.check, it.object));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    fn is_partly_blind(&self, check: &str) -> bool {
        let checks = self.report["checks"].as_array().unwrap();
        let check = checks.iter().find(|it| it["id"] == check).expect("it was asked");
        check["status"] == "fail" && !check["note"].is_null()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A call of `pgrefit audit --format json`, where there are no files but those of the folder.
fn call(folder: &Folder, arguments: &[&str]) -> Pgrefit {
    let all = ["audit", "--format", "json"].iter().chain(arguments);
    pgrefit(all).inside(folder.path())
}

/// Audits a database as its superuser.
#[track_caller]
fn audit(database: &Database, arguments: &[&str]) -> Audited {
    Audited::of(call(&Folder::new(&[]), arguments).on(database))
}

/// The ids of the checks of these groups.
fn of_groups(words: &[&str]) -> Vec<&'static str> {
    checks().filter(|check| words.contains(&check.group.word())).map(|check| check.id).collect()
}

/// Whether the server of a database has the files of an extension.
fn has_extension(database: &Database, name: &str) -> bool {
    database.value(&format!("SELECT count(*) FROM pg_available_extensions WHERE name = '{name}'")) == "1"
}

/// Every trap that the server of a database can be set.
fn traps(database: &Database, major: u32) -> Vec<&'static str> {
    let mut scripts = vec![TRAPS];
    let since = [(14, TRAPS_14), (15, TRAPS_15), (18, TRAPS_18)];
    scripts.extend(since.into_iter().filter(|(first, _)| major >= *first).map(|(_, script)| script));
    if has_extension(database, "vector") {
        scripts.push(TRAPS_VECTOR);
    }
    for script in &scripts {
        database.sql(script);
    }
    scripts
}
