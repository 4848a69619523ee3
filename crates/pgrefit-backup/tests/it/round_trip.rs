//! What is taken comes back, and whatever does not is named.

use pgrefit_backup::{
    Comparison, Content, Error, Event, Look, Phase, Restoring, State, Strength, TableVerdict, Target,
    Thoroughness, VerifyOptions, list, prunable, prune, restore, reverify, take, take_verified,
};
use pgrefit_catalog::Name;
use pgrefit_pg::Connector;
use pgrefit_pg::digest::Encoding;

use crate::place::{Place, ask, connector, majors};

#[tokio::test]
async fn a_nasty_database_comes_back_whole_on_every_major() {
    for major in majors() {
        round_trip(&Place::nasty_on(major).await).await;
    }
}

async fn round_trip(place: &Place) {
    let source = place.connector();
    let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
    let mut verified = verified.unwrap_or_else(|error| panic!("{error}: {error:?}"));
    assert_eq!(verified.strength(), Strength::Compared);
    let comparison = verified.verification().comparison.as_ref().expect("compared");
    assert!(comparison.is_equal() && comparison.privilege_differences == Some(Vec::new()), "{comparison:?}");
    let verdict = |schema: &str, name: &str| comparison.tables[&Name::new(schema, name)].clone();
    assert!(matches!(verdict("public", "people"), TableVerdict::Equal { rows: 2000, .. }));
    assert!(matches!(verdict("Odd.Schema", "Mixed \"Case\" Table"), TableVerdict::Equal { rows: 2000, .. }));
    assert!(matches!(verdict("public", "parent"), TableVerdict::Equal { rows: 10, .. }));
    assert!(matches!(verdict("public", "child"), TableVerdict::Equal { rows: 20, .. }));
    assert!(matches!(verdict("public", "nothing"), TableVerdict::Equal { rows: 1, .. }));
    assert!(matches!(verdict("public", "by_mood"), TableVerdict::Equal { rows: 3, .. }));
    assert!(matches!(verdict("public", "scratchpad"), TableVerdict::Skipped { .. }));
    assert!(!comparison.tables.contains_key(&Name::new("public", "events")), "its partitions have the rows");
    assert_eq!((comparison.large_objects, comparison.large_objects_equal), (4, true));
    assert_eq!(comparison.sequences, 4);
    copy_is_alike(verified.restored().expect("a copy").as_superuser()).await;
    assert!(matches!(&verified.manifest().state, State::Verified(_)));
    let again = reverify(verified.dir()).expect("the files are as they were");
    assert_eq!((&again, again.files.is_empty()), (verified.manifest(), false));
    let server = verified.take_restored().expect("a copy");
    let data = server.server().expect("on a server of its own").data_dir();
    drop(server);
    assert!(!data.exists());
    assert_eq!(place.names(), [verified.manifest().id.clone()]);
    let events = place.events.lock().expect("a list");
    for phase in [Phase::Preflight, Phase::Take, Phase::Hash, Phase::Restore, Phase::Compare] {
        assert!(events.contains(&Event::Begins(phase)) && events.contains(&Event::Ends(phase)), "{phase:?}");
    }
    assert!(events.iter().any(|event| matches!(event, Event::TableRestored { done: 5.., .. })));
}

/// What the comparison does not look at.
async fn copy_is_alike(copy: &Connector) {
    assert_eq!(ask(copy, "SHOW timezone").await, "Asia/Tokyo");
    assert_eq!(ask(copy, "SHOW search_path").await, "\"$user\", public, \"Odd.Schema\"");
    assert_eq!(ask(copy, "SELECT current_database()").await, "My \"db\"");
    let settings = "SELECT string_agg(c, ';' ORDER BY c) FROM pg_db_role_setting s, unnest(setconfig) c WHERE setrole = 'app'::regrole";
    assert_eq!(ask(copy, settings).await, "search_path=\"Odd.Schema\", public;statement_timeout=5min");
    assert_eq!(ask(copy, "SELECT pg_has_role('app', 'readers', 'MEMBER')").await, "t");
    let may =
        "SELECT has_database_privilege('readers', current_database(), 'TEMPORARY') AND rolpassword IS NULL
        FROM pg_authid WHERE rolname = 'app'";
    assert_eq!(ask(copy, may).await, "t", "the password stays where it was");
    assert_eq!(ask(copy, "SELECT count(*) FROM pg_publication").await, "1");
    assert_eq!(ask(copy, "SELECT obj_description('people'::regclass)").await, "a comment with 'quotes'");
}

