//! Finds the server programs to restore with; they come from where scratch servers come from.

use std::path::PathBuf;

use pgrefit_scratch::{Binaries, Search};

use crate::Error;
use crate::target::Scratch;

/// Installations to try, the best first.
pub(super) async fn candidates(scratch: &Scratch, major: u32) -> Result<Vec<Binaries>, Error> {
    let same = find(scratch, Some(major).filter(|_| scratch.bin_dir.is_none())).await;
    if scratch.bin_dir.is_some() {
        let binaries = same?;
        return if binaries.version.0 < major { Err(too_old(&binaries, major)) } else { Ok(vec![binaries]) };
    }
    let shipped = find(scratch, None).await;
    match (same, shipped) {
        (Ok(same), Ok(shipped)) if shipped.version.0 > major => Ok(vec![same, shipped]),
        (Ok(same), _) => Ok(vec![same]),
        (Err(_), Ok(shipped)) if shipped.version.0 >= major => Ok(vec![shipped]),
        (Err(error), _) => Err(error),
    }
}

fn too_old(binaries: &Binaries, wanted: u32) -> Error {
    let (tool, found) = ("postgres".to_owned(), binaries.version.0);
    Error::ToolTooOld { tool, wanted, found, dir: binaries.bin_dir.clone() }
}

pub(super) async fn find(scratch: &Scratch, major: Option<u32>) -> Result<Binaries, Error> {
    let scratch = scratch.clone();
    blocking(move || {
        let Scratch { home, bin_dir, path_dirs, python, offline, .. } = scratch;
        let search = Search { bin_dir, python, path_dirs, major, offline, on_event: &|_| {} };
        Binaries::find(&home, &search)
    })
    .await
}

/// In a thread where waiting disturbs nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, pgrefit_scratch::Error> + Send + 'static,
) -> Result<T, Error> {
    let failed = |cause| Error::Io {
        action: "start a server in",
        path: PathBuf::from("a thread"),
        source: std::io::Error::other(cause),
    };
    tokio::task::spawn_blocking(work).await.map_err(failed)?.map_err(Error::Scratch)
}
