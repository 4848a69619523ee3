//! `sslmode` and its friends. SCRAM's channel binding is off where a proxy stands between: there it must fail.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use pgrefit_pg::{Connector, Error, Limits, Settings};

use super::place::{Place, ask};
use super::tls_proxy::{Authority, Identity, self_issued, start};

fn write(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
    path.display().to_string()
}

/// A server behind a proxy with this certificate, and the PEM files of the test.
struct Setup {
    place: Place,
    dir: tempfile::TempDir,
    port: u16,
}

impl Setup {
    async fn new(identity: &Identity, clients: Option<&Authority>) -> Self {
        let place = Place::new();
        let port = start(identity, clients, place.server.port()).await;
        Self { place, dir: tempfile::tempdir().expect("a directory"), port }
    }

    fn file(&self, name: &str, text: &str) -> String {
        write(self.dir.path(), name, text)
    }

    async fn connect(&self, host: &str, query: &str) -> Result<(), Error> {
        let server = format!("127.0.0.1:{}/", self.place.server.port());
        let url = self.place.url().replace(&server, &format!("{host}:{}/", self.port));
        let url = format!("{url}?hostaddr=127.0.0.1&{query}");
        let settings = Settings::resolve(Some(&url), &|_| None)?;
        let limits = Limits { connect: Duration::from_secs(5), ..Limits::default() };
        let mut migrator = Connector::new(settings, "pgrefit/test".to_owned(), limits).migrator().await?;
        assert_eq!(ask(&mut migrator, "SELECT 1").await, "1");
        migrator.cancel_handle().cancel().await
    }

    async fn works(&self, host: &str, query: &str) {
        self.connect(host, &format!("channel_binding=disable&{query}"))
            .await
            .unwrap_or_else(|error| panic!("{host} {query}: {error:?}"));
    }

    async fn fails(&self, host: &str, query: &str, cause: &str) {
        let error = self.connect(host, &format!("channel_binding=disable&{query}")).await.expect_err(query);
        let text = format!("{error:?} {}", error.hint().unwrap_or_default());
        assert!(matches!(error, Error::Tls { .. }), "{host} {query}: {error:?}");
        assert!(text.contains(cause), "{host} {query}: {text}");
    }
}

#[tokio::test]
async fn sslmodes_mean_what_libpq_means() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let setup = Setup::new(&authority.issue(&["db.example", "127.0.0.1"]), None).await;
    let root = setup.file("root.crt", &authority.pem());
    let wrong = setup.file("wrong.crt", &other.pem());
    let both = setup.file("both.crt", &(other.pem() + &authority.pem()));

    setup.works("db.example", "sslmode=prefer").await;
    setup.works("other.example", "sslmode=require").await;
    setup.works("other.example", &format!("sslmode=require&sslrootcert={root}")).await;
    setup.fails("db.example", &format!("sslmode=require&sslrootcert={wrong}"), "UnknownIssuer").await;
    setup.works("other.example", &format!("sslmode=verify-ca&sslrootcert={root}")).await;
    setup.fails("db.example", &format!("sslmode=verify-ca&sslrootcert={wrong}"), "not in sslrootcert").await;
    setup.works("db.example", &format!("sslmode=verify-full&sslrootcert={root}")).await;
    setup.works("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={both}")).await;
    setup.fails("other.example", &format!("sslmode=verify-full&sslrootcert={root}"), "subjectAltName").await;
    setup.fails("db.example", &format!("sslmode=verify-full&sslrootcert={wrong}"), "UnknownIssuer").await;
    setup.works("db.example", &format!("sslmode=verify-full&sslrootcert={root}&sslnegotiation=direct")).await;
    setup
        .works(
            "db.example",
            &format!("sslmode=verify-full&sslrootcert={root}&ssl_min_protocol_version=TLSv1.3&sslsni=0"),
        )
        .await;
}

#[tokio::test]
async fn a_self_issued_certificate_is_its_own_root() {
    let identity = self_issued("db.example");
    let setup = Setup::new(&identity, None).await;
    let root = setup.file("root.crt", &identity.certificate);
    let other = setup.file("other.crt", &self_issued("db.example").certificate);
    setup.works("db.example", &format!("sslmode=verify-full&sslrootcert={root}")).await;
    setup.fails("else.example", &format!("sslmode=verify-full&sslrootcert={root}"), "NotValidForName").await;
    setup.fails("db.example", &format!("sslmode=verify-ca&sslrootcert={other}"), "InvalidCertificate").await;
    setup.fails("db.example", "sslrootcert=system", "InvalidCertificate").await;
}

#[tokio::test]
async fn clients_show_their_certificate() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let setup = Setup::new(&authority.issue(&["db.example"]), Some(&authority)).await;
    let (mine, foreign) = (authority.issue(&["me"]), other.issue(&["me"]));
    let certificate = setup.file("me.crt", &mine.certificate);
    let key = setup.file("me.key", &mine.key);
    setup.works("db.example", &format!("sslmode=require&sslcert={certificate}&sslkey={key}")).await;
    setup.fails("db.example", "sslmode=require", "CertificateRequired").await;
    let foreign_certificate = setup.file("foreign.crt", &foreign.certificate);
    let foreign_key = setup.file("foreign.key", &foreign.key);
    setup
        .fails(
            "db.example",
            &format!("sslmode=require&sslcert={foreign_certificate}&sslkey={foreign_key}"),
            "",
        )
        .await;

    let refused = async |query: String, what: &str| {
        let error = setup.connect("db.example", &query).await.expect_err(what);
        assert!(matches!(error, Error::Settings { .. }) && error.to_string().contains(what), "{error}");
    };
    refused(format!("sslmode=require&sslcert={certificate}&sslkey={foreign_key}"), "do not fit").await;
    refused("sslmode=require&sslrootcert=/absent.crt".to_owned(), "sslrootcert is unreadable").await;
    refused(format!("sslmode=require&sslrootcert={key}"), "sslrootcert has no certificate").await;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("chmod");
    refused(format!("sslmode=require&sslcert={certificate}&sslkey={key}"), "may be read by others").await;
}

#[tokio::test]
async fn a_proxy_cannot_bind_the_channel() {
    let authority = Authority::new("one");
    let setup = Setup::new(&authority.issue(&["db.example"]), None).await;
    let error =
        setup.connect("db.example", "sslmode=require&channel_binding=require").await.expect_err("no binding");
    assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
}
