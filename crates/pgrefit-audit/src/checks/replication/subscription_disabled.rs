//! A subscription that does not apply what its publisher holds back for it.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "subscription-disabled",
    code: "REP-01c",
    group: Group::Replication,
    title: "A subscription is disabled.",
    level: Status::Warn,
    required: false,
    matters: "It applies nothing, and its slot on the publisher keeps WAL and dead rows of catalogs until the disk \
              there is full. A failed apply disables it, too, if it has disable_on_error (from 15 on).",
    cure: "Enable it after the cause is gone, or drop it with its slot.",
    sources: &[Source::Subscriptions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.subscriptions.is_empty() {
        ruling.skip("there is no subscription in this database");
    }
    for subscription in &facts.census.subscriptions {
        ruling.saw();
        if subscription.enabled {
            continue;
        }
        let name = quote_ident(&subscription.name);
        if subscription.has_slot {
            ruling.warn(&name, format!("{name} applies nothing, and its publisher keeps WAL for it")).sql(
                format!("ALTER SUBSCRIPTION {name} ENABLE;"),
                "",
                true,
            );
        } else {
            // ENABLE is refused without a slot; what became of the slot only the publisher tells.
            ruling.warn(&name, format!("{name} applies nothing, and names no slot")).hint(
                "give it a slot of the publisher by SET (slot_name = …) before ENABLE, or drop it; look whether its old slot is \
                 still on the publisher",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Subscription;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_disabled_ones_are_found() {
        let check = |enabled: bool, expected: &[&str]| {
            let subscription =
                Subscription { name: "Far".to_owned(), enabled, has_slot: true, has_password: None };
            let sample = Sample::new(18).with(|census| census.subscriptions.push(subscription));
            assert_eq!(sample.objects(&CHECK), expected);
        };
        check(true, &[]);
        check(false, &["\"Far\""]);
    }

    #[test]
    fn without_a_slot_it_cannot_be_enabled() {
        let name = "far".to_owned();
        let subscription = Subscription { name, enabled: false, has_slot: false, has_password: None };
        let sample = Sample::new(18).with(|census| census.subscriptions.push(subscription));
        let findings = sample.verdict(&CHECK).findings;
        assert!(findings[0].remediation.is_none() && findings[0].hint.is_some());
    }
}