/// The copy, with one thing changed in it, against the source.
async fn changed(place: &Place, source: &Connector, copy: &Connector, sql: &str) -> Vec<String> {
    let mut writer = copy.migrator().await.expect("connected");
    writer.batch(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let sides = (content(place, source).await, content(place, copy).await);
    Comparison::between(&sides.0, &sides.1, Thoroughness::Full, true).differences()
}

pub(crate) async fn content(place: &Place, connector: &Connector) -> Content {
    let look = Look {
        connector,
        snapshot_id: None,
        jobs: 2,
        encoding: Encoding::Binary,
        thoroughness: Thoroughness::Full,
        limit: place.limits.digest,
        lock: place.limits.lock,
        stop: &place.stop,
        on_event: &|_| {},
    };
    Content::read(&look, None, Error::Target).await.expect("content")
}

#[tokio::test]
async fn whatever_is_changed_in_the_copy_is_named() {
    let place = Place::nasty().await;
    let source = place.connector();
    let verified =
        place.with_job(&source, async |job| take_verified(job, &place.full()).await).await.expect("verified");
    let copy = verified.restored().expect("a copy").as_superuser().clone();
    let mut named = Vec::new();
    let mut check = async |sql: &str, expected: &str| {
        let now = changed(&place, &source, &copy, sql).await;
        let new: Vec<_> = now.iter().filter(|line| !named.contains(*line)).cloned().collect();
        assert!(new.iter().any(|line| line.contains(expected)), "{sql}: {new:?}");
        named = now;
    };
    check(
        "UPDATE people SET doc = doc || '{\"n\": 0}' WHERE id = 9",
        "table public.people: other content in its 2000 rows",
    )
    .await;
    check("DELETE FROM events WHERE id = 400", "table public.events_2024: ").await;
    check("INSERT INTO child VALUES (1)", "table public.child: 21 rows instead of 20").await;
    check("SELECT setval('ticket', 5)", "sequence public.ticket: at 5 instead of 0").await;
    check("SELECT setval('unused', 42)", "sequence public.unused: at 42 instead of 42 (not given out)").await;
    check("SELECT lo_put(max(oid), 0, 'x') FROM pg_largeobject_metadata", "large objects").await;
    check("ALTER TABLE parent OWNER TO app", "lost: owner of relation public.parent is postgres").await;
    check(
        "REVOKE SELECT ON \"Odd.Schema\".\"Mixed \"\"Case\"\" Table\" FROM readers",
        "lost: readers may SELECT",
    )
    .await;
    check("DROP INDEX events_region_idx", "events_region_idx").await;
    check("DROP TABLE nothing", "table public.nothing: missing, with its 1 rows").await;
}

#[tokio::test]
async fn what_is_written_after_the_snapshot_makes_no_difference() {
    let place = Place::nasty().await;
    let source = place.connector();
    let stop = pgrefit_pg::Stop::default();
    let writing = async {
        let mut writer = place.writer().await;
        let mut rounds = 0;
        while !stop.is_requested() {
            let sql = "UPDATE people SET \"Name\" = \"Name\" || '!' WHERE id % 3 = 0; DELETE FROM child WHERE c = 1;
                INSERT INTO parent VALUES (99); SELECT nextval('unused'); SELECT lo_from_bytea(0, 'x')";
            writer.batch(sql).await.expect("written");
            rounds += 1;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        rounds
    };
    let taking = async {
        let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
        stop.request();
        verified
    };
    let (rounds, verified) = tokio::join!(writing, taking);
    let verified = verified.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        rounds > 10 && verified.verification().comparison.as_ref().is_some_and(Comparison::is_equal),
        "{rounds}"
    );
}

#[tokio::test]
async fn a_role_that_is_no_superuser_and_a_sample_are_enough() {
    let place = Place::empty().await;
    let setup = "CREATE ROLE plain LOGIN PASSWORD 'secret'; CREATE EXTENSION vector; CREATE EXTENSION pg_trgm;
        CREATE SCHEMA own AUTHORIZATION plain; SET ROLE plain; CREATE TABLE own.big (id int PRIMARY KEY, t text, e public.vector(3));
        INSERT INTO own.big SELECT n, repeat(n::text, 20), ARRAY[n, 1, 2]::real[]::public.vector FROM generate_series(1, 50000) AS n;
        CREATE INDEX ON own.big USING gin (t public.gin_trgm_ops)";
    place.writer().await.batch(setup).await.expect("made");
    let url = place.server.url("My \"db\"").expose().to_owned();
    let (_, rest) = url.split_once('@').expect("a URL");
    let source = connector(&format!("postgresql://plain:secret@{rest}"));
    let options =
        VerifyOptions { target: place.scratch(), thoroughness: Thoroughness::Sample { percent: 10 } };
    let verified = place.with_job(&source, async |job| take_verified(job, &options).await).await;
    let verified = verified.unwrap_or_else(|error| panic!("{error}: {error:?}"));
    assert_eq!(verified.strength(), Strength::Sampled { percent: 10 });
    let verdict =
        &verified.verification().comparison.as_ref().expect("compared").tables[&Name::new("own", "big")];
    assert!(
        matches!(verdict, TableVerdict::SampleEqual { rows: 50000, compared: 3000..7000 }),
        "{verdict:?}"
    );
    let role = verified.restored().expect("a copy").as_source_role();
    assert_eq!(ask(role, "SELECT current_user").await, "plain");
    assert_eq!(ask(role, "SELECT count(*) FROM own.big").await, "50000");
    let text = std::fs::read_to_string(verified.dir().join("manifest.json")).expect("a manifest");
    assert!(!text.contains("secret") && !format!("{verified:?}").contains("secret"));
}

#[tokio::test]
async fn a_given_server_keeps_nothing() {
    let place = Place::nasty().await;
    let source = place.connector();
    let other = Place::empty().await;
    let mut writer = other.writer().await;
    writer
        .batch("CREATE DATABASE pgrefit_restore_00000001")
        .await
        .expect("as if left behind by a killed run");
    writer.batch("CREATE ROLE maker LOGIN PASSWORD 'm' CREATEDB").await.expect("made");
    for role in ["postgres", "maker"] {
        let url = other.server.url("postgres").expose().to_owned();
        let (_, rest) = url.split_once('@').expect("a URL");
        let target = if role == "maker" {
            connector(&format!("postgresql://maker:m@{rest}"))
        } else {
            connector(&url)
        };
        let roles = "DO $$ BEGIN CREATE ROLE \"Owner \"\"X\"\"\"; CREATE ROLE app; CREATE ROLE readers; EXCEPTION WHEN duplicate_object THEN END $$";
        writer.batch(roles).await.expect("made");
        let options = VerifyOptions { target: Target::Server(target), thoroughness: Thoroughness::Full };
        let verified = place.with_job(&source, async |job| take_verified(job, &options).await).await;
        let verified = verified.unwrap_or_else(|error| panic!("{role}: {error}"));
        let privileges =
            &verified.verification().comparison.as_ref().expect("compared").privilege_differences;
        assert_eq!(privileges.is_some(), role == "postgres");
        let databases = "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgrefit\\_restore\\_%'";
        assert_eq!(ask(&other.connector(), databases).await, "1", "the abandoned one is gone, ours is there");
        drop(verified);
        assert_eq!(ask(&other.connector(), databases).await, "0");
    }
}

#[tokio::test]
async fn a_backup_can_be_restored_later_and_old_ones_go() {
    let place = Place::nasty().await;
    let source = place.connector();
    let verified =
        place.with_job(&source, async |job| take_verified(job, &place.full()).await).await.expect("verified");
    let mut ids = vec![verified.manifest().id.clone()];
    for _ in 0..3 {
        let taken = place.with_job(&source, async |job| take(job).await).await.expect("taken");
        assert!(taken.manifest.verification().is_none());
        ids.push(taken.manifest.id);
    }
    let identity = verified.manifest().source.clone();
    let old = prunable(&place.backups(), &identity, 1).expect("read");
    assert!(old.iter().all(|folder| folder.is_dir()), "they are only named");
    assert_eq!(old, [place.backups().join(&ids[1]), place.backups().join(&ids[2])]);
    assert_eq!(prune(&place.backups(), &identity, 1).expect("pruned"), old);
    let kept: Vec<_> =
        list(&place.backups()).expect("listed").into_iter().map(|one| one.manifest.id).collect();
    assert_eq!(kept, [ids[0].clone(), ids[3].clone()], "the only verified one stays");
    let foreign = pgrefit_backup::Identity { database: "other".into(), ..identity };
    assert!(prune(&place.backups(), &foreign, 0).expect("pruned").is_empty());
    let (target, mut place) = (place.scratch(), place);
    place.server.stop_mode(pgrefit_scratch::StopMode::Immediate).expect("the source is gone");
    let how = Restoring {
        target: &target,
        tools: place.tools(),
        jobs: 2,
        name: "pgrefit/test",
        limit: place.limits.tool,
        stop: &place.stop,
        on_event: &|_| {},
    };
    let restored = restore(verified.dir(), &how).await.expect("restored without its source");
    assert_eq!(ask(restored.as_superuser(), "SELECT count(*) FROM people").await, "2000");
    assert_eq!(place.names().len(), 2, "the workspace is gone");
}

/// Nobody has read it, but it must be of use in an emergency.
#[tokio::test]
async fn what_was_not_verified_is_restored_as_well() {
    let place = Place::nasty().await;
    let source = place.connector();
    let taken = place.with_job(&source, async |job| take(job).await).await.expect("taken");
    let target = place.scratch();
    let how = Restoring {
        target: &target,
        tools: place.tools(),
        jobs: 2,
        name: "pgrefit/test",
        limit: place.limits.tool,
        stop: &place.stop,
        on_event: &|_| {},
    };
    let restored = restore(&taken.dir, &how).await.expect("restored");
    assert_eq!(ask(restored.as_superuser(), "SELECT count(*) FROM people").await, "2000");
}
