//! Standbys, slots and sessions.

use pgrefit_catalog::census::{Replica, Slot};

use super::Sample;

impl Sample {
    /// A standby that streams, and is nothing behind.
    pub(crate) fn streaming(self, name: &str, change: impl FnOnce(&mut Replica)) -> Self {
        let mut replica = Replica {
            application: Some(name.to_owned()),
            state: Some("streaming".to_owned()),
            sync_state: Some("async".to_owned()),
            send_lag_bytes: Some(0),
            replay_lag_bytes: Some(0),
            ..Replica::default()
        };
        change(&mut replica);
        self.with(|census| census.replicas.push(replica))
    }

    /// A physical slot that is in use.
    pub(crate) fn replication_slot(self, name: &str, change: impl FnOnce(&mut Slot)) -> Self {
        let mut slot = Slot {
            name: name.to_owned(),
            kind: "physical".to_owned(),
            active: true,
            retained_bytes: Some(0),
            wal_status: Some("reserved".to_owned()),
            ..Slot::default()
        };
        change(&mut slot);
        self.with(|census| census.slots.push(slot))
    }
}
