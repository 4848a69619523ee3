//! The command line of pgrefit: reads arguments and environment, runs one command, prints its result, and ends with a
//! documented exit code. The only crate that does any of these.

mod archives;
mod arguments;
mod backups;
mod commands;
mod config;
mod context;
mod databases;
mod embedded;
mod exit;
mod failed;
mod interrupt;
mod logging;
mod nearest;
mod output;
mod production;
mod progress;
mod runs;
mod setup;
mod size;
mod span;
mod telemetry;
mod url_file;
mod workloads;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

pub use exit::Exit;

use arguments::Arguments;
use context::Context;
use failed::Failed;
use interrupt::Interrupt;
use output::Output;

/// Runs the command that the process was called with.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::init(&arguments.global);
    let context = Context::new(arguments.global, arguments.command.name());
    let result = run(arguments.command, &context);
    output::print(result, &context).into()
}

fn run(command: commands::Command, context: &Context) -> Result<Output, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::new(Exit::Internal, format!("failed to start: {error}")))?;
    let interrupt = Interrupt::listen(context.global.leash);
    arm_failpoint();
    let result = runtime.block_on(async {
        let mut work = std::pin::pin!(command.run(context));
        tokio::select! {
            result = &mut work => result,
            signal = interrupt.received() => interrupt::stop(signal, &context.stop, work).await,
        }
    });
    // What still reads a folder that hangs, or looks up a name, is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// A place at which a test wants this process to stop.
#[cfg(debug_assertions)]
fn arm_failpoint() {
    if let Some(place) = context::variable("PGREFIT_FAILPOINT") {
        pgrefit_history::failpoint::arm(&place);
    }
}

#[cfg(not(debug_assertions))]
fn arm_failpoint() {}
