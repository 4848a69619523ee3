//! Everything at once: the server restarts, backends are terminated, the network is cut, the pool is exhausted, its size changes.
//!
//! Afterwards nothing is in use, nobody waits, and the metrics add up to what the tasks have counted themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pgrefit_pool::{Error, Phase, Pool, PoolConfig};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::place::{Place, adds_up, closed, pool};

/// A network that can be cut: everything that passes stops, and nothing gets through until it is mended.
struct Network {
    port: u16,
    is_cut: watch::Sender<bool>,
}

impl Network {
    async fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let is_cut = watch::Sender::new(false);
        let cuts = is_cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server_port, cuts.subscribe()));
            }
        });
        Self { port, is_cut }
    }
}

async fn pass(mut client: TcpStream, server_port: u16, mut cut: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server_port)).await else { return };
    let is_cut = async { drop(cut.wait_for(|is_cut| *is_cut).await) };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        // Both ends stay open and hear nothing: a cable that is pulled out, not a connection that is closed.
        () = is_cut => tokio::time::sleep(Duration::from_secs(3)).await,
    }
}

/// What the tasks saw.
#[derive(Default)]
struct Seen {
    got: AtomicU64,
    waited_in_vain: AtomicU64,
    not_opened: AtomicU64,
    not_opened_in_time: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
}

impl Seen {
    fn add(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn of(count: &AtomicU64) -> u64 {
        count.load(Ordering::Relaxed)
    }
}

async fn work(pool: Pool, seen: Arc<Seen>, stop: Arc<AtomicBool>, task: usize) {
    let mut round = task;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        match pool.get().await {
            Ok(connection) => {
                Seen::add(&seen.got);
                use_it(connection, &seen, round).await;
            }
            Err(error) => refused(&error, &seen).await,
        }
    }
}

async fn refused(error: &Error, seen: &Seen) {
    match error {
        Error::WaitTimeout { .. } => Seen::add(&seen.waited_in_vain),
        Error::CreateTimeout { .. } | Error::Create { .. } if error.is_timeout() => {
            Seen::add(&seen.not_opened_in_time);
        }
        Error::Create { .. } => Seen::add(&seen.not_opened),
        other => panic!("{other:?}"),
    }
    let text = error.to_string();
    assert!(text.contains("while waiting for one") || text.contains("while opening one"), "{text}");
    tokio::time::sleep(Duration::from_millis(5)).await;
}

/// Queries, errors, forgotten transactions, settings, and answers that nobody waits for.
async fn use_it(mut connection: pgrefit_pool::Connection, seen: &Seen, round: usize) {
    let limit = Duration::from_millis(if round.is_multiple_of(50) { 5 } else { 500 });
    let used = tokio::time::timeout(limit, async {
        match round % 10 {
            0 => connection.query("SELECT pg_catalog.pg_sleep(0.02)", &[]).await.map(drop),
            1 => connection.batch_execute("BEGIN; SELECT 1").await,
            2 => connection.batch_execute("SET work_mem = '1MB'").await,
            3 => connection.query("SELECT 1/0", &[]).await.map(drop).or(Ok(())),
            4 => {
                let transaction = connection.transaction().await?;
                transaction.query("SELECT 1", &[]).await.map(drop)
            }
            _ => connection.query_one("SELECT $1::int8", &[&1_i64]).await.map(drop),
        }
    });
    match used.await {
        Ok(Ok(())) => Seen::add(&seen.done),
        Ok(Err(_)) => Seen::add(&seen.failed),
        Err(_) => Seen::add(&seen.given_up),
    }
}

