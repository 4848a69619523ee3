//! Tables of settings: what was written, and what it comes to.

use std::fs;
use std::path::Path;

use super::*;

type Env<'a> = &'a [(&'a str, &'a str)];

fn resolve(url: Option<&str>, env: Env<'_>) -> Result<Settings, Error> {
    let env = |name: &str| {
        let set = env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        set.or_else(|| (name == "USER").then(|| "os".to_owned()))
    };
    Settings::resolve(url, &env)
}

/// One line with everything that a person can see, and the password, which only this crate can.
fn show(settings: &Settings) -> String {
    let passwords: Vec<_> =
        settings.hosts.iter().map(|host| host.password.as_ref().map_or("-", Password::expose)).collect();
    format!("{} [{}]", settings.describe(), passwords.join(","))
}

fn check(url: &str, expected: &str) {
    check_env(url, &[], expected);
}

fn check_env(url: &str, env: Env<'_>, expected: &str) {
    let settings =
        resolve((!url.is_empty()).then_some(url), env).unwrap_or_else(|error| panic!("{url}: {error:?}"));
    assert_eq!(show(&settings), expected, "{url} {env:?}");
}

fn check_error(url: &str, expected: &str) {
    check_error_env(url, &[], expected);
}

/// The message and the hint, unless that only says where to look. Every text given here has `hunter2` for its password.
fn check_error_env(url: &str, env: Env<'_>, expected: &str) {
    let error = resolve(Some(url), env).expect_err(url);
    let general = ["a URL is ", "correct "];
    let special = error.hint().filter(|hint| !general.iter().any(|start| hint.starts_with(start)));
    let hint = special.map(|hint| format!(" | {hint}")).unwrap_or_default();
    let text = error.to_string().replace("failed to understand the connection settings: ", "") + &hint;
    assert_eq!(text, expected, "{url}");
    assert!(!format!("{error:?}{text}").contains("hunter"), "{url} leaks: {error:?}");
}

#[test]
fn urls() {
    check("postgres://u:p@h:5433/d", "postgres://u@h:5433/d (sslmode=prefer) [p]");
    check("postgresql://u@h/d", "postgres://u@h:5432/d (sslmode=prefer) [-]");
    check("postgresql://h", "postgres://os@h:5432/os (sslmode=prefer) [-]");
    check("postgresql://h/", "postgres://os@h:5432/os (sslmode=prefer) [-]");
    check("postgresql://u@h", "postgres://u@h:5432/u (sslmode=prefer) [-]");
    check("postgresql://u:@h/d", "postgres://u@h:5432/d (sslmode=prefer) [-]");
    check("postgresql://h:/d", "postgres://os@h:5432/d (sslmode=prefer) [-]");
    check("postgres://h?sslmode=require", "postgres://os@h:5432/os (sslmode=require) [-]");
    check("  postgres://h/d\n", "postgres://os@h:5432/d (sslmode=prefer) [-]");
    check("postgres://a.b@h/d", "postgres://a.b@h:5432/d (sslmode=prefer) [-]");
}

#[test]
fn percent_encoding() {
    check("postgres://u%40x:p%2F%3A%40%25%3F@h/d%20e", "postgres://u@x@h:5432/d e (sslmode=prefer) [p/:@%?]");
    check("postgres://u:p%C3%A9@h/d", "postgres://u@h:5432/d (sslmode=prefer) [pé]");
    check("postgres://u:p%c3%a9@h/d", "postgres://u@h:5432/d (sslmode=prefer) [pé]");
    check("postgres://u:a+b@h/d", "postgres://u@h:5432/d (sslmode=prefer) [a+b]");
    check("postgres://u:a?b#c@h/d", "postgres://u@h:5432/d (sslmode=prefer) [a?b#c]");
    check("postgres://h/d?user=me%40x&password=p%26q", "postgres://me@x@h:5432/d (sslmode=prefer) [p&q]");
    check("postgres://h/d?user=me@x", "postgres://me@x@h:5432/d (sslmode=prefer) [-]");
}

