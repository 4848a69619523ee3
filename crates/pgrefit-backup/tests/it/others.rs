//! Backups by other tools than `pg_dump`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_backup::{
    Checkpoint, Error, PgBackRest, PgBasebackup, Script, Strength, TableVerdict, reverify, take,
    take_verified,
};
use pgrefit_catalog::Name;

use crate::place::{Place, majors};

#[tokio::test]
async fn a_base_backup_is_verified_on_every_major() {
    for major in majors() {
        let mut place = Place::nasty_on(major).await;
        place.adapter = Box::new(PgBasebackup { checkpoint: Checkpoint::Fast, rate_kb_max: Some(200_000) });
        let source = place.connector();
        let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
        let verified = verified.unwrap_or_else(|error| panic!("{major}: {error}"));
        assert_eq!(verified.strength(), Strength::Attested);
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
            {bin}/psql -qXc 'UPDATE people SET email = NULL WHERE id < 99'
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

#[tokio::test]
async fn pgbackrest_is_asked() {
    let mut place = Place::empty().await;
    let source = place.connector();
    let pgbackrest = |program: PathBuf| PgBackRest {
        program,
        stanza: "main".to_owned(),
        config: None,
        age_max: Duration::from_hours(1),
        take: None,
    };
    place.adapter = Box::new(pgbackrest("/no/such/program".into()));
    let error = place.with_job(&source, async |job| take(job).await.map(|_| ()).expect_err("missing")).await;
    assert!(matches!(error, Error::ToolNotRun { .. } | Error::ToolMissing { .. }), "{error:?}");
}
