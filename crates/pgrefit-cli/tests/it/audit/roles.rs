//! Whoever asks: a role that sees less is told what it does not see, and never that all is well.

use std::collections::BTreeSet;

use super::{Audited, audit, call, traps};
use crate::concurrency::Bystander;
use crate::harness::{Database, Folder, pgrefit, versions};

/// What is judged of the role itself that looks; and of statements only the costliest are looked at: those of audits push others out.
const OF_THE_ROLE: &[&str] = &["audit-role-too-strong", "secret-in-statement"];

/// More that not every role sees, and that is on every version.
const MORE: &str = "
    CREATE SCHEMA sec;
    CREATE TABLE sec.notes (id bigint PRIMARY KEY, owner text);
    ALTER TABLE sec.notes ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION sec.definer() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
    CREATE ROLE strong SUPERUSER LOGIN PASSWORD 'strong words';
    SET password_encryption = 'md5';
    CREATE ROLE old_password LOGIN PASSWORD 'old words';
    RESET password_encryption;
    CREATE TABLE sec.documents (id int PRIMARY KEY, body text, embedding float4[]);
    INSERT INTO sec.documents SELECT n, CASE WHEN n % 2 = 0 THEN repeat('x', 3000) END FROM generate_series(1, 3000) n;
    ANALYZE";

/// The traps on a server of their own, a role of each kind, and somebody who is idle in a transaction.
struct Roles {
    database: Database,
    _idle: Bystander,
}

impl Roles {
    fn on(major: u32) -> Self {
        let mut settings = vec![("autovacuum", "off")];
        // The build of 16 has no contrib.
        if major != 16 {
            settings.push(("shared_preload_libraries", "pg_stat_statements"));
        }
        let database = Database::alone_on(major, &settings);
        traps(&database, major);
        if super::has_extension(&database, "pg_stat_statements") {
            database.sql("CREATE EXTENSION pg_stat_statements");
        }
        database.sql(MORE);
        database.sql("CREATE ROLE watcher LOGIN PASSWORD 'words' IN ROLE pg_monitor; CREATE ROLE plain LOGIN PASSWORD 'words'");
        let mut idle = Bystander::on(&database);
        idle.sql("BEGIN; SELECT count(*) FROM sec.documents");
        Self { database, _idle: idle }
    }

    /// The role that `pgrefit audit grants` makes.
    fn grant(&self) {
        let script = pgrefit(["audit", "grants", "--role", "auditor"]).run().expect(0).stdout;
        self.database.sql(&script);
        // Again, as in the next database of the same server.
        self.database.sql(&script);
        self.database.sql("ALTER ROLE auditor PASSWORD 'words'");
    }

    #[track_caller]
    fn audit_as(&self, role: &str, arguments: &[&str]) -> Audited {
        let url = self.database.url_as(role, "words");
        Audited::of(call(&Folder::new(&[]), &[&["--deep"], arguments].concat()).env("DATABASE_URL", url))
    }
}

#[test]
fn no_role_is_told_that_what_it_cannot_see_is_well() {
    for major in versions() {
        let roles = Roles::on(major);
        let all = audit(&roles.database, &["--deep"]);
        let watcher = roles.audit_as("watcher", &[]);
        let plain = roles.audit_as("plain", &[]);
        watcher.assert_no_more_blessed_than(&all, OF_THE_ROLE);
        plain.assert_no_more_blessed_than(&all, OF_THE_ROLE);
        plain.assert_no_more_blessed_than(&watcher, OF_THE_ROLE);
        roles.grant();
        let auditor = roles.audit_as("auditor", &[]);
        auditor.assert_no_more_blessed_than(&all, OF_THE_ROLE);

        let codes = (all.code, watcher.code, plain.code, auditor.code);
        assert_eq!(codes, (1, 3, 3, 1), "{major}: {:?}", auditor.ended("blind"));
        assert_eq!(roles.audit_as("plain", &["--allow-incomplete"]).code, 1);
        let (blind_all, blind_auditor) = (all.ended("blind"), auditor.ended("blind"));
        let (blind_watcher, blind_plain) = (watcher.ended("blind"), plain.ended("blind"));
        assert!(blind_watcher.is_subset(&blind_plain), "{blind_watcher:?} {blind_plain:?}");
        assert!(blind_plain.len() > blind_watcher.len());
        // Nobody is let see passwords or the rules of who may connect for the sake of an audit.
        let closed: BTreeSet<String> = blind_auditor.difference(&blind_all).cloned().collect();
        let expected = ["hba-error", "hba-open-to-world", "hba-password-clear", "hba-trust", "password-md5"];
        assert_eq!(closed, expected.map(str::to_owned).into());
        assert!(blind_auditor.is_subset(&blind_watcher));
    }
}

#[test]
fn what_is_blind_says_what_would_open_its_eyes() {
    let roles = Roles::on(18);
    let before = roles.audit_as("watcher", &[]);
    let checks = before.report["checks"].as_array().unwrap().clone();
    let grants: BTreeSet<&str> = checks.iter().filter_map(|check| check["grant"].as_str()).collect();
    assert!(!grants.is_empty());
    for grant in grants {
        roles.database.sql(grant);
    }
    let after = roles.audit_as("watcher", &[]);
    let open: Vec<String> = checks
        .iter()
        .filter(|check| check["status"] == "blind" && check["grant"].is_string())
        .map(|check| super::text(&check["id"]))
        .filter(|check| after.status(check) == "blind")
        .collect();
    assert!(open.is_empty(), "still blind: {open:?}");
}

/// The role of the script reads no row of any table.
#[test]
fn the_role_of_the_script_sees_no_rows() {
    let roles = Roles::on(18);
    roles.grant();
    let url = roles.database.url_as("auditor", "words");
    let readable = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relkind IN ('r', 'p', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                      AND has_table_privilege('auditor', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
                      AND has_schema_privilege('auditor', n.oid, 'USAGE')";
    assert_eq!(roles.database.value(readable), "0");
    let values =
        crate::harness::sql_at(&url, "SELECT count(*) FROM pgrefit.sequence_values WHERE last_value > 0");
    assert_ne!(values[0][0].as_deref(), Some("0"));
}
