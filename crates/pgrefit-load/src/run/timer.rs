//! Wakes a thread at a moment, to the microsecond where the system can: what waits for sockets rounds to milliseconds.

use std::io;
use std::time::Duration;

use mio::{Registry, Token};

/// A timer that makes an event.
#[derive(Debug)]
pub(super) struct Timer {
    #[cfg(target_os = "linux")]
    descriptor: nix::sys::timerfd::TimerFd,
    armed: Option<u64>,
}

#[cfg(target_os = "linux")]
impl Timer {
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        use std::os::fd::{AsFd, AsRawFd};

        use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};

        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let descriptor = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        let raw = descriptor.as_fd().as_raw_fd();
        registry.register(&mut mio::unix::SourceFd(&raw), token, mio::Interest::READABLE)?;
        Ok(Self { descriptor, armed: None })
    }

    /// Has the event happen at `due`; both in nanoseconds from the same beginning. Returns how long to wait for sockets at most.
    pub(super) fn arm(&mut self, now: u64, due: Option<u64>, latest: u64) -> io::Result<Duration> {
        use nix::sys::time::TimeSpec;
        use nix::sys::timer::{Expiration, TimerSetTimeFlags};

        if let Some(due) = due.filter(|due| self.armed != Some(*due)) {
            let wait = Duration::from_nanos(due.saturating_sub(now).max(1));
            let expiration = Expiration::OneShot(TimeSpec::from_duration(wait));
            self.descriptor.set(expiration, TimerSetTimeFlags::empty())?;
            self.armed = Some(due);
        }
        Ok(Duration::from_nanos(latest.saturating_sub(now)))
    }
}

#[cfg(not(target_os = "linux"))]
impl Timer {
    pub(super) fn new(_: &Registry, _: Token) -> io::Result<Self> {
        Ok(Self { armed: None })
    }

    /// Returns how long to wait for sockets at most.
    pub(super) fn arm(&mut self, now: u64, due: Option<u64>, latest: u64) -> io::Result<Duration> {
        self.armed = due;
        let until = due.map_or(latest, |due| due.min(latest));
        Ok(Duration::from_nanos(until.saturating_sub(now)))
    }
}
