//! Backups by other tools than `pg_dump`.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_backup::{
    Checkpoint, Error, PgBackRest, PgBasebackup, Script, Strength, TableVerdict, reverify, take,
    take_verified,
};
use pgrefit_catalog::Name;

use crate::place::{Place, ask, majors};

#[tokio::test]
async fn a_base_backup_is_verified_on_every_major() {
    for major in majors() {
        let mut place = Place::nasty_on(major).await;
        place.adapter = Box::new(PgBasebackup { checkpoint: Checkpoint::Fast, rate_kb_max: Some(200_000) });
        let source = place.connector();
        let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
        let verified = verified.unwrap_or_else(|error| panic!("{major}: {error}"));
        assert_eq!(verified.strength(), Strength::Restored);
        let comparison = verified.verification().comparison.as_ref().expect("compared");
        let verdict = &comparison.tables[&Name::new("public", "people")];
        assert!(matches!(verdict, TableVerdict::Equal { rows: 2000, .. }), "{verdict:?}");
        let copy = verified.restored().expect("a copy").as_source_role();
        assert_eq!(ask(copy, "SELECT count(*) FROM people").await, "2000");
        assert_ne!(ask(copy, "SHOW port").await, place.server.port().to_string());
        assert!(verified.manifest().files.contains_key("cluster/backup_manifest"));
        assert!(verified.dir().join("cluster/PG_VERSION").is_file());
        reverify(verified.dir()).expect("as it was");
    }
}

/// Writes a program by another process: a file that is open for writing somewhere cannot be run.
fn program(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("program");
    let script = "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"";
    let status = std::process::Command::new("sh").args(["-c", script, "sh"]).arg(&path).arg(text).status();
    assert!(status.expect("sh").success());
    path
}

fn script(program: PathBuf) -> Script {
    let limit = Duration::from_mins(1);
    Script { program, arguments: Vec::new(), limit, age_max: Duration::from_hours(1) }
}

#[tokio::test]
async fn a_command_of_ones_own_may_restore_by_itself() {
    let mut place = Place::nasty().await;
    let bin = place.server.binaries().bin_dir.display().to_string();
    let url = place.server.url("copy").expose().to_owned();
    let text = |last: &str| {
        format!(
            "set -e; {bin}/pg_dump -Fc -f \"$PGREFIT_BACKUP_DIR/own.dump\"
            {bin}/psql -qXc 'UPDATE people SET amount = coalesce(amount, 0) + 1 WHERE id < 99'
            {bin}/psql -qXc 'DROP DATABASE IF EXISTS copy' -c 'CREATE DATABASE copy TEMPLATE template0'
            {bin}/pg_restore -d copy \"$PGREFIT_BACKUP_DIR/own.dump\" >&2; {bin}/psql -qXd copy -c '{last}' >&2
            printf '{{\"id\": \"b1\", \"taken_at\": \"%s\", \"restored_url\": \"{url}\"}}' \"$(date -u +%FT%TZ)\""
        )
    };
    let dir = tempfile::tempdir().expect("a directory");
    let source = place.connector();
    place.adapter = Box::new(script(program(dir.path(), &text("DELETE FROM child WHERE a = 1"))));
    let error =
        place.with_job(&source, async |job| take_verified(job, &place.full()).await.map(|_| ())).await;
    let Err(Error::Differs { what }) = &error else { panic!("{error:?}") };
    assert_eq!(what, &["table public.child: 19 rows instead of 20"]);
    assert!(place.names().is_empty());
    place.adapter = Box::new(script(program(dir.path(), &text("SELECT 1"))));
    let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
    let verified = verified.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (verified.strength(), verified.manifest().external_id.as_deref()),
        (Strength::Restored, Some("b1"))
    );
    let comparison = verified.verification().comparison.as_ref().expect("compared");
    let verdict = |name: &str| &comparison.tables[&Name::new("public", name)];
    assert!(matches!(verdict("people"), TableVerdict::Skipped { .. }), "it changed meanwhile");
    assert!(matches!(verdict("parent"), TableVerdict::Equal { rows: 10, .. }));
    let text = std::fs::read_to_string(verified.dir().join("manifest.json")).expect("a manifest");
    let password = url.split([':', '@']).nth(2).expect("a password");
    assert!(!text.contains(password) && !format!("{verified:?}").contains(password));
}

#[tokio::test]
async fn a_command_that_fails_or_does_not_end_is_told() {
    let mut place = Place::empty().await;
    let source = place.connector();
    let dir = tempfile::tempdir().expect("a directory");
    place.adapter = Box::new(script(program(dir.path(), "echo 'no tape' >&2; exit 4")));
    let error = place.with_job(&source, async |job| take(job).await.map(|_| ()).expect_err("failed")).await;
    assert!(matches!(&error, Error::DumpFailed { output, .. } if output == "no tape"), "{error:?}");
    place.adapter = Box::new(script(program(dir.path(), "echo done")));
    let error = place.with_job(&source, async |job| take(job).await.map(|_| ()).expect_err("failed")).await;
    assert!(matches!(&error, Error::ToolAnswer { .. }), "{error:?}");
    let slow = Script { limit: Duration::from_millis(300), ..script(program(dir.path(), "sleep 60")) };
    place.adapter = Box::new(slow);
    let error = place.with_job(&source, async |job| take(job).await.map(|_| ()).expect_err("failed")).await;
    assert!(matches!(error, Error::ToolTimeout { .. }), "{error:?}");
    assert!(place.names().is_empty());
}

