//! Replication and archiving, and how sizes and times of the catalogs are said.

use pgrefit_catalog::census::{Slot, WalFiles};

use super::Facts;

impl Facts<'_> {
    /// A size of the catalogs; a race may make one less than zero.
    pub(crate) fn whole_bytes(bytes: i64) -> u64 {
        u64::try_from(bytes).unwrap_or(0)
    }

    /// Seconds of the catalogs as whole milliseconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut off at zero, and saturating"
    )]
    pub(crate) fn whole_ms(seconds: f64) -> u64 {
        (seconds.max(0.0) * 1_000.0) as u64
    }

    /// Why nothing is archived by this server; none if it should archive.
    pub(crate) fn not_archiving(&self) -> Option<&'static str> {
        match self.text("archive_mode") {
            None | Some("off") => Some("archive_mode is off"),
            Some("on") if self.census.server.in_recovery => {
                Some("a standby archives with archive_mode = always only")
            }
            Some(_) => None,
        }
    }

    /// Whether a slot was given up, so that it holds nothing back any more.
    pub(crate) fn is_lost(slot: &Slot) -> bool {
        slot.wal_status.as_deref() == Some("lost") || slot.invalidation.is_some()
    }

    /// Bytes of the WAL files that wait to be archived.
    pub(crate) fn waiting_bytes(&self, files: &WalFiles) -> u64 {
        const SEGMENT: u64 = 16 << 20;
        let segment = self.setting_bytes("wal_segment_size").unwrap_or(SEGMENT);
        Self::whole_bytes(files.waiting).saturating_mul(segment)
    }
}
