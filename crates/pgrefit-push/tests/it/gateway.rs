//! A real push gateway, where one is installed.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pgrefit_push::{Target, to_pushgateway};

use super::{LIMIT, run, wait};

/// The gateway ends with this value.
struct Gateway {
    process: Child,
    port: u16,
}

impl Gateway {
    /// Nothing where none is installed, unless the environment says that it must be.
    fn start() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
        let Some(program) = folders.find_map(|folder| found(&folder)) else {
            assert!(std::env::var_os("PGREFIT_TEST_PROMETHEUS").is_none(), "there must be a push gateway");
            let _ = writeln!(std::io::stderr(), "skipped: this machine has no prometheus-pushgateway");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}")).stdin(Stdio::null());
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let gateway = Self { process, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(15), "the push gateway does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(gateway)
    }

    fn metrics(&self) -> String {
        use std::io::Read as _;
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        connection.set_read_timeout(Some(LIMIT)).unwrap();
        connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        text
    }
}

fn found(folder: &Path) -> Option<PathBuf> {
    ["prometheus-pushgateway", "pushgateway"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|file| file.is_file())
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_real_gateway_keeps_the_last_run_and_the_last_success() {
    let Some(gateway) = Gateway::start() else { return };
    let target = Target::parse(&format!("http://127.0.0.1:{}", gateway.port)).unwrap();
    let push = |code: u8, database: &str| wait(to_pushgateway(&target, &run(code, database), LIMIT)).unwrap();
    push(0, "shop");
    push(13, "shop");
    push(0, "a/b \"c\"");
    push(0, "");
    let metrics = gateway.metrics();
    let has = |line: &str| assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    has(
        "pgrefit_run_exit_code{command=\"migrate\",database=\"shop\",instance=\"\",job=\"pgrefit-migrate\"} 13",
    );
    has(
        "pgrefit_run_last_success_timestamp_seconds{command=\"migrate\",database=\"shop\",instance=\"\",job=\"pgrefit-migrate\"} 1.767323045e+09",
    );
    has(
        "pgrefit_run_exit_code{command=\"migrate\",database=\"a/b \\\"c\\\"\",instance=\"\",job=\"pgrefit-migrate\"} 0",
    );
    has("pgrefit_run_exit_code{command=\"migrate\",database=\"\",instance=\"\",job=\"pgrefit-migrate\"} 0");
}
