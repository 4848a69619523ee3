//! Ctrl-C and SIGTERM. The first one stops the command in order: a run cancels its statement on the server, rolls back or
//! removes what is unfinished, and gives back its lock; any other command closes its sessions, and scratch servers are
//! removed. A second one, or 25 seconds, end the process at once; what it leaves is cleaned up by the server, which
//! notices within half a second, by the next run, and by the supervisor of a scratch server.
//!
//! A process that a fleet has started is on a leash besides: the end of its standard input, which is the end of the fleet's own
//! process, counts as a signal.

use std::thread;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use pgrefit_pg::Stop;

use crate::{Exit, Output, failed::Failed};

/// How long a command may take to stop in order: about as long as Kubernetes gives a pod.
pub(crate) const GRACE: Duration = Duration::from_secs(25);

/// Tells of the first signal.
pub(crate) struct Interrupt {
    signals: watch::Receiver<Option<&'static str>>,
}

impl Interrupt {
    /// Listens from now on, on a thread of its own: a command that blocks must not keep a signal from being heard. On a leash, the
    /// end of standard input counts as one.
    pub(crate) fn listen(on_leash: bool) -> Self {
        let (sender, signals) = watch::channel(None);
        if on_leash {
            let sender = sender.clone();
            thread::spawn(move || leash(&sender));
        }
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(watch_signals(&sender));
            }
        });
        Self { signals }
    }

    /// Waits for the first signal; for ever, if none can be heard.
    pub(crate) async fn received(&self) -> &'static str {
        let mut signals = self.signals.clone();
        if let Ok(signal) = signals.wait_for(Option::is_some).await
            && let Some(name) = *signal
        {
            return name;
        }
        std::future::pending().await
    }
}

/// Waits for the end of standard input; what is in it does not matter.
fn leash(sender: &watch::Sender<Option<&'static str>>) {
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    let is_first = sender.send_if_modified(|signal| {
        let is_first = signal.is_none();
        signal.get_or_insert("the end of the fleet's process");
        is_first
    });
    if is_first {
        thread::sleep(GRACE);
    }
    std::process::exit(Exit::TryAgain.code().into());
}

async fn watch_signals(sender: &watch::Sender<Option<&'static str>>) {
    let Some(first) = next_signal().await else { return };
    sender.send_if_modified(|signal| signal.replace(first).is_none());
    let _ = tokio::time::timeout(GRACE, next_signal()).await;
    std::process::exit(Exit::TryAgain.code().into());
}

async fn next_signal() -> Option<&'static str> {
    let mut interrupt = signal(SignalKind::interrupt()).ok()?;
    let mut terminate = signal(SignalKind::terminate()).ok()?;
    tokio::select! {
        heard = interrupt.recv() => heard.map(|()| "Ctrl-C"),
        heard = terminate.recv() => heard.map(|()| "SIGTERM"),
    }
}

/// Stops `work` after a signal: in order, if it heeds the request, else by dropping it. Work that reached its end all the
/// same has reached it.
pub(crate) async fn stop(
    signal: &str,
    stop: &Stop,
    work: impl Future<Output = Result<Output, Failed>>,
) -> Result<Output, Failed> {
    if !stop.is_heeded() {
        return Err(failed(signal));
    }
    stop.request();
    match work.await {
        Err(error) if error.exit == Exit::TryAgain => Err(error.within(&format!("stopped by {signal}"))),
        result => result,
    }
}

/// The failure of a command that was interrupted without having begun to write.
fn failed(signal: &str) -> Failed {
    Failed::new(Exit::TryAgain, format!("stopped by {signal}: the server rolls back what was running"))
        .hint("run the same command again to go on; what was committed is recorded")
}
