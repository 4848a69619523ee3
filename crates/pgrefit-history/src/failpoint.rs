//! Places at which a test can stop a runner: `name=/path/of/a/file` has the runner make that file when it comes to the
//! place, and wait there until the file is gone. In release builds there are no such places.

#[cfg(debug_assertions)]
pub use in_debug_builds::arm;
#[cfg(debug_assertions)]
pub(crate) use in_debug_builds::reach;

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(crate) fn reach(_name: &str) -> std::future::Ready<()> {
    std::future::ready(())
}

#[cfg(debug_assertions)]
mod in_debug_builds {
    use std::path::PathBuf;
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    static ARMED: OnceLock<(String, PathBuf)> = OnceLock::new();

    /// A runner waits no longer than this.
    const LIMIT: Duration = Duration::from_mins(1);

    /// Arms one place, once for the process. What is not of the form `name=path` arms nothing.
    pub fn arm(place: &str) {
        if let Some((name, path)) = place.split_once('=') {
            let _ = ARMED.set((name.to_owned(), PathBuf::from(path)));
        }
    }

    /// Stops here, if this place is armed: the first time that it is reached.
    pub(crate) async fn reach(name: &str) {
        let Some((armed, path)) = ARMED.get() else { return };
        // The file of an earlier stop at this place is kept under another name.
        let passed = path.with_extension("passed");
        if armed != name || passed.exists() || std::fs::write(&passed, "").is_err() {
            return;
        }
        if std::fs::write(path, "").is_err() {
            return;
        }
        let start = Instant::now();
        while path.exists() && start.elapsed() < LIMIT {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
