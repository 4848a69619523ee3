//! A replication slot that the server gave up.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "slot-lost",
    code: "REP-02b",
    group: Group::Replication,
    title: "A replication slot was invalidated: its consumer cannot go on.",
    level: Status::Fail,
    required: true,
    matters: "What the consumer still needed is gone: WAL was removed (max_slot_wal_keep_size, \
              idle_replication_slot_timeout), rows were, or wal_level was lowered. A standby must be rebuilt or \
              fed from the archive, a subscription must copy its tables again. The slot itself holds nothing back \
              any more.",
    cure: "Drop the slot, and set the consumer up anew.",
    sources: &[Source::Slots],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for slot in &facts.census.slots {
        ruling.saw();
        if !Facts::is_lost(slot) {
            continue;
        }
        let why = slot.invalidation.as_deref().unwrap_or("its WAL was removed");
        ruling
            .fail(&slot.name, format!("the consumer of {} cannot go on: {why}", slot.name))
            .number("kind", slot.kind.as_str())
            .number("wal_status", slot.wal_status.clone())
            .sql(format!("SELECT pg_drop_replication_slot('{}');", slot.name.replace('\'', "''")), "", false);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Slot;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn lost_and_invalidated_slots_are_found() {
        let check = |change: fn(&mut Slot), expected: &[&str]| {
            assert_eq!(Sample::new(18).replication_slot("s", change).objects(&CHECK), expected);
        };
        check(|_| {}, &[]);
        check(|it| it.active = false, &[]);
        check(|it| it.wal_status = Some("unreserved".to_owned()), &[]);
        check(|it| it.wal_status = Some("lost".to_owned()), &["s"]);
        check(|it| it.invalidation = Some("rows_removed".to_owned()), &["s"]);
    }
}
