//! A name server that says nothing: what the pool waits for then, and what is left of it.
//!
//! The test starts itself again in a mount namespace of its own, where `/etc/resolv.conf` names a socket that it listens on and
//! never answers. That needs root, and a kernel that lets it.

use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pgrefit_pool::{Error, Phase, PoolConfig};

use super::place::{pool, skipped};

const INSIDE: &str = "PGREFIT_TEST_SILENT_NAMES";
/// An address of this machine that nobody else serves names on.
const NAME_SERVER: &str = "127.53.53.53";
const REQUESTS: usize = 20;

#[test]
fn a_silent_name_server_costs_no_more_than_the_time_to_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let resolv = folder.path().join("resolv.conf");
    std::fs::write(&resolv, format!("nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n"))
        .expect("written");
    let own = std::env::current_exe().expect("this program");
    let script = "mount --bind \"$0\" /etc/resolv.conf || exit 77; exec \"$@\"";
    let mut inside = Command::new("unshare");
    inside.args(["--mount", "--propagation", "private", "sh", "-c", script]).arg(&resolv).arg(own);
    inside.args(["--exact", "names::inside", "--ignored", "--nocapture"]).env(INSIDE, "1");
    let Ok(output) = inside.stdin(Stdio::null()).output() else {
        return skipped("there is no program unshare");
    };
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if said.contains("unshare failed") || output.status.code() == Some(77) {
        return skipped("this user may not have a mount namespace of its own");
    }
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Runs inside of the namespace only.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by the test beside it"]
async fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return skipped("not in a namespace of its own");
    }
    let name_server = UdpSocket::bind((NAME_SERVER, 53)).expect("bound");
    let limit = Duration::from_millis(300);
    let config = PoolConfig {
        wait_timeout: Duration::from_millis(700),
        create_timeout: limit,
        ..PoolConfig::named("test", 4)
    };
    let pool = pool("postgres://u:secret@database.example.invalid/d?sslmode=disable", config);
    let began = Instant::now();
    let asking = (0..REQUESTS).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { pool.get().await.expect_err("no address") })
    });
    let mut phases = [0_u64; 2];
    for request in asking.collect::<Vec<_>>() {
        match request.await.expect("no panic") {
            Error::WaitTimeout { .. } => phases[1] += 1,
            error if error.is_timeout() && error.to_string().contains("while opening one") => phases[0] += 1,
            other => panic!("{other:?}"),
        }
    }
    // In the queue, and then opening: one after the other, each with its bound.
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(phases[0] >= 4 && phases[0] + phases[1] == REQUESTS as u64, "{phases:?}");
    let metrics = pool.metrics();
    let counted = [metrics.timeouts(Phase::Create).count(), metrics.timeouts(Phase::Wait).count()];
    assert_eq!(counted, phases, "each is counted once, by its phase");
    assert_eq!((pool.status().used, pool.status().waiting, pool.status().open), (0, 0, 0));
    let mut question = [0; 512];
    name_server.set_nonblocking(true).expect("set");
    assert!(name_server.recv(&mut question).is_ok(), "it was this name server that was asked");
}
