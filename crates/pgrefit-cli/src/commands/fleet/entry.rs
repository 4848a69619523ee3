//! One entry of the list, as in a pod of an Indexed Job: the command itself, as if there were no fleet.

use std::pin::Pin;

use clap::Parser as _;

use super::members::Fleet;
use crate::arguments::Arguments;
use crate::context::variable;
use crate::{Exit, Failed, Output};

/// Runs a command, given by its arguments, on the only member of a fleet.
pub(super) async fn run(fleet: &Fleet<'_>, arguments: &[String]) -> Result<Output, Failed> {
    let Some(member) = fleet.members().first() else {
        return Err(Failed::new(Exit::Internal, "an entry was chosen, and there is none"));
    };
    let all = std::iter::once("pgrefit").chain(arguments.iter().map(String::as_str));
    let command = Arguments::try_parse_from(all)
        .map_err(|error| Failed::new(Exit::Internal, error.to_string()))?
        .command;
    let url = member.entry.url(&variable)?;
    let inner = fleet.context.for_database(command.name(), &url, fleet.flags_of(&member.entry));
    let _ = fleet.context.told_as.set((command.name(), member.entry.name.clone()));
    tracing::info!(target: "pgrefit", database = member.entry.name, entry = member.place, "one of the list");
    // Of a type that does not name that of this function: `command` could be a fleet again.
    let work: Pin<Box<dyn Future<Output = Result<Output, Failed>> + '_>> = Box::pin(command.run(&inner));
    work.await
}
