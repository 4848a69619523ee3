//! Objects written from files, and read back.

use std::io::{Read as _, Write as _};
use std::path::Path as FilePath;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{MultipartUpload as _, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use super::Store;
use crate::Error;
use crate::work::hex;

/// S3 takes no part that is smaller than 5 MiB, and 10,000 of them at most.
const PART_BYTES: u64 = 8 << 20;
const PARTS_MAX: u64 = 9_000;

/// What was read of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) bytes: u64,
    /// Hex digits.
    pub(crate) sha256: String,
}

impl Store {
    /// Writes a file as an object, in parts where it is large. The object is there whole or not at all.
    pub(crate) async fn put_file(&self, key: &str, file: &FilePath) -> Result<(), Error> {
        let length = std::fs::metadata(file).map_err(Error::io("read", file))?.len();
        let part_bytes = usize::try_from(PART_BYTES.max(length / PARTS_MAX)).unwrap_or(usize::MAX);
        let mut source = std::fs::File::open(file).map_err(Error::io("read", file))?;
        let mut next = || {
            let mut part = Vec::with_capacity(part_bytes);
            let read = (&mut source).take(part_bytes as u64).read_to_end(&mut part);
            read.map(|_| Bytes::from(part)).map_err(Error::io("read", file))
        };
        let first = next()?;
        if length <= part_bytes as u64 {
            return self.put(key, first).await;
        }
        let failed = || Error::store("write to", &self.url_of(key));
        let mut upload = self.inner.put_multipart(&parse(key)?).await.map_err(failed())?;
        let mut part = first;
        while !part.is_empty() {
            if let Err(error) = upload.put_part(PutPayload::from(part)).await {
                // Its parts are not an object; a store removes them by its own rules where this fails.
                let _ = upload.abort().await;
                return Err(failed()(error));
            }
            part = next()?;
        }
        upload.complete().await.map(drop).map_err(failed())
    }

    /// Writes a small object.
    pub(crate) async fn put(&self, key: &str, content: impl Into<PutPayload>) -> Result<(), Error> {
        let failed = Error::store("write to", &self.url_of(key));
        self.inner.put(&parse(key)?, content.into()).await.map(drop).map_err(failed)
    }

    /// Reads an object to its end, and keeps it in `copy` if that is given.
    pub(crate) async fn read(&self, key: &str, copy: Option<&FilePath>) -> Result<Seen, Error> {
        let failed = || Error::store("read from", &self.url_of(key));
        let mut chunks = self.inner.get(&parse(key)?).await.map_err(failed())?.into_stream();
        let mut file = match copy {
            Some(path) => Some((std::fs::File::create(path).map_err(Error::io("write", path))?, path)),
            None => None,
        };
        let (mut hasher, mut bytes) = (Sha256::new(), 0);
        while let Some(chunk) = chunks.try_next().await.map_err(failed())? {
            hasher.update(&chunk);
            bytes += chunk.len() as u64;
            if let Some((file, path)) = &mut file {
                file.write_all(&chunk).map_err(Error::io("write", &*path))?;
            }
        }
        if let Some((file, path)) = file {
            file.sync_all().map_err(Error::io("write", path))?;
        }
        Ok(Seen { bytes, sha256: hex(&hasher.finalize()) })
    }

    /// Reads a small object whole, no more than `most` bytes.
    pub(crate) async fn text(&self, key: &str, most: u64) -> Result<String, Error> {
        let failed = || Error::store("read from", &self.url_of(key));
        let object = self.inner.get(&parse(key)?).await.map_err(failed())?;
        if object.meta.size > most {
            return Err(Error::ObjectChanged { key: key.to_owned() });
        }
        let content = object.bytes().await.map_err(failed())?;
        String::from_utf8(content.to_vec()).map_err(|_| Error::ObjectChanged { key: key.to_owned() })
    }

    /// How many bytes an object has; `None` if it is not there.
    pub(crate) async fn size(&self, key: &str) -> Result<Option<u64>, Error> {
        match self.inner.head(&parse(key)?).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::store("read from", &self.url_of(key))(error)),
        }
    }

    /// Removes an object that is of no use, if the store lets us.
    pub(crate) async fn forget(&self, key: &str) {
        if let Ok(path) = parse(key) {
            let _ = self.inner.delete(&path).await;
        }
    }
}

fn parse(key: &str) -> Result<Path, Error> {
    Path::parse(key).map_err(|_| Error::ObjectChanged { key: key.to_owned() })
}
