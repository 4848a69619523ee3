//! Passwords in the connection strings of subscriptions.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "subscription-password",
    code: "SEC-14b",
    group: Group::Security,
    title: "A subscription keeps a password in the database.",
    level: Status::Info,
    required: false,
    matters: "The connection string is stored as it was given: a superuser sees it, and so does whoever reads a \
              dump or a backup. Subscriptions of roles that are no superusers must have one (from 16 on).",
    cure: "Use a certificate, or a password file on the server that subscribes, where a superuser owns the \
              subscription.",
    sources: &[Source::Subscriptions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.subscriptions.is_empty() {
        ruling.skip("there is no subscription in this database");
    }
    for subscription in &facts.census.subscriptions {
        let Some(has_password) = subscription.has_password else {
            ruling.missed("only superusers may see the connection of a subscription", None);
            continue;
        };
        ruling.saw();
        if has_password {
            let name = quote_ident(&subscription.name);
            ruling
                .info(&name, format!("the connection string of {name} holds a password"))
                .hint("use a certificate or a password file");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Subscription;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn what_cannot_be_seen_is_blind() {
        let check = |has_password: Option<bool>, expected: Status| {
            let subscription =
                Subscription { name: "s".to_owned(), enabled: true, has_slot: true, has_password };
            let sample = Sample::new(18).with(|census| census.subscriptions.push(subscription));
            assert_eq!(sample.status(&CHECK), expected, "{has_password:?}");
        };
        check(Some(false), Status::Pass);
        check(Some(true), Status::Info);
        check(None, Status::Blind);
        assert_eq!(Sample::new(18).status(&CHECK), Status::Skip);
    }
}
