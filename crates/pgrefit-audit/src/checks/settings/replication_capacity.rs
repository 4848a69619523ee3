//! A server that has no room for another standby.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "replication-capacity",
    code: "CFG-12d",
    group: Group::Settings,
    title: "No further standby, backup or slot finds room.",
    level: Status::Warn,
    required: false,
    matters: "With all of max_wal_senders or max_replication_slots in use, a base backup fails, and so does a \
              standby that is to replace a broken one. Both need a restart to be raised.",
    cure: "Drop what is not needed, or raise the limit at the next restart.",
    sources: &[Source::Settings, Source::Slots, Source::Replicas],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let (slots, senders) = (facts.census.slots.len(), facts.census.replicas.len());
    let mut found = false;
    for (name, used) in [("max_replication_slots", slots), ("max_wal_senders", senders)] {
        let Some(limit) = facts.number(name).filter(|_| used > 0) else { continue };
        found = true;
        ruling.saw();
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let full = used as f64 >= limit;
        if full {
            ruling
                .warn(name, format!("all {used} of {name} are in use"))
                .number("used", used)
                .number("limit", limit)
                .hint("drop what is not needed, or raise it at the next restart");
        }
    }
    if !found {
        ruling.skip("there is neither a slot nor a standby");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_last_place_is_told() {
        let check = |limit: &str, slots: usize, expected: Status| {
            let mut sample = Sample::new(18).setting("max_replication_slots", limit);
            for _ in 0..slots {
                sample = sample.replication_slot("s", |_| {});
            }
            assert_eq!(sample.status(&CHECK), expected, "{limit} {slots}");
        };
        check("10", 0, Status::Skip);
        check("10", 9, Status::Pass);
        check("10", 10, Status::Warn);
    }
}
