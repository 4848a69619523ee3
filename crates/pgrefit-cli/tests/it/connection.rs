//! Ways to a database, and every way not to get there: one exit code, one clear message, what to do about it, and never
//! a password.

mod tls_proxy;

use std::fs::{self, Permissions};
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, Instant};

use pgrefit_scratch::{Home, Options, Server};
use tempfile::TempDir;

use crate::harness::{Database, Folder, Pgrefit, Ran, pgrefit};
use tls_proxy::Authority;

const SETTLED: &[(&str, &str)] = &[("V1__first.sql", "CREATE TABLE first (id int);\n")];

/// A database, files, and a home directory with nothing in it.
struct Place {
    database: Database,
    folder: Folder,
    home: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { database: Database::new(), folder: Folder::new(SETTLED), home: tempfile::tempdir().unwrap() }
    }

    fn port(&self) -> u16 {
        self.database.server.port()
    }

    /// The URL of the superuser with a part of it replaced.
    fn url(&self, part: &str, by: &str) -> String {
        let url = self.database.url();
        assert!(url.contains(part), "{part} is no part of the URL");
        url.replacen(part, by, 1)
    }

    /// The URL with another address: `host:port`.
    fn url_at(&self, address: &str) -> String {
        self.url(&format!("127.0.0.1:{}", self.port()), address)
    }

    /// A command that says all it can.
    fn command(&self, name: &str) -> Pgrefit {
        let command = pgrefit([name, "-vvv"]).inside(self.folder.path()).env("HOME", self.home.path());
        command.secret(&self.database.password())
    }

    fn status(&self, url: &str) -> Ran {
        self.command("status").env("DATABASE_URL", url).run()
    }

    /// Writes a file that only its owner may read.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    }

    /// Makes a role that may log in, and returns its name.
    fn role(&self, password: &str) -> &str {
        let name = &self.database.name;
        let literal = password.replace('\'', "''");
        self.database.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD '{literal}'"));
        name
    }
}

/// The call failed with this code, one message that holds the parts, and a hint.
#[track_caller]
fn fails(ran: Ran, code: i32, parts: &[&str]) {
    let ran = ran.expect(code);
    let lines = |start: &str| ran.stderr.lines().filter(|line| line.trim_start().starts_with(start)).count();
    assert_eq!((lines("error:"), lines("hint:")), (1, 1), "one message, one hint: {}", ran.stderr);
    ran.says(parts);
}

#[test]
fn what_cannot_be_reached() {
    let place = Place::new();
    let name = place.database.name.clone();
    let password = place.database.password();
    let check = |url: String, code, parts: &[&str]| fails(place.status(&url), code, parts);
    check(
        place.url(&password, "wrong-password"),
        17,
        &["failed to log in", "\"postgres\"", "check the user and the password"],
    );
    check(place.url(&format!(":{password}"), ""), 17, &["failed to log in", "PGPASSWORD"]);
    check(place.url("//postgres:", "//nobody-here:"), 17, &["failed to log in", "\"nobody-here\""]);
    check(place.url_at("127.0.0.1:1"), 75, &["failed to reach 127.0.0.1:1", "check that the server runs"]);
    check(place.url_at("no-such-host.invalid:5432"), 75, &["failed to reach no-such-host.invalid:5432"]);
    check(
        place.url(&name, "no_such_db"),
        2,
        &["failed to open the database \"no_such_db\"", "check the name"],
    );
    check(place.database.url() + "?sslmode=require", 17, &["failed to set up TLS", "the server has no TLS"]);
    check(
        place.database.url() + "?sslmod=require",
        2,
        &["unknown key \"sslmod\"", "did you mean \"sslmode\"?"],
    );
    check(place.database.url() + "?sslmode=requier", 2, &["sslmode", "did you mean \"require\"?"]);
    check(
        place.url("postgresql://", "mysql://"),
        2,
        &["begins neither with postgres:// nor with postgresql://"],
    );
    check(place.url_at("127.0.0.1:notaport"), 2, &["the port is not a number"]);
    check(
        place.database.url() + "?target_session_attrs=standby",
        75,
        &["failed to find a standby server", "change target_session_attrs"],
    );
}

