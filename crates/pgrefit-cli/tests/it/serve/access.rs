//! Who may ask, for what, and how much.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::exporter::{Answer, Exporter, connect, exchange};
use super::{V1, beside, exporter, serve};
use crate::harness::{Database, Folder, pgrefit};

const TOKEN: &str = "a-token-that-nobody-guesses";

#[test]
fn others_than_this_machine_are_not_let_in_by_accident() {
    let folder = Folder::new(&[V1]);
    beside(&folder, "weak", "secret");
    let check = |arguments: &[&str], code: i32, says: &str| {
        let always = ["serve", "--database-url", "postgres://nobody@127.0.0.1:1/none"];
        let run = pgrefit(always.iter().chain(arguments)).inside(folder.path()).run();
        run.expect(code).says(&[says]);
    };
    check(&["--listen", "0.0.0.0:0"], 11, "no token is asked for");
    check(&["--listen", "[::]:0"], 11, "no token is asked for");
    check(&["--token-file", "weak"], 2, "fewer than 16");
    check(&["--token-file", "none"], 2, "failed to read none");
    check(&["--tls-cert", "none", "--tls-key", "none"], 2, "failed to read none");
    check(&["--tls-cert", "none"], 2, "--tls-key");
    check(&["--listen", "nowhere"], 2, "an address and a port");
    check(&["--every", "10ms"], 2, "within 1s and 24h");
    check(&["--list", "none"], 2, "failed to read the list none");
    beside(&folder, "twice", "[[database]]\nname = 'a'\nurl_env = 'X'\n".repeat(2));
    check(&["--list", "twice"], 2, "a");
}

#[test]
fn requests_are_bounded_and_answers_are_kept_by_nobody() {
    let (database, folder) = (Database::new(), Folder::new(&[V1]));
    let exporter = exporter(&database, &folder, &["--no-audit"]);
    exporter.until_ready();
    let check = |method: &str, path: &str, headers: &str, code: u16| {
        let answer = exporter.ask(method, path, headers);
        assert_eq!(answer.code, code, "{method} {path} {headers}: {answer:?}");
        answer
    };
    for path in ["/", "/metrics", "/status", "/healthz", "/readyz"] {
        let answer = check("GET", path, "", 200);
        for header in ["cache-control: no-store", "x-content-type-options: nosniff", "x-frame-options: deny"]
        {
            assert!(answer.head.contains(header), "{path}: {}", answer.head);
        }
        assert!(check("HEAD", path, "", 200).body.is_empty());
        check("POST", path, "", 405);
        check("DELETE", path, "", 405);
    }
    check("GET", "/nothing", "", 404);
    check("GET", "/databases/%2e%2e", "", 404);
    check("GET", "/metrics", "Content-Length: 5\r\n", 413);
    check("GET", "/metrics", "Transfer-Encoding: chunked\r\n", 413);
    check("GET", "/metrics", &format!("X-Long: {}\r\n", "x".repeat(20_000)), 431);
    check("GET", "/metrics", &"X-Many: 1\r\n".repeat(80), 431);
    // A page from elsewhere whose name means this machine all of a sudden.
    check("GET", "/status", "Host: evil.example\r\n", 421);
    check("GET", "/status", &format!("Host: localhost:{}\r\n", exporter.port), 200);
    // Those who say nothing take their places, and only for a while.
    let idle: Vec<_> = (0..80).map(|_| connect(exporter.port)).collect();
    let refused = idle.iter().filter(|stream| is_closed(stream)).count();
    assert!(refused >= 80 - 64, "{refused} of 80 were turned away");
    drop(idle);
    crate::concurrency::until("there is room again", Duration::from_secs(5), || {
        let mut stream = connect(exporter.port);
        exchange(&mut stream, exporter.port, "GET", "/healthz", "").code == 200
    });
    exporter.until("pgrefit_exporter_connections_refused_total", |count| count >= 16.0);
}

fn is_closed(mut stream: &std::net::TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    matches!(stream.read(&mut [0]), Ok(0)) || stream.write(b"x").is_err()
}

#[test]
fn the_token_is_asked_for_over_tls() {
    let (database, folder) = (Database::new(), Folder::new(&[V1]));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    beside(&folder, "token", format!("{TOKEN}\n"));
    beside(&folder, "tls.crt", made.cert.pem());
    beside(&folder, "tls.key", made.signing_key.serialize_pem());
    let secure = ["--token-file", "token", "--tls-cert", "tls.crt", "--tls-key", "tls.key", "--no-audit"];
    let secrets = [database.password(), TOKEN.to_owned()];
    let exporter = Exporter::start(serve(&folder, &secure).on(&database), &secrets);
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let ask = |path: &str, headers: &str| -> Answer {
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::clone(&config), name).unwrap();
        exchange(&mut StreamOwned::new(client, connect(exporter.port)), exporter.port, "GET", path, headers)
    };
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    // "any:a-token-that-nobody-guesses"
    let basic = "Authorization: Basic YW55OmEtdG9rZW4tdGhhdC1ub2JvZHktZ3Vlc3Nlcw==\r\n";
    for path in ["/", "/metrics", "/status", "/databases/x", "/nothing"] {
        let refused = ask(path, "");
        assert_eq!(refused.code, 401, "{path}");
        assert!(refused.head.contains("www-authenticate: basic"), "{}", refused.head);
        assert_eq!(ask(path, "Authorization: Bearer wrong-wrong-wrong\r\n").code, 401, "{path}");
        assert!(!matches!(ask(path, &bearer).code, 0 | 401), "{path}");
        assert!(!matches!(ask(path, basic).code, 0 | 401), "{path}");
    }
    assert_eq!(ask("/healthz", "").code, 200);
    assert_eq!(ask("/metrics", &bearer).code, 200);
    // Whoever speaks no TLS gets nothing, and soon.
    let began = Instant::now();
    let mut plain = connect(exporter.port);
    assert_ne!(exchange(&mut plain, exporter.port, "GET", "/metrics", &bearer).code, 200);
    assert!(began.elapsed() < Duration::from_secs(11));
}
