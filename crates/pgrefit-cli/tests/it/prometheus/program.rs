//! Programs of Prometheus, and others that listen: started, waited for, and ended with the value.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::http;
use crate::concurrency::until;

/// An installed program; nothing where it is not, unless the environment says that it must be.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.or_else(|| missing(name))
}

/// That something is left out is said, or is a failure.
pub(super) fn missing(what: &str) -> Option<PathBuf> {
    assert!(std::env::var_os("PGREFIT_TEST_PROMETHEUS").is_none(), "there must be {what}");
    let _ = writeln!(std::io::stderr(), "skipped: there is no {what}");
    None
}

/// A port that nobody listens on.
pub(super) fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program that listens.
pub(super) struct Program {
    process: Child,
    pub(super) port: u16,
}

impl Program {
    /// Starts it with its output in a file, and waits until it listens.
    pub(super) fn start(mut command: Command, port: u16, log: &Path) -> Self {
        let file = std::fs::File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let mut program = Self { process: command.spawn().unwrap(), port };
        until("a program listens", Duration::from_secs(30), || {
            let ended = program.process.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?}: {}", std::fs::read_to_string(log).unwrap_or_default());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        program
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A Prometheus with our rules.
pub(super) struct Prometheus(Program);

impl Prometheus {
    /// Scrapes these targets, by job, every second.
    pub(super) fn start(binary: &Path, folder: &Path, targets: &[(&str, u16)]) -> Self {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../k8s/components/monitoring/rules.yaml");
        let mut config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\nscrape_configs:\n",
            rules.display()
        );
        for (job, port) in targets {
            let place = format!("[{{targets: ['127.0.0.1:{port}']}}]");
            writeln!(config, "  - {{job_name: {job}, honor_labels: true, static_configs: {place}}}").unwrap();
        }
        std::fs::write(folder.join("prometheus.yaml"), config).unwrap();
        let port = port();
        let mut command = Command::new(binary);
        command.arg(format!("--config.file={}", folder.join("prometheus.yaml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}")).args(["--log.level=warn"]);
        Self(Program::start(command, port, &folder.join("prometheus.log")))
    }

    /// The data of an answer of its API.
    fn data(&self, path: &str) -> Option<Value> {
        let answer: Value = serde_json::from_str(&http::get(self.0.port, path)?).ok()?;
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        Some(answer["data"].clone())
    }

    /// The series of an instant query.
    pub(super) fn query(&self, expression: &str) -> Vec<Value> {
        let data = self.data(&format!("/api/v1/query?query={}", http::encoded(expression)));
        data.and_then(|data| data["result"].as_array().cloned()).unwrap_or_default()
    }

    /// The names of all series.
    pub(super) fn names(&self) -> Vec<String> {
        let data = self.data("/api/v1/label/__name__/values").unwrap_or_default();
        let names = data.as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// The rules that Prometheus could not evaluate, with what it says.
    pub(super) fn broken_rules(&self) -> Vec<String> {
        let data = self.data("/api/v1/rules").unwrap_or_default();
        let groups = data["groups"].as_array().cloned().unwrap_or_default();
        assert!(!groups.is_empty(), "the rules are loaded");
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
        rules.filter(|rule| rule["health"] == "err").map(|rule| rule.to_string()).collect()
    }
}
