//! What is in the image.

use super::binary::Binary;
use super::entry::{Content, Entry};
use super::{MATERIALS, materials};
use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::path::{Path, PathBuf};

/// Who runs it: a user without a name elsewhere, without a shell, and without a home that could be written to.
pub(crate) const USER: u32 = 65532;

/// Debian's package `ca-certificates`: Mozilla's list, a file a certificate. The bundle that `update-ca-certificates` makes of
/// them may hold what somebody added to this machine, and is not used.
const CERTIFICATES: &str = "/usr/share/ca-certificates/mozilla";

/// Every file of the image, in the order of their paths.
pub(crate) fn files(binary: &Binary) -> Outcome<Vec<Entry>> {
    let mut files = vec![
        Entry::folder("etc", 0o755),
        Entry::bytes("etc/group", format!("root:x:0:\npgrefit:x:{USER}:\n")),
        Entry::bytes("etc/passwd", passwd()),
        Entry::folder("etc/ssl", 0o755),
        Entry::folder("etc/ssl/certs", 0o755),
        Entry::bytes("etc/ssl/certs/ca-certificates.crt", certificates(Path::new(CERTIFICATES))?),
        Entry::folder("licenses", 0o755),
        Entry::folder("migrations", 0o755),
        Entry::program("pgrefit", &binary.path),
        Entry::bytes(MATERIALS, materials()?),
        // A volume takes its place in a cluster.
        Entry::folder("tmp", 0o1777),
    ];
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        files
            .push(Entry::bytes(&format!("licenses/{name}"), workspace::read(&workspace::root().join(name))?));
    }
    for path in folder(&workspace::root().join("migrations"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push(Entry::bytes(&format!("migrations/{name}"), workspace::read(&path)?));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn passwd() -> String {
    format!("root:x:0:0:root:/:/sbin/nologin\npgrefit:x:{USER}:{USER}:pgrefit:/tmp:/sbin/nologin\n")
}

/// One bundle of all certificates of a folder.
fn certificates(dir: &Path) -> Outcome<Vec<u8>> {
    let paths = folder(dir).map_err(|failure| {
        Failure::because("find root certificates: install Debian's ca-certificates", failure.chain())
    })?;
    let mut bundle = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "crt")) {
        let text = workspace::read(path)?;
        bundle.extend_from_slice(text.trim_end().as_bytes());
        bundle.push(b'\n');
    }
    if bundle.is_empty() {
        return Err(Failure::because(
            "find root certificates",
            format!("there is none in {}", dir.display()),
        ));
    }
    Ok(bundle)
}

/// What is in a folder, in the order of the names.
fn folder(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |cause| Failure::because(format!("read {}", dir.display()), cause);
    let entries = std::fs::read_dir(dir).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Outcome<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The bytes of all files together.
pub(crate) fn size(files: &[Entry]) -> Outcome<u64> {
    files
        .iter()
        .filter(|file| file.content != Content::Folder)
        .map(|file| Ok(file.read()?.len() as u64))
        .sum()
}
