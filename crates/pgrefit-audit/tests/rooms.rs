//! The examples of checks, on real servers: `bad.sql` has what its first lines say that the check finds, `good.sql` has nothing.
//! Every check is asked each time, so that none of them breaks on a schema it was not made for.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use pgrefit_audit::{Check, Options, audit, checks};
use pgrefit_pg::census::{CensusOptions, census};
use pgrefit_pg::{Connector, Limits, Migrator, Settings};
use pgrefit_report::Status;
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};

/// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
fn servers() -> Vec<(u32, Server)> {
    let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
    let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
    let majors = versions.map(|version| version.parse().expect("PGREFIT_TEST_PG is a list of versions"));
    majors.map(|major| (major, server(major))).collect()
}

fn server(major: u32) -> Server {
    let own_file = tempfile::NamedTempFile::new().expect("a file");
    let uid = own_file.path().metadata().expect("metadata").uid();
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let home = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
    let bin_dir = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
    let search = Search { major: Some(major), bin_dir, ..Search::default() };
    let binaries = Binaries::find(&home, &search).expect("binaries");
    Server::start(&home, &binaries, &ServerOptions::default()).expect("the server starts")
}

fn connector(server: &Server, database: &str) -> Connector {
    let url = server.url(database);
    let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
    Connector::new(settings, "rooms".to_owned(), Limits::default())
}

async fn writer(server: &Server, database: &str) -> Migrator {
    connector(server, database).migrator().await.expect("a session")
}

/// What the first lines of an example say.
struct Header {
    finds: BTreeSet<String>,
    since: u32,
    needs: Vec<String>,
}

impl Header {
    fn of(script: &str) -> Self {
        let mut header = Self { finds: BTreeSet::new(), since: 0, needs: Vec::new() };
        for line in script.lines().map_while(|line| line.strip_prefix("-- ")) {
            match line.split_once(' ') {
                Some(("finds", object)) => drop(header.finds.insert(object.trim().to_owned())),
                Some(("since", major)) => header.since = major.trim().parse().expect("a major version"),
                Some(("needs", extension)) => header.needs.push(extension.trim().to_owned()),
                _ => {}
            }
        }
        header
    }
}

/// The objects that a check finds, and which checks broke.
type Found = (BTreeSet<String>, Vec<&'static str>);

/// Runs a script in a database of its own, and tells what is found in it.
async fn found(server: &Server, check: &'static Check, script: &str) -> Result<Found, String> {
    let mut postgres = writer(server, "postgres").await;
    postgres.batch("CREATE DATABASE room TEMPLATE template0").await.expect("created");
    let mut session = writer(server, "room").await;
    let ran = session.batch(script).await;
    drop(session);
    let found = match ran {
        Ok(()) => judged(server, check).await,
        Err(error) => Err(error.server().map_or(error.to_string(), |server| server.message.clone())),
    };
    postgres.batch("DROP DATABASE room WITH (FORCE)").await.expect("dropped");
    found
}

async fn judged(server: &Server, check: &'static Check) -> Result<Found, String> {
    let mut reader = connector(server, "room").read_only().await.expect("a session");
    let options = CensusOptions { deep: true, ..CensusOptions::default() };
    let census = census(&mut reader, &options).await.expect("a census");
    let verdicts = audit(&census, &Options::default(), |_| true);
    let broken = verdicts.iter().filter(|it| it.status == Status::Error).map(|it| it.check.id).collect();
    let own = verdicts.into_iter().find(|it| it.check.id == check.id).expect("it was asked");
    if own.status == Status::Blind {
        return Err(format!("is blind: {:?}", own.note));
    }
    Ok((own.findings.into_iter().filter_map(|it| it.object).collect(), broken))
}

async fn has(server: &Server, extensions: &[String]) -> bool {
    let mut session = writer(server, "postgres").await;
    for extension in extensions {
        let sql = format!("SELECT 1 FROM pg_available_extensions WHERE name = '{extension}'");
        if session.simple(&sql).await.expect("an answer").is_empty() {
            return false;
        }
    }
    true
}

/// What is wrong with the examples of a check on a server.
async fn faults(major: u32, server: &Server, check: &'static Check) -> Option<Vec<String>> {
    let example = check.example?;
    let header = Header::of(example.bad);
    if major < header.since || !has(server, &header.needs).await {
        return None;
    }
    let mut faults = Vec::new();
    for (name, script, expected) in
        [("bad.sql", example.bad, &header.finds), ("good.sql", example.good, &BTreeSet::new())]
    {
        let place = format!("{major} {} {name}", check.id);
        match found(server, check, script).await {
            Ok((objects, _)) if objects != *expected => {
                faults.push(format!("{place}: finds {objects:?}, says {expected:?}"));
            }
            Ok((_, broken)) if !broken.is_empty() => faults.push(format!("{place}: {broken:?} broke")),
            Ok(_) => {}
            Err(error) => faults.push(format!("{place}: {error}")),
        }
    }
    Some(faults)
}

/// What is wrong with all examples on one server, and which checks have an example that fits it.
fn all_faults(major: u32, server: Server) -> (Vec<String>, BTreeSet<&'static str>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (mut wrong, mut shown) = (Vec::new(), BTreeSet::new());
    for check in checks() {
        if let Some(faults) = runtime.block_on(faults(major, &server, check)) {
            shown.insert(check.id);
            wrong.extend(faults);
        }
    }
    server.stop().expect("the server stops");
    (wrong, shown)
}

#[test]
fn examples_are_what_they_say() {
    let (mut wrong, mut shown) = (Vec::new(), BTreeSet::new());
    std::thread::scope(|scope| {
        let servers = servers().into_iter();
        let each: Vec<_> =
            servers.map(|(major, server)| scope.spawn(move || all_faults(major, server))).collect();
        for one in each {
            let (faults, checks) = one.join().expect("the examples of a version");
            wrong.extend(faults);
            shown.extend(checks);
        }
    });
    let never = checks().filter(|check| check.example.is_some() && !shown.contains(check.id));
    wrong.extend(never.map(|check| format!("{} was shown on no server", check.id)));
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_example_says_what_is_found() {
    for check in checks() {
        if let Some(example) = check.example {
            assert!(!Header::of(example.bad).finds.is_empty(), "{}: bad.sql says nothing", check.id);
        }
    }
}
