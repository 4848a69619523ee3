//! A disk that is small enough to be filled.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A file system in memory, owned by whoever runs a server.
pub(super) struct Disk {
    at: TempDir,
}

impl Disk {
    /// Mounts it; none where that is not permitted.
    pub(super) fn mount(megabytes: u32, data_dir: &Path) -> Option<Self> {
        let owner = std::fs::metadata(data_dir).unwrap();
        let at = tempfile::tempdir().unwrap();
        let options = format!("size={megabytes}m,mode=0700,uid={},gid={}", owner.uid(), owner.gid());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "pgrefit-test"]).arg(at.path());
        let mounted = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self { at })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.at.path()
    }

    /// Fills it up to the last `left` bytes.
    pub(super) fn fill(&self, left: u64) {
        let mut ballast = OpenOptions::new().append(true).create(true).open(self.ballast()).unwrap();
        while ballast.write_all(&[1; 4096]).is_ok() {}
        let size = ballast.metadata().unwrap().len();
        ballast.set_len(size.saturating_sub(left)).unwrap();
    }

    /// Makes room again.
    pub(super) fn clear(&self) {
        File::create(self.ballast()).unwrap();
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.at.path().join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A server that has just ended may still have a file open; the mount then goes with its last user.
        let _ = Command::new("umount").arg("--lazy").arg(self.at.path()).status();
    }
}
