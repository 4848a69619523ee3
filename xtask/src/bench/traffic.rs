//! An application at work, as pgbench makes it, and what it noticed.

mod figures;
mod log;
mod workload;

pub(super) use figures::{Figures, Window};
pub(super) use workload::{Amount, Script, Workload};

use crate::failure::{Failure, Outcome};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time as pgbench logs it: microseconds since 1970.
pub(super) fn now_us() -> Outcome<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.map_err(|cause| Failure::because("read the clock", cause))?;
    Ok(since.as_micros().try_into().unwrap_or(u64::MAX))
}