#[test]
fn nobody_says_which_database() {
    let place = Place::new();
    let parts: &[&str] = &["no database is named", "set DATABASE_URL", "pgrefit scratch start"];
    fails(place.command("status").env("USER", "somebody").run(), 2, parts);
    let nobody = ["USER", "LOGNAME", "USERNAME"];
    let command = nobody.into_iter().fold(place.command("status"), |command, name| command.env(name, ""));
    fails(command.run(), 2, parts);
}

/// Nothing of a URL that cannot be read is repeated: any part of it may be the password.
#[test]
fn a_url_that_cannot_be_read_is_not_repeated() {
    let place = Place::new();
    let check = |url: &str| {
        let ran = place.command("status").secret("hunter2").secret("secret").env("DATABASE_URL", url).run();
        fails(ran, 2, &["failed to understand the connection settings"]);
    };
    check("postgres://me:hunter2/secret@127.0.0.1/db");
    check("postgres://me:hunter2@secret@127.0.0.1/db");
    check("postgres://me:hunter2%zzsecret@127.0.0.1/db");
    check("host=127.0.0.1 password='hunter2 secret");
    check("hunter2 secret");
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let place = Place::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = place.url_at(&silent.local_addr().unwrap().to_string()) + "?connect_timeout=1";
    let started = Instant::now();
    fails(place.status(&url), 75, &["within 1000 ms", "check that the server runs"]);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn ways_that_work() {
    let place = Place::new();
    let check = |url: String| {
        place.status(&url).expect(0).shows(&["V1__first"]);
    };
    let port = place.port();
    check(place.database.url());
    check(place.url("postgresql://", "postgres://"));
    check(place.url_at(&format!("localhost:{port}")));
    check(place.database.url() + "?sslmode=prefer");
    check(place.database.url() + "?sslmode=allow");
    check(place.database.url() + "?sslmode=disable&application_name=me");
    check(place.database.url() + "?target_session_attrs=read-write");
    check(place.url_at(&format!("127.0.0.1:1,127.0.0.1:{port}")));
    check(place.url_at(&format!("no-such-host.invalid,127.0.0.1:{port}").replace(',', ":1,")));
    let sockets = place.database.server.host_socket_dir().display().to_string().replace('/', "%2F");
    check(place.url_at(&format!("{sockets}:{port}")));
    let (password, name) = (place.database.password(), &place.database.name);
    check(format!("host=127.0.0.1 port={port} user=postgres password={password} dbname={name}"));
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        check(place.url_at(&format!("[::1]:{port}")));
    }
}

#[test]
fn a_url_in_a_file() {
    let place = Place::new();
    let file = place.file("url", &format!("{}\n", place.database.url()));
    place.command("status").env("DATABASE_URL_FILE", &file).run().expect(0);
    let status = |words: &[&str]| pgrefit(words).inside(place.folder.path()).secret(&place.database.password());
    status(&["status", "--database-url-file", &file]).run().expect(0);
    // A URL that is given wins, and the file is not read.
    let elsewhere = place.file("elsewhere", "postgres://127.0.0.1:1/d");
    place.command("status").env("DATABASE_URL_FILE", &elsewhere).on(&place.database).run().expect(0);
    let command = |file: &str| place.command("status").secret("hunter2").env("DATABASE_URL_FILE", file).run();
    fails(command("/no/such/file"), 2, &["failed to read a URL from /no/such/file", "No such file"]);
    let two = place.file("two", "postgres://u:hunter2@h/d\npostgres://u:hunter2@h/e\n");
    fails(command(&two), 2, &["it must hold one line, the URL"]);
}

