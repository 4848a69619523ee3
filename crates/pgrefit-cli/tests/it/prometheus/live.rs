//! A real Prometheus scrapes the exporter, an application with pools, and the push gateway that runs were pushed to: every
//! target is up, every family of the catalogue has a series, every panel of the dashboard has data, every rule can be evaluated.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use pgrefit_metrics::{Kind, catalogue};
use serde_json::Value;

use super::http;
use super::program::{Program, Prometheus, find, missing, port};
use crate::harness::{Database, Folder, Pgrefit, pgrefit};

/// How long everything may take to be there, from the first scrape on.
const LIMIT: Duration = Duration::from_secs(90);

const V1: &str = "\
CREATE TABLE books (id int PRIMARY KEY, title text NOT NULL);
CREATE TABLE events (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
";

const CONFIG: &str = "
[[queries]]
name = 'book-by-id'
sql = 'SELECT title FROM books WHERE id = $1'
args = [['1']]
budget = '500ms'

[[partition]]
table = 'events'
key = 'at'
interval = 'month'
";

/// A database with everything that the exporter tells of: runs on record, a verified backup, measured queries, partitions.
struct Scene {
    database: Database,
    folder: Folder,
    gateway: Program,
}

impl Scene {
    fn new(gateway: &Path) -> Self {
        let folder = Folder::new(&[("V1__all.sql", V1)]);
        std::fs::write(folder.path().join("pgrefit.toml"), CONFIG).unwrap();
        let port = port();
        let mut command = Command::new(gateway);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let gateway = Program::start(command, port, &folder.path().join("gateway.log"));
        let scene = Self { database: Database::new(), folder, gateway };
        scene.run(&["migrate"]).run().expect(0);
        scene.run(&["partition", "maintain"]).run().expect(0);
        scene.folder.write("V2__more.sql", "ALTER TABLE books ADD COLUMN note text;");
        scene.run(&["migrate"]).without("PGREFIT_POLICY_ENVIRONMENT").run().expect(0);
        scene.run(&["audit", "--fail-on", "none"]).run();
        scene
    }

    fn run(&self, arguments: &[&str]) -> Pgrefit {
        let call = pgrefit(arguments).on(&self.database).inside(self.folder.path());
        call.env("PGREFIT_PUSHGATEWAY", format!("http://127.0.0.1:{}", self.gateway.port))
    }

    fn exporter(&self) -> Program {
        let port = port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgrefit"));
        command
            .args(["serve", "--every", "1s", "--listen", &format!("127.0.0.1:{port}")])
            .current_dir(self.folder.path());
        command.env("DATABASE_URL", self.database.url()).env("PGREFIT_POLICY_ENVIRONMENT", "production");
        Program::start(command, port, &self.folder.path().join("exporter.log"))
    }

    fn application(&self, binary: &Path) -> Program {
        let port = port();
        let mut command = Command::new(binary);
        command.env("DATABASE_URL", self.database.url()).env("LISTEN", format!("127.0.0.1:{port}"));
        Program::start(command, port, &self.folder.path().join("application.log"))
    }
}

/// The example of pgrefit-pool, which is built together with the tests of the workspace.
fn application() -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_BIN_EXE_pgrefit")).with_file_name("examples").join("axum");
    if built.is_file() { Some(built) } else { missing("example axum of pgrefit-pool beside the binary") }
}

/// The title of each panel with its expressions, variables filled in.
fn panels() -> Vec<(String, String)> {
    let dashboard =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../k8s/components/monitoring/dashboard.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(dashboard).unwrap()).unwrap();
    let filled =
        |text: &str| text.replace("$database", ".*").replace("$pool", ".*").replace("$__rate_interval", "5m");
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            found.push((panel["title"].to_string(), filled(target["expr"].as_str().unwrap())));
        }
    }
    assert!(found.len() > 40);
    found
}

/// What is not there yet; empty when all is.
fn lacking(prometheus: &Prometheus) -> Vec<String> {
    let mut lacking = Vec::new();
    for job in ["exporter", "application", "gateway"] {
        let up = prometheus.query(&format!("up{{job=\"{job}\"}} == 1"));
        if up.is_empty() {
            lacking.push(format!("{job} is not up"));
        }
    }
    let names = prometheus.names();
    for family in catalogue() {
        let end = if family.kind == Kind::Histogram { "_bucket" } else { "" };
        let name = format!("{}{end}", family.name);
        if !names.contains(&name) {
            lacking.push(format!("{name} has no series"));
        }
    }
    if lacking.is_empty() {
        let empty = panels().into_iter().filter(|(_, expression)| prometheus.query(expression).is_empty());
        lacking.extend(empty.map(|(title, expression)| format!("{title} has no data: {expression}")));
    }
    lacking
}

/// What `promtool` finds in the metrics of a target.
fn lint(promtool: &Path, target: &Program, what: &str) {
    let metrics = http::get(target.port, "/metrics").unwrap();
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut checked = command.spawn().unwrap();
    checked.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = checked.wait_with_output().unwrap();
    assert!(output.status.success(), "{what}: {}\n{metrics}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn everything_is_scraped_and_shown() {
    let programs = ["prometheus", "promtool", "prometheus-pushgateway"].map(find);
    let [Some(prometheus), Some(promtool), Some(gateway)] = programs else { return };
    let Some(application) = application() else { return };
    let scene = Scene::new(&gateway);
    let application = scene.application(&application);
    let exporter = scene.exporter();
    let targets =
        [("exporter", exporter.port), ("application", application.port), ("gateway", scene.gateway.port)];
    let prometheus = Prometheus::start(&prometheus, scene.folder.path(), &targets);
    let began = Instant::now();
    loop {
        for path in ["/visits/home", "/report"] {
            http::get(application.port, path).expect("the application answers");
        }
        let lacking = lacking(&prometheus);
        if lacking.is_empty() {
            break;
        }
        assert!(began.elapsed() < LIMIT, "after {LIMIT:?}:\n{}", lacking.join("\n"));
        thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(prometheus.broken_rules(), [""; 0]);
    lint(&promtool, &exporter, "the exporter");
    lint(&promtool, &application, "the application");
}