fn pgbackrest(program: PathBuf) -> PgBackRest {
    let age_max = Duration::from_hours(1);
    PgBackRest { program, stanza: "main".to_owned(), config: None, age_max, take: None }
}

#[tokio::test]
async fn a_missing_pgbackrest_is_told() {
    let mut place = Place::empty().await;
    let source = place.connector();
    place.adapter = Box::new(pgbackrest("/no/such/program".into()));
    let error = place.with_job(&source, async |job| take(job).await.map(|_| ()).expect_err("missing")).await;
    assert!(matches!(error, Error::ToolNotRun { .. } | Error::ToolMissing { .. }), "{error:?}");
}

/// Runs pgBackRest as the account of the server, which may read its files. `None` where it is not installed, or does not know any
/// server of this machine: Debian's knows 15.
fn wrapper(place: &Place, dir: &Path) -> Option<PathBuf> {
    let installed = std::process::Command::new("pgbackrest").arg("version").output();
    if !installed.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let own = |name: &str| dir.join(name).display().to_string();
    let url = place.server.url("postgres").expose().to_owned();
    let password = url.split([':', '@']).nth(2).expect("a password");
    std::fs::write(own("pass"), format!("*:*:*:*:{password}\n")).expect("written");
    std::fs::set_permissions(own("pass"), Permissions::from_mode(0o600)).expect("chmod");
    let config = format!(
        "[global]\nrepo1-path={}\nlog-path={}\nlock-path={}\nstart-fast=y\n[main]\npg1-path={}\npg1-port={}\npg1-socket-path={}\n\
         pg1-user=postgres\npg1-database=postgres\n",
        own("repo"),
        own("log"),
        own("lock"),
        place.server.data_dir().display(),
        place.server.port(),
        place.server.host_socket_dir().display(),
    );
    std::fs::write(own("conf"), config).expect("written");
    let owner = std::fs::metadata(place.server.data_dir()).expect("it is there");
    for name in ["repo", "log", "lock"] {
        std::fs::create_dir(own(name)).expect("made");
    }
    for name in ["", "repo", "log", "lock", "pass", "conf"] {
        chown(own(name), Some(owner.uid()), Some(owner.gid())).expect("chown");
    }
    let text = format!(
        "export PGPASSFILE={}\nif [ \"$(id -u)\" = 0 ]; then exec setpriv --reuid={} --regid={} --clear-groups pgbackrest --config={} \"$@\"; fi\n\
         exec pgbackrest --config={} \"$@\"",
        own("pass"),
        owner.uid(),
        owner.gid(),
        own("conf"),
        own("conf"),
    );
    Some(program(dir, &text))
}

#[tokio::test]
async fn pgbackrest_is_asked_and_takes_a_backup_on_request() {
    if !majors().contains(&15) {
        return println!("skipped: no PostgreSQL 15, the newest that Debian's pgBackRest knows");
    }
    let mut place = Place::with(15, &[("archive_mode", "on")]).await;
    let dir = tempfile::Builder::new().prefix("pgb-").tempdir_in("/tmp").expect("a directory");
    let Some(program) = wrapper(&place, dir.path()) else { return println!("skipped: no pgBackRest") };
    let archive = format!("pgbackrest --config={}/conf --stanza=main archive-push %p", dir.path().display());
    let mut writer = place.connector_to("postgres").migrator().await.expect("connected");
    writer.simple(&format!("ALTER SYSTEM SET archive_command = '{archive}'")).await.expect("set");
    writer.simple("SELECT pg_reload_conf()").await.expect("set");
    let made =
        std::process::Command::new(&program).args(["--stanza=main", "stanza-create"]).output().expect("run");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    let source = place.connector();
    place.adapter = Box::new(pgbackrest(program.clone()));
    let error = place.with_job(&source, async |job| take(job).await.map(|_| ()).expect_err("none yet")).await;
    assert!(matches!(error, Error::NoBackup { .. }), "{error}");
    place.adapter = Box::new(PgBackRest { take: Some("full".to_owned()), ..pgbackrest(program.clone()) });
    let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
    let verified = verified.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(verified.strength(), Strength::Attested);
    let manifest = verified.manifest();
    assert!(manifest.external_id.as_deref().is_some_and(|label| label.ends_with('F')), "{manifest:?}");
    assert!(
        manifest.bytes > 1_000_000 && manifest.lsn.is_some() && manifest.tool.starts_with("pgbackrest 2")
    );
    let stale = PgBackRest { age_max: Duration::ZERO, ..pgbackrest(program) };
    tokio::time::sleep(Duration::from_millis(1100)).await;
    place.adapter = Box::new(stale);
    let error = place.with_job(&source, async |job| take(job).await.map(|_| ()).expect_err("too old")).await;
    assert!(matches!(error, Error::TooOld { .. }), "{error:?}");
}
