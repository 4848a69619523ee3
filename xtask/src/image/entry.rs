//! The files of an image as data: a path, a mode, and where the bytes come from. All of them belong to root, and none has a
//! date.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A file or a folder of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// From the root of the image, without a slash at the beginning.
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Folder,
    Bytes(Vec<u8>),
    /// Copied from there when it is needed; the binary is large.
    File(PathBuf),
}

impl Entry {
    pub(crate) fn folder(path: &str, mode: u32) -> Self {
        Self { path: path.to_owned(), mode, content: Content::Folder }
    }

    pub(crate) fn bytes(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), mode: 0o644, content: Content::Bytes(bytes.into()) }
    }

    pub(crate) fn program(path: &str, source: &Path) -> Self {
        Self { path: path.to_owned(), mode: 0o755, content: Content::File(source.to_owned()) }
    }

    /// The bytes of a file; none of a folder.
    pub(crate) fn read(&self) -> Outcome<Vec<u8>> {
        match &self.content {
            Content::Folder => Ok(Vec::new()),
            Content::Bytes(bytes) => Ok(bytes.clone()),
            Content::File(source) => std::fs::read(source)
                .map_err(|cause| Failure::because(format!("read {}", source.display()), cause)),
        }
    }
}

/// Writes entries into a folder, whatever the umask is.
pub(crate) fn lay_out(entries: &[Entry], dir: &Path) -> Outcome<()> {
    for entry in entries {
        let path = dir.join(&entry.path);
        match &entry.content {
            Content::Folder => workspace::create_dir(&path)?,
            Content::Bytes(bytes) => workspace::write(&path, bytes)?,
            Content::File(source) => copy(source, &path)?,
        }
        let mode = std::fs::Permissions::from_mode(entry.mode);
        std::fs::set_permissions(&path, mode)
            .map_err(|cause| Failure::because(format!("set the mode of {}", path.display()), cause))?;
    }
    Ok(())
}

fn copy(source: &Path, path: &Path) -> Outcome<()> {
    std::fs::copy(source, path)
        .map(|_| ())
        .map_err(|cause| Failure::because(format!("copy {}", source.display()), cause))
}
