//! Event triggers, which run with each statement of their kind.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "event-trigger",
    code: "SEC-12c",
    group: Group::Security,
    title: "An event trigger runs with each change of the schema, or each login.",
    level: Status::Info,
    required: false,
    matters: "Its function runs as the role whose statement fires it, also as a superuser, and if it raises an \
              error the statement fails: a migration, or with login (from 17 on) every login but those with \
              event_triggers = off. Those of extensions and disabled ones are left out.",
    cure: "Know what it does before a migration; drop it if nobody does.",
    sources: &[Source::EventTriggers],
    example: Some(Example {
        bad: include_str!("event_trigger/bad.sql"),
        good: include_str!("event_trigger/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for trigger in facts.census.event_triggers.iter().filter(|trigger| !trigger.of_extension) {
        ruling.saw();
        if trigger.enabled == 'D' {
            continue;
        }
        let name = quote_ident(&trigger.name);
        let when = if trigger.event == "login" { "each login" } else { "each change of the schema" };
        ruling
            .info(&name, format!("{name} runs with {when}: {}", trigger.event))
            .number("event", trigger.event.as_str())
            .sql(format!("ALTER EVENT TRIGGER {name} DISABLE;"), "", true);
    }
}
