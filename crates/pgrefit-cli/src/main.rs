//! The `pgrefit` binary; everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    pgrefit_cli::main()
}
