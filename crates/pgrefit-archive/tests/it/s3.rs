//! Archives in a bucket: an S3-compatible server (moto, from the package index) that asks for credentials. No account is needed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pgrefit_archive::{Error, Standing, State, Store, StoreProblem, list, query, verify};
use pgrefit_catalog::Name;

use crate::place::{Place, chain, connector, open, usual_home};

const REQUIREMENTS: &str = include_str!("s3/requirements.txt");
const SERVER: &str = include_str!("s3/server.py");

/// A server that ends with this value, or when this process dies: its standard input ends then.
struct Bucket {
    child: Child,
    told: serde_json::Value,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Installed once, into a folder of the cache, with the versions that are named beside this file.
fn packages() -> PathBuf {
    let cache = usual_home(Path::new("/tmp")).cache;
    let done = cache.join("moto-5.2.5");
    if done.is_dir() {
        return done;
    }
    fs::create_dir_all(&cache).expect("made");
    let dir = tempfile::Builder::new().prefix("moto-").tempdir_in(&cache).expect("a folder");
    let list = dir.path().join("requirements.txt");
    fs::write(&list, REQUIREMENTS).expect("written");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.arg("--target").arg(dir.path().join("all")).arg("-r").arg(&list);
    let output = pip.output().expect("pip");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Somebody else may have been faster.
    let _ = fs::rename(dir.path().join("all"), &done);
    done
}

impl Bucket {
    fn start() -> Self {
        let mut command = Command::new("python3");
        command.arg("-c").arg(SERVER).env("PYTHONPATH", packages());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("an answer");
        let told = serde_json::from_str(&line).expect("a line of JSON");
        Self { child, told }
    }

    fn word(&self, path: &str) -> String {
        self.told.pointer(path).and_then(|word| word.as_str()).expect("a word").to_owned()
    }

    fn options(&self, key: String, secret: String) -> Vec<(String, String)> {
        let options = [
            ("AWS_ACCESS_KEY_ID", key),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ENDPOINT_URL", self.word("/url")),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_PAGER", "less".to_owned()),
        ];
        options.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    fn store(&self, url: &str, user: &str) -> Store {
        let (key, secret) = (self.word(&format!("/{user}/0")), self.word(&format!("/{user}/1")));
        open(url, &self.options(key, secret)).unwrap_or_else(|error| panic!("{}", chain(&error)))
    }
}

fn documents() -> Name {
    Name::new("Odd \"Schema\"", "documents 2023, \"old\"")
}

#[tokio::test]
async fn a_partition_goes_into_a_bucket_and_comes_back() {
    let bucket = Bucket::start();
    let mut place = Place::docserver().await;
    place.store = bucket.store("s3://archives/some/prefix", "writer");
    let before = place.ask("SELECT md5(string_agg(d::text, '|' ORDER BY id)) FROM documents AS d").await;
    let archived = place.run(&documents()).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(archived.record.state, State::Dropped);
    let url = query(&archived.record, &place.store).expect("stored").urls.remove(0);
    assert!(url.starts_with("s3://archives/some/prefix/My ") && url.ends_with(".parquet"), "{url}");
    let listed = place.with_job(list).await.expect("listed");
    assert_eq!(listed[0].standing, Standing::Stored);
    let scratch = connector(&place.scratch, "postgres");
    let id = archived.record.id.clone();
    place.with_job(async |job| verify(job, &id, Some(&scratch)).await).await.expect("verified");
    assert!(place.restore(&id).await.expect("restored").attached);
    assert_eq!(
        place.ask("SELECT md5(string_agg(d::text, '|' ORDER BY id)) FROM documents AS d").await,
        before
    );
}

#[tokio::test]
async fn a_large_file_goes_in_parts() {
    let bucket = Bucket::start();
    let mut place = Place::empty().await;
    place.store = bucket.store("s3://archives", "writer");
    place
        .write("CREATE TABLE noise AS SELECT n, decode(string_agg(md5(n || '.' || i), ''), 'hex') AS bytes FROM generate_series(1, 1300) AS n, generate_series(1, 1000) AS i GROUP BY n")
        .await;
    let table = Name::new("public", "noise");
    let archived = place.run(&table).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    let bytes = archived.record.export.map(|export| export.parts[0].bytes);
    assert!(bytes.is_some_and(|bytes| bytes > 20_000_000), "{bytes:?}");
    assert_eq!(place.restore("public.noise").await.expect("restored").rows, 1300);
}

#[tokio::test]
async fn what_the_bucket_refuses_is_said_before_anything_is_changed() {
    let bucket = Bucket::start();
    let mut place = Place::docserver().await;
    let key = bucket.word("/writer/0");
    let strangers = [
        (bucket.store("s3://nowhere", "writer"), StoreProblem::Missing),
        (bucket.store("s3://archives", "reader"), StoreProblem::Denied),
        (
            open("s3://archives", &bucket.options(key, "Wr0ngSecret".into())).expect("a store"),
            StoreProblem::Denied,
        ),
        (
            open("s3://archives", &bucket.options("AKIANOBODY".into(), "Wr0ngSecret".into()))
                .expect("a store"),
            StoreProblem::Denied,
        ),
    ];
    for (store, expected) in strangers {
        place.store = store;
        let error = place.run(&documents()).await.expect_err("refused");
        let text = format!("{} {error:?}", chain(&error));
        assert!(
            matches!(&error, Error::Store { problem, .. } if *problem == expected),
            "{expected:?}: {text}"
        );
        assert!(error.hint().is_some() && !text.contains("Wr0ngSecret"), "{text}");
        assert_eq!(place.ask("SELECT to_regclass('pgrefit_archive')").await, "NULL");
        assert_eq!(place.ask("SELECT count(*) FROM documents").await, "700");
    }
    let debug = format!("{:?} {}", place.store, place.store);
    assert!(!debug.contains("Wr0ngSecret"), "{debug}");
}
