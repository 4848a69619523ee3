//! A replication slot that nobody reads from.

use pgrefit_catalog::census::{Slot, Source};
use pgrefit_report::{Cell, Status, human_bytes, human_duration};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// For how long nobody may be connected.
const IDLE_S: f64 = 3_600.0;

/// Before 17: from how many bytes of WAL on it is more than a reconnect.
const HELD_BYTES: i64 = 1 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "slot-inactive",
    code: "REP-02",
    group: Group::Replication,
    title: "Nobody is connected to a replication slot.",
    level: Status::Warn,
    required: false,
    matters: "A slot keeps WAL, and the rows that its consumer may still need, until somebody reads it. One that \
              was forgotten fills the disk and stops VACUUM. From 17 on it is told after an hour; before, where \
              there is no time to go by, from 1 GiB of WAL on, and below that as something to know. A slot that \
              reserves nothing does no harm. On a standby nothing is said: slots that are synchronized from the \
              primary are always inactive there.",
    cure: "Connect the consumer again, or drop the slot: the consumer must then be set up anew.",
    sources: &[Source::Slots],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        ruling.skip("on a standby, slots that are synchronized are always inactive");
        return;
    }
    for slot in facts.census.slots.iter().filter(|slot| !slot.temporary) {
        ruling.saw();
        let holds =
            slot.retained_bytes.is_some() || slot.xmin_age.is_some() || slot.catalog_xmin_age.is_some();
        if slot.active || Facts::is_lost(slot) || !holds {
            continue;
        }
        let held = slot.retained_bytes.unwrap_or(0);
        let status = match slot.inactive_age_s {
            Some(age) if age < IDLE_S => continue,
            None if held < HELD_BYTES => Status::Info,
            _ => Status::Warn,
        };
        found(slot, status, ruling);
    }
}

fn found(slot: &Slot, status: Status, ruling: &mut Ruling) {
    let held = Facts::whole_bytes(slot.retained_bytes.unwrap_or(0));
    let age = slot.inactive_age_s.map(Facts::whole_ms);
    let since = age.map_or_else(String::new, |age| format!(" for {}", human_duration(age)));
    let message =
        format!("nobody is connected to {}{since}, and it holds {} of WAL", slot.name, human_bytes(held));
    ruling
        .found(status, &slot.name, message)
        .number("retained_bytes", Cell::Bytes(held))
        .number("inactive_ms", age.map(Cell::DurationMs))
        .number("xmin_age", slot.xmin_age)
        .number("catalog_xmin_age", slot.catalog_xmin_age)
        .sql(format!("SELECT pg_drop_replication_slot('{}');", slot.name.replace('\'', "''")), "", false);
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Slot;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn forgotten_slots_are_found() {
        let check = |major: u32, age: Option<f64>, held: Option<i64>, expected: Status| {
            let sample = Sample::new(major).replication_slot("s", |it| {
                it.active = false;
                it.inactive_age_s = age;
                it.retained_bytes = held;
            });
            assert_eq!(sample.status(&CHECK), expected, "{major} {age:?} {held:?}");
        };
        check(18, Some(60.0), Some(1 << 40), Status::Pass);
        check(18, Some(7_200.0), Some(0), Status::Warn);
        check(16, None, Some(1 << 20), Status::Info);
        check(16, None, Some(2 << 30), Status::Warn);
        // Reserves nothing.
        check(16, None, None, Status::Pass);
    }

    #[test]
    fn look_alikes_are_left_alone() {
        let forgotten = |slot: &mut Slot| {
            slot.active = false;
            slot.inactive_age_s = Some(1e6);
        };
        let slot = |change: fn(&mut Slot)| {
            Sample::new(18).replication_slot("s", |it| {
                forgotten(it);
                change(it);
            })
        };
        assert_eq!(slot(|_| {}).status(&CHECK), Status::Warn);
        assert_eq!(slot(|it| it.active = true).status(&CHECK), Status::Pass);
        assert_eq!(slot(|it| it.temporary = true).status(&CHECK), Status::Pass);
        assert_eq!(slot(|it| it.wal_status = Some("lost".to_owned())).status(&CHECK), Status::Pass);
        let standby = slot(|_| {}).with(|census| census.server.in_recovery = true);
        assert_eq!(standby.status(&CHECK), Status::Skip);
    }
}