/// Breaks things until the time is over. Returns the place in working order.
async fn break_things(mut place: Place, network: &Network, pool: &Pool, until: Instant) -> Place {
    let mut turn = 0;
    while Instant::now() < until {
        match turn % 5 {
            0 => {
                let mut observer = place.observer().await;
                let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgrefit-pool%'";
                observer.run(all).await;
            }
            1 => {
                network.is_cut.send_replace(true);
                tokio::time::sleep(Duration::from_millis(300)).await;
                network.is_cut.send_replace(false);
            }
            2 => {
                let restarted = tokio::task::spawn_blocking(move || {
                    place.server.restart().expect("restarted");
                    place
                });
                place = restarted.await.expect("no panic");
            }
            3 => pool.resize(2).expect("smaller"),
            _ => pool.resize(4).expect("larger"),
        }
        turn += 1;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    pool.resize(4).expect("as before");
    place
}

async fn torture(time: Duration) {
    let place = Place::one();
    let network = Network::to(place.server.port()).await;
    let login = place.url().split('@').next().expect("a login").to_owned();
    let url = format!("{login}@127.0.0.1:{}/postgres?sslmode=disable", network.port);
    let pool = pool(
        &url,
        PoolConfig {
            connections_min: 1,
            wait_timeout: Duration::from_millis(200),
            create_timeout: Duration::from_millis(500),
            recycle_timeout: Duration::from_millis(200),
            check_after: Duration::from_millis(50),
            lifetime_max: Duration::from_secs(2),
            ..PoolConfig::named("tortured", 4)
        },
    );
    let (seen, stop) = (Arc::<Seen>::default(), Arc::<AtomicBool>::default());
    let tasks: Vec<_> = (0..1_000)
        .map(|task| tokio::spawn(work(pool.clone(), Arc::clone(&seen), Arc::clone(&stop), task)))
        .collect();
    let place = break_things(place, &network, &pool, Instant::now() + time).await;
    stop.store(true, Ordering::Relaxed);
    let ended = tokio::time::timeout(Duration::from_secs(20), futures_util::future::join_all(tasks)).await;
    ended.expect("no deadlock").into_iter().for_each(|task| task.expect("no panic"));
    adds_up(&pool).await;
    tell(&pool, &seen);
    compare(&pool, &seen);
    let connection = pool.get().await.expect("the pool is well");
    connection.query("SELECT 1", &[]).await.expect("and its connections are");
    drop(connection);
    assert_eq!(pool.close(Duration::from_secs(5)).await, 0);
    assert_eq!(pool.status().open, 0);
    let mut observer = place.observer().await;
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgrefit-pool%'";
    observer.time_until(backends, "0").await;
}

#[expect(clippy::print_stdout, reason = "the figures, for whoever asks the test runner for the output")]
fn tell(pool: &Pool, seen: &Seen) {
    println!(
        "got {}, waited in vain {}, not opened {}, not in time {}; done {}, failed {}, given up {}; opened {}, closed {:?}",
        Seen::of(&seen.got),
        Seen::of(&seen.waited_in_vain),
        Seen::of(&seen.not_opened),
        Seen::of(&seen.not_opened_in_time),
        Seen::of(&seen.done),
        Seen::of(&seen.failed),
        Seen::of(&seen.given_up),
        pool.metrics().create.count(),
        closed(pool)
    );
}

/// The counters are exactly what the tasks have seen.
fn compare(pool: &Pool, seen: &Seen) {
    let metrics = pool.metrics();
    assert_eq!(metrics.wait.count(), Seen::of(&seen.got));
    assert_eq!(metrics.timeouts(Phase::Wait).count(), Seen::of(&seen.waited_in_vain));
    let used = Seen::of(&seen.done) + Seen::of(&seen.failed) + Seen::of(&seen.given_up);
    assert_eq!(metrics.hold.count(), used);
    // The keeper, too, may fail to open one.
    let not_opened = Seen::of(&seen.not_opened) + Seen::of(&seen.not_opened_in_time);
    assert!(metrics.connect_errors_in_all() >= not_opened);
    assert!(metrics.timeouts(Phase::Create).count() >= Seen::of(&seen.not_opened_in_time));
    assert!(Seen::of(&seen.done) > 100 && Seen::of(&seen.given_up) > 0 && Seen::of(&seen.waited_in_vain) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_eight_bad_seconds() {
    torture(Duration::from_secs(8)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: cargo test -p pgrefit-pool -- --ignored minute"]
async fn nothing_is_lost_in_a_bad_minute() {
    torture(Duration::from_mins(1)).await;
}
