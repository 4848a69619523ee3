//! The work folder: files in the making, whole ones, and what killed runs left there.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::{Error, Event, Job};

/// Ends the name of a file that is being written.
const PARTIAL: &str = ".partial";

/// The file of an archive, and the name it has while it is written.
#[derive(Clone, Debug)]
pub(crate) struct WorkFile {
    pub(crate) path: PathBuf,
    pub(crate) partial: PathBuf,
}

impl WorkFile {
    pub(crate) fn of(work: &Path, id: &str) -> Self {
        let path = work.join(format!("{id}.parquet"));
        Self { partial: work.join(format!("{id}.parquet{PARTIAL}")), path }
    }

    /// Gives the whole file its name, and makes sure that both outlive a crash of the machine.
    pub(crate) fn complete(&self) -> Result<(), Error> {
        let file = File::open(&self.partial).map_err(Error::io("read", &self.partial))?;
        file.sync_all().map_err(Error::io("write", &self.partial))?;
        fs::rename(&self.partial, &self.path).map_err(Error::io("rename", &self.partial))?;
        let dir = self.path.parent().unwrap_or(Path::new("."));
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io("write", dir))
    }

    /// Removes what there is of it.
    pub(crate) fn remove(&self, job: &Job<'_>) -> Result<(), Error> {
        for path in [&self.path, &self.partial] {
            match fs::remove_file(path) {
                Ok(()) => job.tell(Event::Removed(path.clone())),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("remove", path)(error)),
            }
        }
        Ok(())
    }
}

/// Makes the folder, readable by its owner only where it is new: rows will be in it.
pub(crate) fn prepare(work: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(work).map_err(Error::io("make", work))
}

/// As lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Has the system forget what it has cached of a file, so that it is read from the disk; where it cannot, the file is read all the
/// same.
pub(crate) fn forget_cached(path: &Path) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    #[cfg(target_os = "linux")]
    {
        use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
        let _ = posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    }
    drop(file);
    Ok(())
}