#[test]
fn hosts_of_urls() {
    check("postgres://u@[::1]:5433/d", "postgres://u@[::1]:5433/d (sslmode=prefer) [-]");
    check("postgres://u@[2001:db8::1]/d", "postgres://u@[2001:db8::1]:5432/d (sslmode=prefer) [-]");
    check("postgres://u:p@h1:1,h2:2/d", "postgres://u@h1:1,h2:2/d (sslmode=prefer) [p,p]");
    check("postgres://u@h1,h2:2,[::1]/d", "postgres://u@h1:5432,h2:2,[::1]:5432/d (sslmode=prefer) [-,-,-]");
    check("postgres://u@%2Fvar%2Frun/d", "postgres://u@/var/run/.s.PGSQL.5432/d [-]");
    check("postgres://u@%2Fvar%2Frun:5433/d", "postgres://u@/var/run/.s.PGSQL.5433/d [-]");
    check("postgres:///d?host=/run/pg&port=1", "postgres://os@/run/pg/.s.PGSQL.1/d [-]");
    check(
        "postgres:///d?host=/run/pg,h",
        "postgres://os@/run/pg/.s.PGSQL.5432,h:5432/d (sslmode=prefer) [-,-]",
    );
    check("postgres://u@/d?host=h&hostaddr=127.0.0.1", "postgres://u@h:5432/d (sslmode=prefer) [-]");
    check(
        "postgres://u@/d?hostaddr=127.0.0.1,::1",
        "postgres://u@127.0.0.1:5432,[::1]:5432/d (sslmode=prefer) [-,-]",
    );
    check("postgres://u@h1,h2/d?port=7", "postgres://u@h1:7,h2:7/d (sslmode=prefer) [-,-]");
}

#[test]
fn key_value_strings() {
    check("host=h dbname=d user=u password=p port=1", "postgres://u@h:1/d (sslmode=prefer) [p]");
    check("host = h   user= u", "postgres://u@h:5432/u (sslmode=prefer) [-]");
    check(
        r"host=h password='a \'b\' \\c' dbname='my db'",
        r"postgres://os@h:5432/my db (sslmode=prefer) [a 'b' \c]",
    );
    check(r"host=h password=a\ b", "postgres://os@h:5432/os (sslmode=prefer) [a b]");
    check("host=h password=''", "postgres://os@h:5432/os (sslmode=prefer) [-]");
    check("host=h1 host=h2", "postgres://os@h2:5432/os (sslmode=prefer) [-]");
    check("host=h1,h2 port=1,", "postgres://os@h1:1,h2:5432/os (sslmode=prefer) [-,-]");
    check("host=/sock", "postgres://os@/sock/.s.PGSQL.5432/os [-]");
}

#[test]
fn precedence() {
    let env: Env<'_> =
        &[("PGHOST", "eh"), ("PGPORT", "9"), ("PGDATABASE", "ed"), ("PGUSER", "eu"), ("PGPASSWORD", "ep")];
    check_env("", env, "postgres://eu@eh:9/ed (sslmode=prefer) [ep]");
    check_env("postgres://u:p@h:1/d", env, "postgres://u@h:1/d (sslmode=prefer) [p]");
    check_env("postgres://h", env, "postgres://eu@h:9/ed (sslmode=prefer) [ep]");
    check_env("postgres://u@/", env, "postgres://u@eh:9/ed (sslmode=prefer) [ep]");
    check_env("host=h", env, "postgres://eu@h:9/ed (sslmode=prefer) [ep]");
    check_env(
        "",
        &[("PGHOST", "h"), ("PGSSLMODE", "require")],
        "postgres://os@h:5432/os (sslmode=require) [-]",
    );
    check_env(
        "postgres://h?sslmode=disable",
        &[("PGSSLMODE", "require")],
        "postgres://os@h:5432/os (sslmode=disable) [-]",
    );
    check_env("", &[("PGHOSTADDR", "::1")], "postgres://os@[::1]:5432/os (sslmode=prefer) [-]");
    check_env("postgres://h/d?sslrootcert=system", &[], "postgres://os@h:5432/d (sslmode=verify-full) [-]");
    check("postgres://h/d?ssl=true", "postgres://os@h:5432/d (sslmode=require) [-]");
}

