//! Places at which a test kills the process, as `kill -9` would. In release builds there are none.

#[cfg(debug_assertions)]
pub use in_debug_builds::arm;
#[cfg(debug_assertions)]
pub(crate) use in_debug_builds::reach;

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(crate) fn reach(_name: &'static str) {}

#[cfg(debug_assertions)]
mod in_debug_builds {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    struct Armed {
        /// `None` for any place.
        name: Option<String>,
        left: AtomicU32,
    }

    static ARMED: OnceLock<Armed> = OnceLock::new();

    /// Has the process killed when it comes to the place `name` for the time `nth`, from 1; of `*` every place counts. Once for
    /// the process.
    pub fn arm(name: &str, nth: u32) {
        let name = (name != "*").then(|| name.to_owned());
        let _ = ARMED.set(Armed { name, left: AtomicU32::new(nth) });
    }

    /// The process ends here, if this place is armed.
    pub(crate) fn reach(name: &'static str) {
        let Some(armed) = ARMED.get() else { return };
        let is_meant = armed.name.as_deref().is_none_or(|armed| armed == name);
        if is_meant && armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Its only failure would be to leave the process alive, which a test notices.
            let _ = kill(Pid::this(), Signal::SIGKILL);
            // The signal is on its way.
            std::thread::park();
        }
    }
}
