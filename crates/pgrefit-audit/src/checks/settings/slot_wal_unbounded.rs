//! Slots that may keep WAL until the disk is full.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Status, counted};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "slot-wal-unbounded",
    code: "CFG-12b",
    group: Group::Settings,
    title: "Replication slots may keep WAL until the disk is full.",
    level: Status::Warn,
    required: false,
    matters: "With max_slot_wal_keep_size at -1, which is the default, a consumer that stops takes the primary \
              down with it. With a bound, the slot is lost instead. Told only where there are slots. \
              idle_replication_slot_timeout, from 18 on, is a bound in time: slow consumers are not covered by it.",
    cure: "Set max_slot_wal_keep_size to a third or a half of the disk of the WAL, and reload.",
    sources: &[Source::Settings, Source::Slots],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let slots = facts.census.slots.iter().filter(|slot| !slot.temporary).count();
    if slots == 0 {
        ruling.skip("there is no replication slot");
        return;
    }
    let Some(bound) = facts.number("max_slot_wal_keep_size") else { return };
    ruling.saw_many(slots);
    if bound < 0.0 {
        ruling
            .warn(
                "max_slot_wal_keep_size",
                format!("{} may keep WAL until the disk is full", counted(slots, "slot")),
            )
            .number("slots", slots)
            .hint("set it to a third or a half of the disk of the WAL, and reload");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn without_slots_nothing_is_kept() {
        let bound = |value: &str| Sample::new(18).setting("max_slot_wal_keep_size", value);
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(bound("-1"), Status::Skip);
        check(bound("-1").replication_slot("s", |_| {}), Status::Warn);
        check(bound("10240").replication_slot("s", |_| {}), Status::Pass);
        check(bound("-1").replication_slot("s", |it| it.temporary = true), Status::Skip);
    }
}