#[test]
fn whether_anything_was_said() {
    let named = |url, env| !matches!(resolve(url, env), Err(Error::NotNamed));
    assert!(!named(None, &[]));
    assert!(!named(Some(""), &[]));
    assert!(!named(Some("postgres://"), &[("PGHOST", "")]));
    assert!(named(Some("postgres://h"), &[]));
    assert!(named(None, &[("PGDATABASE", "d")]));
}

#[test]
fn numbers_and_words() {
    let with = |query: &str| resolve(Some(&format!("postgres://h/d?{query}")), &[]).expect(query);
    assert_eq!(with("connect_timeout=7").connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(with("connect_timeout=0").connect_timeout, None);
    assert_eq!(with("target_session_attrs=prefer-standby").target, Target::PreferStandby);
    assert!(with("load_balance_hosts=random").shuffle_hosts);
    assert!(!with("keepalives=0").keepalive.on);
    assert_eq!(with("keepalives_idle=5&keepalives_count=2").keepalive.retries, 2);
    assert_eq!(with("tcp_user_timeout=1500").keepalive.user_timeout, Duration::from_millis(1500));
    assert_eq!(with("options=-c%20geqo%3Doff").options.as_deref(), Some("-c geqo=off"));
    assert!(with("sslmode=require&sslnegotiation=direct").tls.direct);
    assert!(with("ssl_min_protocol_version=TLSv1.3").tls.only_1_3);
    with("gssencmode=disable&client_encoding=UTF8&channel_binding=require&sslcompression=0");
}

#[test]
fn broken_urls_leak_nothing() {
    let escape = "a / : @ ? # % in the user or password must be percent-encoded (in the URL)";
    check_error(
        "mysql://u:hunter2@h/d",
        "the URL begins neither with postgres:// nor with postgresql:// (in the URL)",
    );
    check_error(
        "postgres://u:hun@hunter2@h/d",
        &format!("there is more than one @ before the host: {escape}"),
    );
    check_error("postgres://u:hunter2/x@h/d", &format!("the port is not a number: {escape}"));
    check_error("postgres://u:123/hunter2@h/d", &format!("there is an @ after the host: {escape}"));
    check_error(
        "postgres://u:hunter2%@h/d",
        &format!("a % is not followed by two hexadecimal digits of a character: {escape}"),
    );
    check_error(
        "postgres://u:hunter2%zz@h/d",
        &format!("a % is not followed by two hexadecimal digits of a character: {escape}"),
    );
    check_error(
        "postgres://u:hunter2%00@h/d",
        &format!("a % is not followed by two hexadecimal digits of a character: {escape}"),
    );
    check_error("postgres://u:hunter2%ff@h/d", "the percent-encoded characters are not UTF-8 (in the URL)");
    check_error("postgres://u:hunter2@h:x/d", &format!("the port is not a number: {escape}"));
    check_error("postgres://u:hunter2@h:0/d", "port is not a number from 1 to 65535 (in the URL)");
    check_error("postgres://u:hunter2@h:65536/d", "port is not a number from 1 to 65535 (in the URL)");
    check_error("postgres://u:hunter2@[::1/d", "an IPv6 address lacks its ] (in the URL)");
    check_error(
        "postgres://u:hunter2@[::1]x/d",
        "there is something between the ] of an IPv6 address and the port (in the URL)",
    );
    check_error("postgres://u:hunter2@h/d?sslmode", "a parameter after the ? lacks its = (in the URL)");
}

#[test]
fn broken_key_value_strings_leak_nothing() {
    let quotes = "a word lacks its =; a value with spaces needs single quotes (in the connection string)";
    check_error("hunter2", quotes);
    check_error("host=h password=my hunter2", quotes);
    check_error(
        "host=h password='hunter2",
        "a value lacks its closing single quote (in the connection string)",
    );
    check_error("hunter2=x", "unknown key (in the connection string)");
    check_error(
        "postgres:/u:hunter2@h/d",
        "a URL begins with postgres:// or postgresql:// (in the connection string)",
    );
}

#[test]
fn unknown_words_name_the_nearest() {
    check_error(
        "postgres://h/d?ssl_mode=require",
        "unknown key \"ssl_mode\" (in the URL) | did you mean \"sslmode\"?",
    );
    check_error(
        "postgres://h/d?sslrootcrt=x",
        "unknown key \"sslrootcrt\" (in the URL) | did you mean \"sslrootcert\"?",
    );
    check_error("host=h usr=x", "unknown key \"usr\" (in the connection string) | did you mean \"user\"?");
    check_error(
        "postgres://h/d?sslmode=verify_full",
        "sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full (in the URL) | did you mean \"verify-full\"?",
    );
    check_error_env(
        "postgres://h/d",
        &[("PGTARGETSESSIONATTRS", "master")],
        "target_session_attrs must be one of any, read-write, read-only, primary, standby, prefer-standby \
         (in the environment variable PGTARGETSESSIONATTRS)",
    );
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    check_error("postgres://h/d?requirepeer=pg", "requirepeer is not supported with this value (in the URL)");
    check_error(
        "postgres://h/d?gssencmode=require",
        "gssencmode is not supported with this value (in the URL)",
    );
    check_error("postgres://h/d?sslcrl=x", "sslcrl is not supported with this value (in the URL)");
    check_error(
        "postgres://h/d?replication=database",
        "replication is not supported with this value (in the URL)",
    );
    check_error_env(
        "postgres://h/d",
        &[("PGREQUIREAUTH", "scram-sha-256")],
        "require_auth is not supported with this value (in the environment variable PGREQUIREAUTH)",
    );
}

#[test]
fn contradictions_are_refused() {
    check_error(
        "host=h1,h2,h3 port=1,2",
        "port does not have as many entries as there are hosts (in the connection string)",
    );
    check_error(
        "host=h1,h2 hostaddr=::1",
        "hostaddr does not have as many entries as there are hosts (in the connection string)",
    );
    check_error("host=h hostaddr=name", "hostaddr is not a numeric address (in the connection string)");
    check_error(
        "host=h connect_timeout=soon",
        "connect_timeout is not a number in range (in the connection string)",
    );
    check_error(
        "host=h sslmode=require sslrootcert=system",
        "sslrootcert=system needs sslmode=verify-full (in the connection string)",
    );
    check_error(
        "host=h sslnegotiation=direct",
        "sslnegotiation=direct needs sslmode=require or stronger (in the connection string)",
    );
    check_error(
        "host=h sslcert=c.pem",
        "there is a client certificate but no sslkey for it (in the connection string)",
    );
    check_error(
        "postgres://h/d?sslmode=verify-full",
        "failed to find a root certificate, which sslmode=verify-full needs | name the authority's certificate with \
         sslrootcert=<file>, or sslrootcert=system for the system's own",
    );
}

#[test]
fn nobody_is_an_error() {
    let error = Settings::resolve(Some("postgres://h/d"), &|_| None).expect_err("no user");
    assert!(error.to_string().contains("no user is given"), "{error}");
}

#[test]
fn debug_hides_the_password() {
    let settings = resolve(Some("postgres://u:hunter2@h/d"), &[]).expect("valid");
    let text = format!("{settings:?} {settings:#?} {}", settings.describe());
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("<hidden>"), "{text}");
}

