//! Where archives are kept: a folder, or a bucket of S3, Google Cloud Storage or Azure.

mod problem;
mod transfer;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _, ObjectStoreScheme, RetryConfig};
use url::Url;

use crate::Error;
pub(crate) use problem::StoreCause;

/// A place that keeps objects by name.
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Without credentials: none may be in it.
    url: Url,
    /// Of a store in the file system.
    folder: Option<PathBuf>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

impl Store {
    /// Opens `file:///folder`, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`. Nothing is asked of it yet.
    ///
    /// `options` are named as the variables of each service are, in any case: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME`,
    /// `AZURE_STORAGE_ACCOUNT_KEY`, …; others are passed over, so that the whole environment can be given. They are kept in
    /// memory only. `limit` bounds each request, and with two minutes on top its retries.
    ///
    /// A folder must be there: one that is made here may be where a disk is not mounted.
    ///
    /// # Errors
    /// [`Error::StoreUrl`] for a URL that is none of these or has credentials in it; [`Error::Store`] when a folder is not there or
    /// an option has no meaning.
    pub fn open(url: &str, options: &[(String, String)], limit: Duration) -> Result<Self, Error> {
        let wrong = |why: &str| Error::StoreUrl { url: without_secrets(url), why: why.to_owned() };
        let parsed = Url::parse(url).map_err(|_| wrong("it is no URL"))?;
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
            return Err(wrong("credentials are given as variables, not in the URL"));
        }
        if parsed.scheme() == "file" {
            return Self::folder(parsed);
        }
        let (scheme, prefix) = ObjectStoreScheme::parse(&parsed)
            .map_err(|_| wrong("it begins with none of file:, s3:, gs: and az:"))?;
        // The first one counts; without one the client would not be built.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let inner = connect(&scheme, url, options, limit).map_err(Error::store("open", url))?;
        let inner = inner.ok_or_else(|| wrong("it begins with none of file:, s3:, gs: and az:"))?;
        Ok(Self { inner, prefix, url: parsed, folder: None })
    }

    fn folder(url: Url) -> Result<Self, Error> {
        let wrong = || Error::StoreUrl { url: url.to_string(), why: "it names no folder".to_owned() };
        let folder = url.to_file_path().map_err(|()| wrong())?;
        // Reported by the system's own words: it is there or not, or may not be looked at.
        std::fs::read_dir(&folder).map_err(Error::io("read the store's folder", &folder))?;
        let inner = LocalFileSystem::new_with_prefix(&folder).map_err(Error::store("open", url.as_str()))?;
        let inner = inner.with_fsync(true);
        Ok(Self { inner: Arc::new(inner), prefix: Path::default(), url, folder: Some(folder) })
    }

    /// Writes, reads and removes a small object, so that what is missing is known before a table is touched.
    ///
    /// # Errors
    /// [`Error::Store`] with the kind of problem.
    pub async fn probe(&self) -> Result<(), Error> {
        let path = self.prefix.clone().join(".pgrefit-probe");
        let failed = |action| Error::store(action, &self.url_of(path.as_ref()));
        self.inner.put(&path, "pgrefit".into()).await.map_err(failed("write to"))?;
        let read = self.inner.get(&path).await.map_err(failed("read from"))?;
        let read = read.bytes().await.map_err(failed("read from"))?;
        // A store may keep what is written from being removed, which is no reason not to archive there.
        let _ = self.inner.delete(&path).await;
        if read.as_ref() == b"pgrefit" { Ok(()) } else { Err(Error::ObjectChanged { key: path.to_string() }) }
    }

    /// A key below the prefix; what a path cannot have is written as `%` and two digits.
    pub(crate) fn key(&self, parts: &[&str]) -> String {
        parts.iter().fold(self.prefix.clone(), |path, part| path.join(*part)).to_string()
    }

    /// Where an object is, for people and for other programs.
    #[must_use]
    pub fn url_of(&self, key: &str) -> String {
        if let Some(folder) = &self.folder {
            return folder.join(key).display().to_string();
        }
        // The key has the prefix in it, which is the path of the URL.
        let host = self.url.host_str().unwrap_or_default();
        format!("{}://{host}/{key}", self.url.scheme())
    }
}

fn connect(
    scheme: &ObjectStoreScheme,
    url: &str,
    options: &[(String, String)],
    limit: Duration,
) -> Result<Option<Arc<dyn ObjectStore>>, object_store::Error> {
    let retry = RetryConfig { retry_timeout: limit + Duration::from_mins(2), ..RetryConfig::default() };
    let client = ClientOptions::new().with_timeout(limit).with_connect_timeout(limit.min(CONNECT));
    /// The options that the builder knows.
    macro_rules! build {
        ($builder:ty) => {{
            let start = <$builder>::new().with_client_options(client).with_retry(retry).with_url(url);
            let all = options.iter().fold(start, |builder, (key, value)| match key.to_lowercase().parse() {
                Ok(key) => builder.with_config(key, value),
                Err(_) => builder,
            });
            Arc::new(all.build()?)
        }};
    }
    Ok(Some(match scheme {
        ObjectStoreScheme::AmazonS3 => build!(AmazonS3Builder),
        ObjectStoreScheme::GoogleCloudStorage => build!(GoogleCloudStorageBuilder),
        ObjectStoreScheme::MicrosoftAzure => build!(MicrosoftAzureBuilder),
        _ => return Ok(None),
    }))
}

const CONNECT: Duration = Duration::from_secs(10);

/// For an error about a URL that may have a password in it.
fn without_secrets(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    match (bare.split_once("://"), bare.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => bare.to_owned(),
    }
}
