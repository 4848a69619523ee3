//! Replication, WAL and I/O: one line a check.

use crate::check::Check;

mod archive_backlog;
mod archive_command_missing;
mod archiver_failing;
mod backend_fsync;
mod checkpoints_requested;
mod full_page_images;
mod replication_lag;
mod slot_inactive;
mod slot_lost;
mod slot_retains_wal;
mod slow_io;
mod subscription_disabled;
mod synchronous_standby_missing;

pub(super) static CHECKS: &[&Check] = &[
    &archive_backlog::CHECK,
    &archive_command_missing::CHECK,
    &archiver_failing::CHECK,
    &backend_fsync::CHECK,
    &checkpoints_requested::CHECK,
    &full_page_images::CHECK,
    &replication_lag::CHECK,
    &slot_inactive::CHECK,
    &slot_lost::CHECK,
    &slot_retains_wal::CHECK,
    &slow_io::CHECK,
    &subscription_disabled::CHECK,
    &synchronous_standby_missing::CHECK,
];