#[test]
fn a_password_of_strange_characters() {
    let place = Place::new();
    let password = "p@ss:w/rd% ü'\"";
    let role = place.role(password);
    let encoded = "p%40ss%3Aw%2Frd%25%20%C3%BC%27%22";
    let url = place.database.url_as(role, encoded);
    let command = || place.command("status").secret(password).secret(encoded);
    command().env("DATABASE_URL", &url).run().expect(0);
    let bare = place.database.url_as(role, "").replace(":@", "@");
    command().env("DATABASE_URL", &bare).env("PGPASSWORD", password).run().expect(0);
    let line = format!("*:*:*:*:{}\n", password.replace(':', "\\:"));
    command().env("DATABASE_URL", &bare).env("PGPASSFILE", place.file("pass", &line)).run().expect(0);
    let wrong = command().env("DATABASE_URL", place.database.url_as(role, &encoded.replace("%40", "%41")));
    fails(wrong.run(), 17, &["failed to log in", "check the user and the password"]);
}

#[test]
fn libpq_variables_instead_of_a_url() {
    let place = Place::new();
    let port = place.port().to_string();
    let (password, name) = (place.database.password(), place.database.name.clone());
    let command = || {
        let command = place.command("status").env("PGHOST", "127.0.0.1").env("PGPORT", &port);
        command.env("PGUSER", "postgres").env("PGDATABASE", &name)
    };
    command().env("PGPASSWORD", &password).run().expect(0).shows(&["V1__first"]);
    command()
        .env("PGPASSFILE", place.file("one", &format!("127.0.0.1:{port}:{name}:postgres:{password}\n")))
        .run()
        .expect(0);
    place.file(".pgpass", &format!("# mine\n*:{port}:*:postgres:{password}\n"));
    command().run().expect(0);
    fails(
        command().env("PGPASSFILE", place.file("other", "elsewhere:*:*:*:x\n")).run(),
        17,
        &["failed to log in"],
    );
    fails(command().env("PGPORT", "notaport").run(), 2, &["port is not a number", "PGPORT"]);

    let service = place.file(
        "services",
        &format!("[here]\nhost=127.0.0.1\nport={port}\nuser=postgres\npassword={password}\ndbname={name}\n"),
    );
    let command = |service_name: &str| {
        place.command("status").env("PGSERVICEFILE", &service).env("PGSERVICE", service_name)
    };
    command("here").run().expect(0).shows(&["V1__first"]);
    fails(command("there").run(), 2, &["the service \"there\" is defined in no service file"]);
}

/// As in libpq a password file that others may read is not used; whoever wonders is told.
#[test]
fn a_password_file_that_others_may_read_is_not_used() {
    let place = Place::new();
    let file = place.file("pass", &format!("*:*:*:*:{}\n", place.database.password()));
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let url = place.url(&format!(":{}", place.database.password()), "");
    let ran = place.command("status").env("DATABASE_URL", url).env("PGPASSFILE", &file).run();
    fails(ran, 17, &[&file, "failed to log in"]);
}

/// A server behind a proxy with TLS.
fn behind_tls(place: &Place, port: u16, query: &str) -> Ran {
    place.status(&format!(
        "{}?hostaddr=127.0.0.1&channel_binding=disable&{query}",
        place.url_at(&format!("db.example:{port}"))
    ))
}

#[test]
fn certificates() {
    let place = Place::new();
    let (authority, stranger) = (Authority::new(), Authority::new());
    let root = place.file("root.crt", &authority.pem());
    let other = place.file("other.crt", &stranger.pem());
    let port = tls_proxy::start("db.example", Some(&authority), place.port());
    let works = |port, query: &str| {
        behind_tls(&place, port, query).expect(0);
    };
    let check = |port, query: &str, parts: &[&str]| fails(behind_tls(&place, port, query), 17, parts);
    works(port, "sslmode=require");
    works(port, &format!("sslmode=verify-ca&sslrootcert={root}"));
    works(port, &format!("sslmode=verify-full&sslrootcert={root}"));
    check(
        port,
        &format!("sslmode=verify-full&sslrootcert={other}"),
        &["failed to set up TLS", "not in sslrootcert"],
    );
    check(port, "sslmode=verify-full&sslrootcert=system", &["failed to set up TLS", "sslrootcert"]);

    let misnamed = tls_proxy::start("other.example", Some(&authority), place.port());
    works(misnamed, &format!("sslmode=verify-ca&sslrootcert={root}"));
    check(
        misnamed,
        &format!("sslmode=verify-full&sslrootcert={root}"),
        &["failed to set up TLS", "the certificate is for another name"],
    );

    let own = tls_proxy::start("db.example", None, place.port());
    works(own, "sslmode=require");
    check(own, &format!("sslmode=verify-full&sslrootcert={root}"), &["failed to set up TLS"]);

    let none = behind_tls(&place, port, "sslmode=verify-full");
    fails(none, 2, &["failed to find a root certificate", "sslrootcert=<file>"]);
    let absent = behind_tls(&place, port, "sslmode=verify-full&sslrootcert=/absent.crt");
    fails(absent, 2, &["sslrootcert is unreadable"]);
}