#[cfg(unix)]
fn write(dir: &Path, name: &str, text: &str, mode: u32) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode set");
    path.display().to_string()
}

#[cfg(unix)]
#[test]
fn password_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().display().to_string();
    write(dir.path(), ".pgpass", "h:5432:d:u:one\n*:5433:*:*:two\nlocalhost:*:*:*:three\n", 0o600);
    let other = write(dir.path(), "other", "*:*:*:*:four\n", 0o600);
    let open = write(dir.path(), "open", "*:*:*:*:five\n", 0o640);
    let env: Env<'_> = &[("HOME", &home)];
    check_env("postgres://u@h/d", env, "postgres://u@h:5432/d (sslmode=prefer) [one]");
    check_env(
        "postgres://u@h,x:5433,y/d",
        env,
        "postgres://u@h:5432,x:5433,y:5432/d (sslmode=prefer) [one,two,-]",
    );
    check_env("host=/tmp user=u", env, "postgres://u@/tmp/.s.PGSQL.5432/u [three]");
    check_env("host=/elsewhere user=u", env, "postgres://u@/elsewhere/.s.PGSQL.5432/u [-]");
    check_env("postgres://u:given@h/d", env, "postgres://u@h:5432/d (sslmode=prefer) [given]");
    check_env("postgres://u@h/d", &[("PGPASSFILE", &other)], "postgres://u@h:5432/d (sslmode=prefer) [four]");
    check_env(&format!("host=h passfile={other}"), env, "postgres://os@h:5432/os (sslmode=prefer) [four]");
    check_env("postgres://u@h/d", &[("PGPASSFILE", &open)], "postgres://u@h:5432/d (sslmode=prefer) [-]");
    check_env("postgres://u@h/d", &[("PGPASSFILE", &home)], "postgres://u@h:5432/d (sslmode=prefer) [-]");
    check_env("postgres://u@h/d", &[("PGPASSFILE", "/absent")], "postgres://u@h:5432/d (sslmode=prefer) [-]");
}

