//! Any command that is not a developer task: built and handed to the product, in the caller's folder.

use crate::failure::Outcome;
use crate::product::Product;
use crate::shell;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs `pgrefit <args…>` in our place.
pub(crate) fn run(args: &[OsString]) -> Outcome<ExitCode> {
    shell::replace(Product::build()?.command().args(args))
}