#[test]
fn a_role_without_privileges() {
    let place = Place::new();
    let url = place.database.url_as(place.role("modest-password"), "modest-password");
    place.database.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let run = |name: &str| place.command(name).secret("modest-password").env("DATABASE_URL", &url).run();
    run("status").expect(0);
    fails(run("migrate"), 17, &["permission denied for schema public", "have the privilege granted"]);
    assert!(!place.database.has_table("refinery_schema_history") && !place.database.has_table("first"));

    place.database.sql(&format!("GRANT CREATE ON SCHEMA public TO {}", place.database.name));
    place.folder.write("V2__foreign.sql", "CREATE TABLE mine (id int);\nCREATE SCHEMA other;\n");
    fails(
        run("migrate"),
        17,
        &["failed to apply V2__foreign", "permission denied for database", "V2__foreign.sql:2"],
    );
    assert_eq!(place.database.history(), ["1:first"]);
    assert!(!place.database.has_table("mine"));

    place.database.sql("REVOKE ALL ON refinery_schema_history FROM PUBLIC; ALTER TABLE refinery_schema_history OWNER TO postgres");
    fails(
        run("status"),
        17,
        &["permission denied for table refinery_schema_history", "have the privilege granted"],
    );
}

/// A database that takes no writes, for now: nothing is done, and the message says which of the two it is.
#[test]
fn a_database_that_is_read_only() {
    let place = Place::new();
    let name = &place.database.name;
    place.database.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let url = place.database.url();
    place.status(&url).expect(0);
    let run = |url: &str| place.command("migrate").env("DATABASE_URL", url).run();
    fails(run(&url), 75, &["read-only", "default_transaction_read_only"]);
    let url = format!("{url}?target_session_attrs=read-write");
    fails(run(&url), 75, &["failed to find a read-write server", "target_session_attrs"]);
}

/// A standby of the scratch kind: a server that believes it has a primary somewhere.
#[test]
fn a_standby_takes_no_migration() {
    let path = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let user = nix::unistd::geteuid().as_raw();
    let home = Home::default_for(path("HOME").as_deref(), path("XDG_CACHE_HOME").as_deref(), user);
    let place = Place::new();
    let mut server = Server::start(&home, place.database.server.binaries(), &Options::default()).unwrap();
    let owner = fs::metadata(server.data_dir()).unwrap();
    let signal = server.data_dir().join("standby.signal");
    fs::write(&signal, "").unwrap();
    std::os::unix::fs::chown(&signal, Some(owner.uid()), Some(owner.gid())).unwrap();
    server.restart().unwrap();
    let url = server.url("postgres").expose().to_owned();
    let run = |name: &str, url: &str| place.command(name).env("DATABASE_URL", url).run();
    run("status", &url).expect(0);
    fails(run("migrate", &url), 75, &["target_session_attrs=read-write"]);
    let primary = format!("{url}?target_session_attrs=primary");
    fails(run("migrate", &primary), 75, &["failed to find a primary server"]);
}

#[test]
fn a_failure_as_json_has_no_password_either() {
    let place = Place::new();
    let url = place.url(&place.database.password(), "wrong-password");
    let command =
        pgrefit(["status", "-vvv", "--format", "json", "--log-format", "json"]).inside(place.folder.path());
    let ran = command.env("DATABASE_URL", url).secret("wrong-password").run().expect(17);
    ran.shows(&["\"exit_code\": 17", "failed to log in"]);
}
