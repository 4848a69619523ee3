//! An image as an OCI archive (the image specification of the Open Container Initiative, version 1.1): a tar with one layer, its
//! configuration, a manifest and an index. The same files make the same bytes: no dates, no owners, one order.

use super::dockerfile::Settings;
use super::entry::{Content, Entry};
use super::rootfs;
use crate::failure::{Failure, Outcome};
use crate::workspace;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What an image is made of.
pub(crate) struct Image<'a> {
    pub(crate) files: &'a [Entry],
    pub(crate) settings: &'a Settings,
}

/// What was written.
pub(crate) struct Written {
    /// SHA-256 of the manifest: the image's name in a registry.
    pub(crate) digest: String,
    /// Bytes of the compressed layer.
    pub(crate) size: u64,
    /// Bytes of all files.
    pub(crate) unpacked: u64,
}

impl Image<'_> {
    /// Writes the archive, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Outcome<Written> {
        let layer = layer(self.files).map_err(|cause| Failure::because("make the layer", cause))?;
        let packed = gzip(&layer).map_err(|cause| Failure::because("compress the layer", cause))?;
        let config = self.config(&digest(&layer)).to_string();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, config.as_bytes()),
            "layers": [descriptor(LAYER, &packed)],
        })
        .to_string();
        let mut named = descriptor(MANIFEST, manifest.as_bytes());
        named["annotations"] = json!({ "org.opencontainers.image.ref.name": reference() });
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [named] }).to_string();
        let mut files = vec![
            Entry::folder("blobs", 0o755),
            Entry::folder("blobs/sha256", 0o755),
            Entry::bytes("index.json", index),
            Entry::bytes("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }).to_string()),
        ];
        let written = Written {
            digest: digest(manifest.as_bytes()),
            size: packed.len() as u64,
            unpacked: rootfs::size(self.files)?,
        };
        for blob in [packed, config.into_bytes(), manifest.into_bytes()] {
            files.push(Entry::bytes(&format!("blobs/sha256/{}", digest(&blob)), blob));
        }
        let archive = self::layer(&files).map_err(|cause| Failure::because("make the archive", cause))?;
        workspace::write(path, archive)?;
        Ok(written)
    }

    fn config(&self, layer: &str) -> Value {
        let settings = self.settings;
        json!({
            "created": "1970-01-01T00:00:00Z",
            "architecture": architecture(),
            "os": "linux",
            "config": {
                "User": settings.user,
                "Env": ["PATH=/"],
                "Entrypoint": settings.entry_point,
                "WorkingDir": settings.folder,
                "Labels": settings.labels,
            },
            "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{layer}")] },
            "history": [{ "created": "1970-01-01T00:00:00Z", "created_by": "cargo xtask image" }],
        })
    }
}

/// The name and the version under which the image is loaded.
fn reference() -> String {
    format!("pgrefit:{}", env!("CARGO_PKG_VERSION"))
}

/// The processor, in Go's words.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Entries as a tar.
fn layer(files: &[Entry]) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for file in files {
        let bytes = file.read().map_err(|failure| std::io::Error::other(failure.chain()))?;
        let mut header = tar::Header::new_ustar();
        let (kind, slash) = match file.content {
            Content::Folder => (tar::EntryType::Directory, "/"),
            _ => (tar::EntryType::Regular, ""),
        };
        header.set_entry_type(kind);
        header.set_mode(file.mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, format!("{}{slash}", file.path), bytes.as_slice())?;
    }
    tar.into_inner()
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    gzip.finish()
}

fn descriptor(kind: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": kind, "digest": format!("sha256:{}", digest(bytes)), "size": bytes.len() })
}

/// SHA-256, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::dockerfile::Settings;
    use super::{Entry, Image, digest};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::io::Read as _;

    /// The files of an archive.
    fn unpacked(bytes: &[u8]) -> BTreeMap<String, (u32, u64, Vec<u8>)> {
        let mut archive = tar::Archive::new(bytes);
        let entries = archive.entries().expect("a tar");
        let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.expect("an entry");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("its bytes");
            let header = entry.header();
            let facts = (header.mode().expect("a mode"), header.mtime().expect("a date"), bytes);
            (String::from_utf8(entry.path_bytes().into_owned()).expect("a path"), facts)
        };
        entries.map(read).collect()
    }

    fn settings() -> Settings {
        let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        Settings { user: "1:1".into(), entry_point: vec!["/x".into()], folder: "/".into(), labels }
    }

    #[test]
    fn an_archive_is_what_the_specification_says() {
        let dir = workspace_folder("archive");
        let files = [Entry::folder("tmp", 0o1777), Entry::bytes("x", "hello")];
        let write = |name: &str| {
            let path = dir.join(name);
            let written = Image { files: &files, settings: &settings() }.write(&path).expect("an archive");
            (written, std::fs::read(path).expect("its bytes"))
        };
        let ((written, bytes), (_, again)) = (write("one.tar"), write("two.tar"));
        assert_eq!(digest(&bytes), digest(&again), "the same files make the same bytes");

        let archive = unpacked(&bytes);
        let blob = |digest: &Value| {
            let name = digest.as_str().and_then(|text| text.strip_prefix("sha256:")).expect("a digest");
            let bytes = &archive[&format!("blobs/sha256/{name}")].2;
            assert_eq!(super::digest(bytes), name);
            bytes.clone()
        };
        let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
        let index = parsed(&archive["index.json"].2);
        let manifest = parsed(&blob(&index["manifests"][0]["digest"]));
        assert_eq!(index["manifests"][0]["digest"], format!("sha256:{}", written.digest));
        let config = parsed(&blob(&manifest["config"]["digest"]));
        assert_eq!(config["config"]["User"], "1:1");
        assert_eq!(config["config"]["Labels"]["a"], "b");

        let mut layer = Vec::new();
        let packed = blob(&manifest["layers"][0]["digest"]);
        assert_eq!(manifest["layers"][0]["size"], packed.len());
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut layer).expect("gzip");
        assert_eq!(config["rootfs"]["diff_ids"][0], format!("sha256:{}", digest(&layer)));
        let inside = unpacked(&layer);
        assert_eq!(inside["tmp/"], (0o1777, 0, Vec::new()));
        assert_eq!(inside["x"], (0o644, 0, b"hello".to_vec()));
    }

    fn workspace_folder(name: &str) -> std::path::PathBuf {
        let dir = crate::workspace::target("xtask-tests").join(name);
        crate::workspace::empty_dir(&dir).expect("a folder");
        dir
    }

    #[test]
    fn a_digest_is_that_of_sha256() {
        assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
