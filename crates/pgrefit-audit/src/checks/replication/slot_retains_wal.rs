//! A replication slot behind which WAL piles up.

use pgrefit_catalog::census::{Slot, Source};
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From how many bytes on an unbounded slot is a failure, and from how many times `max_wal_size`.
const FAIL: (u64, u64) = (10 << 30, 10);

/// Of `max_wal_size`, where it cannot be seen.
const WAL_BYTES: u64 = 1 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "slot-retains-wal",
    code: "REP-02c",
    group: Group::Replication,
    title: "A replication slot holds back a lot of WAL.",
    level: Status::Fail,
    required: true,
    matters: "The WAL behind a slot stays on the disk. Where max_slot_wal_keep_size bounds it, the slot is lost at \
              that bound: a failure when its WAL is no longer reserved or less than a tenth of the bound is left. \
              Where it is not bounded, the disk fills and the server stops: told when the slot keeps more than \
              max_wal_size, a failure from ten times that and 10 GiB on.",
    cure: "Find out why the consumer does not keep up; drop the slot if nobody needs it; set \
              max_slot_wal_keep_size.",
    sources: &[Source::Slots, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for slot in facts.census.slots.iter().filter(|slot| !Facts::is_lost(slot)) {
        ruling.saw();
        let held = Facts::whole_bytes(slot.retained_bytes.unwrap_or(0));
        let Some((status, fate)) = judged(facts, slot, held) else { continue };
        ruling
            .found(status, &slot.name, format!("{} keeps {} of WAL: {fate}", slot.name, human_bytes(held)))
            .number("retained_bytes", Cell::Bytes(held))
            .number("safe_wal_bytes", slot.safe_wal_bytes.map(Facts::whole_bytes).map(Cell::Bytes))
            .number("wal_status", slot.wal_status.clone())
            .number("active", slot.active)
            .hint("see what its consumer does; max_slot_wal_keep_size bounds what a slot may keep");
    }
}

fn judged(facts: &Facts<'_>, slot: &Slot, held: u64) -> Option<(Status, &'static str)> {
    let wal = facts.setting_bytes("max_wal_size").unwrap_or(WAL_BYTES);
    if slot.wal_status.as_deref() == Some("unreserved") {
        return Some((Status::Fail, "it is lost at one of the next checkpoints"));
    }
    if let Some(safe) = slot.safe_wal_bytes {
        let near = i64::try_from(held).is_ok_and(|held| safe < held / 9);
        return (near && held > wal).then_some((Status::Fail, "nine tenths of what it may keep are used up"));
    }
    match held {
        held if held >= FAIL.0 && held >= wal.saturating_mul(FAIL.1) => {
            Some((Status::Fail, "nothing bounds it but the disk"))
        }
        held if held > wal => Some((Status::Warn, "more than max_wal_size")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn what_it_holds_is_judged_by_its_bound() {
        let check = |held: i64, safe: Option<i64>, state: &str, expected: Status| {
            let sample = Sample::new(18).setting_in("max_wal_size", "1024", Some("MB"));
            let sample = sample.replication_slot("s", |it| {
                it.retained_bytes = Some(held);
                it.safe_wal_bytes = safe;
                it.wal_status = Some(state.to_owned());
            });
            assert_eq!(sample.status(&CHECK), expected, "{held} {safe:?} {state}");
        };
        check(1 << 20, None, "reserved", Status::Pass);
        check(2 << 30, None, "extended", Status::Warn);
        check(10 << 30, None, "extended", Status::Fail);
        check(2 << 30, Some(8 << 30), "extended", Status::Pass);
        check(19 << 30, Some(1 << 30), "extended", Status::Fail);
        check(0, Some(1 << 20), "reserved", Status::Pass);
        check(1 << 20, None, "unreserved", Status::Fail);
        check(99 << 30, None, "lost", Status::Pass);
    }
}