#[cfg(unix)]
#[test]
fn service_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().display().to_string();
    write(
        dir.path(),
        ".pg_service.conf",
        "# ours\n[a]\nhost=sh\nport=7\nuser=su\n\n[b]\nhost=bh\n[bad]\nhst=x\n[nested]\nservice=a\n[eq]\nhost\n",
        0o644,
    );
    write(dir.path(), "pg_service.conf", "[sys]\nhost=sysh\n", 0o644);
    let file = write(dir.path(), "mine", "[a]\nhost=mine\n", 0o644);
    let env: Env<'_> = &[("HOME", &home), ("PGSYSCONFDIR", &home), ("PGUSER", "eu"), ("PGPORT", "9")];
    check_env("service=a", env, "postgres://su@sh:7/su (sslmode=prefer) [-]");
    check_env("postgres://u@/d?service=b", env, "postgres://u@bh:9/d (sslmode=prefer) [-]");
    check_env("postgres://h?service=a", env, "postgres://su@h:7/su (sslmode=prefer) [-]");
    check_env("service=sys", env, "postgres://eu@sysh:9/eu (sslmode=prefer) [-]");
    check_env("", &[("HOME", &home), ("PGSERVICE", "a")], "postgres://su@sh:7/su (sslmode=prefer) [-]");
    check_env("service=a", &[("PGSERVICEFILE", &file)], "postgres://os@mine:5432/os (sslmode=prefer) [-]");
    let place = format!("{home}/.pg_service.conf line");
    check_error_env(
        "service=c",
        env,
        "the service \"c\" is defined in no service file (in the connection string)",
    );
    check_error_env(
        "service=bad",
        env,
        &format!("unknown key \"hst\" (in {place} 10) | did you mean \"host\"?"),
    );
    check_error_env("service=nested", env, &format!("a service cannot name another service (in {place} 12)"));
    check_error_env("service=eq", env, &format!("a line lacks its = (in {place} 14)"));
}
