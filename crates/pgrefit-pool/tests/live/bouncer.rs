//! Behind PgBouncer in transaction mode, where the machine has it: without names for statements, whatever its version.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pgrefit_pool::{Error, PoolConfig, Pooling, Retry};

use super::place::{Place, adds_up, closed, pool, skipped};

/// A pooler that ends with this value.
struct Bouncer {
    process: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Bouncer {
    async fn start(place: &Place, backends: u32) -> Option<Self> {
        let programs = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];
        let Some(program) = programs.into_iter().find(|path| Path::new(path).exists()) else {
            skipped("this machine has no PgBouncer");
            return None;
        };
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let dir = tempfile::Builder::new().prefix("pgb-").tempdir_in("/tmp").expect("a directory");
        let password = place.url().split([':', '@']).nth(2).expect("a password").to_owned();
        let (server, user) = (place.server.port(), place.server.user());
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={user} password={password}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
             default_pool_size = {backends}\n"
        );
        // The configuration has the password, so it is the account's alone.
        let owner = std::fs::metadata(place.server.data_dir()).expect("it is there");
        let file = dir.path().join("pgbouncer.ini");
        std::fs::write(&file, config).expect("written");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("chmod");
        for path in [&*file, dir.path()] {
            chown(path, Some(owner.uid()), Some(owner.gid())).expect("chown");
        }
        let mut command = Command::new(program);
        let silent =
            command.uid(owner.uid()).arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let bouncer = Self { process: silent.spawn().expect("it runs"), port, _dir: dir };
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Some(bouncer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PgBouncer does not listen");
    }

    fn url(&self) -> String {
        format!("postgres://any@127.0.0.1:{}/postgres", self.port)
    }
}

fn config() -> PoolConfig {
    PoolConfig { pooling: Pooling::Transaction, ..PoolConfig::named("test", 8) }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_work_on_whatever_backend() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int, word text)").await;
    let Some(bouncer) = Bouncer::start(&place, 3).await else { return };
    let pool = pool(&bouncer.url(), config());
    let tasks: Vec<_> = (0..8)
        .map(|task: i32| {
            let pool = pool.clone();
            tokio::spawn(async move {
                for round in 0..50 {
                    let connection = pool.get().await.expect("a connection");
                    let insert = "INSERT INTO public.t VALUES ($1, $2)";
                    connection.execute(insert, &[&(task * 100 + round), &"word"]).await.expect("inserted");
                    let row = connection
                        .query_one("SELECT $1::int8 + 1", &[&i64::from(round)])
                        .await
                        .expect("a row");
                    assert_eq!(row.get::<_, i64>(0), i64::from(round) + 1);
                    connection
                        .query_opt("SELECT id FROM public.t WHERE id = $1", &[&-1])
                        .await
                        .expect("none");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_eq!(observer.ask("SELECT count(*) FROM public.t").await, "400");
    let left = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
    assert_eq!(observer.ask(left).await, "0");
    assert!(
        pool.metrics().prepared.count() <= 24,
        "types are asked for once, or once by each task that was first"
    );
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

/// The first look-up prepares the driver's statement on one backend; a transaction of somebody else then takes that backend. A pooler
/// that keeps track of statements knows what to do; of others the error says what is the matter.
#[tokio::test(flavor = "multi_thread")]
async fn types_that_are_not_built_in_need_a_pooler_that_keeps_track() {
    let place = Place::one();
    place.observer().await.run("CREATE TYPE a AS ENUM ('x'); CREATE TYPE b AS ENUM ('x')").await;
    let Some(bouncer) = Bouncer::start(&place, 2).await else { return };
    let pool = pool(&bouncer.url(), config());
    let mut other = pool.get().await.expect("a connection");
    let connection = pool.get().await.expect("a connection");
    connection.query("SELECT 'x'::a", &[]).await.expect("looked up");
    let transaction = other.transaction().await.expect("begun");
    transaction.query("SELECT 1", &[]).await.expect("a row");
    match connection.query("SELECT 'x'::b", &[]).await {
        Ok(_) => {}
        Err(error @ Error::WrongBackend(_)) => assert!(error.hint().expect("a hint").contains("cast")),
        Err(other) => panic!("{other:?}"),
    }
    connection
        .query("SELECT 'x'::b::text WHERE 'x'::b = $1::text::b", &[&"x"])
        .await
        .expect("cast to what is built in");
    let error = connection.query("SELECT 1", &[&7]).await.expect_err("too many");
    assert!(matches!(error, Error::Parameters { wanted: 0, given: 1 }), "{error:?}");
}

/// A connection that was made clean is given back as it is: a reset would come to a backend that others use.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reset_there() {
    let place = Place::one();
    let Some(bouncer) = Bouncer::start(&place, 1).await else { return };
    let pool = pool(&bouncer.url(), config());
    let mut connection = pool.get().await.expect("a connection");
    let transaction = connection.transaction().await.expect("begun");
    transaction.batch_execute("SET LOCAL work_mem = '1MB'").await.expect("set");
    drop(transaction);
    drop(connection);
    adds_up(&pool).await;
    assert_eq!((pool.metrics().settled.count(), pool.metrics().resets[0].count()), (1, 0));
    assert_eq!(closed(&pool), []);
}

/// A function that runs into the same error as a statement whose types have changed has run before.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_run_is_not_run_again() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer
        .run(
            "CREATE SEQUENCE public.runs; CREATE FUNCTION public.f() RETURNS int LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM nextval('public.runs'); RETURN no_such_function(); END $$",
        )
        .await;
    let Some(bouncer) = Bouncer::start(&place, 1).await else { return };
    let pool = pool(&bouncer.url(), config());
    let connection = pool.get().await.expect("a connection");
    let error = connection.query("SELECT public.f()", &[]).await.expect_err("in the function");
    assert_eq!(error.sqlstate(), Some("42883"));
    assert_eq!(observer.ask("SELECT last_value FROM public.runs").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_schema_and_transactions_work_there_too() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t AS SELECT 1 AS id").await;
    let Some(bouncer) = Bouncer::start(&place, 2).await else { return };
    let pool = pool(&bouncer.url(), config());
    let select = "SELECT * FROM public.t WHERE id = $1";
    let connection = pool.get().await.expect("a connection");
    assert_eq!(connection.query(select, &[&1]).await.expect("rows")[0].len(), 1);
    observer.run("ALTER TABLE public.t ADD COLUMN a text").await;
    assert_eq!(connection.query(select, &[&1]).await.expect("rows")[0].len(), 2);
    observer.run("ALTER TABLE public.t ALTER COLUMN id TYPE text").await;
    let error = connection.query(select, &[&1]).await.expect_err("the value does not fit any more");
    assert!(matches!(error, Error::Statement(_)), "{error:?}");
    assert_eq!(connection.query(select, &[&"1"]).await.expect("the types are asked for again").len(), 1);
    drop(connection);
    let inserted = pool
        .transaction(Retry::default(), |transaction| {
            Box::pin(async move { transaction.execute("INSERT INTO public.t VALUES ($1)", &[&"2"]).await })
        })
        .await
        .expect("committed");
    assert_eq!(inserted, 1);
    pool.get().await.expect("a connection").query("SELECT nonsense($1)", &[&1]).await.expect_err("an error");
    assert_eq!(observer.ask("SELECT count(*) FROM public.t").await, "2");
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}
