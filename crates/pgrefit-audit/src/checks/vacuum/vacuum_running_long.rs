//! One VACUUM that has run for a day.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, percent, said, share, span};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "vacuum-running-long",
    code: "VAC-06b",
    group: Group::Vacuum,
    title: "A VACUUM has run for more than a day.",
    level: Status::Warn,
    required: false,
    matters: "Rows that die after it began must wait for the next one. Most often the delay by cost is too long for a table of \
              this size, the memory is too small so that the indexes are read several times, or it waits for a page that a \
              cursor holds.",
    cure: "Let it run to its end. For the next one, raise autovacuum_vacuum_cost_limit and maintenance_work_mem.",
    sources: &[Source::Progress, Source::Backends],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for progress in facts.census.progress.iter().filter(|it| it.command == "VACUUM") {
        let Some(backend) = facts.backend(progress.pid) else { continue };
        if let Some((why, grant)) = facts.why_unseen(backend) {
            ruling.missed(why, grant);
            continue;
        }
        ruling.saw();
        let Some(age) = backend.transaction_age_s.filter(|age| *age >= DAY_S) else { continue };
        let object = progress.relation.map_or_else(|| facts.backend_name(progress.pid), |it| facts.name(it));
        let phase = progress.phase.as_deref().map(|phase| format!(", now {phase}")).unwrap_or_default();
        let waits = match (&backend.wait_event_type, &backend.wait_event) {
            (Some(kind), Some(event)) if kind == "Lock" || kind == "BufferPin" => {
                format!(", and waits for {event}")
            }
            _ => String::new(),
        };
        let done = progress.done.zip(progress.total).map(|(done, total)| percent(share(done, total)));
        ruling
            .warn(object, format!("VACUUM has run for {}{phase}{waits}", said(age)))
            .number("pid", progress.pid)
            .number("running_ms", span(age))
            .number("done_percent", done)
            .hint("let it run to its end; a VACUUM that is cancelled begins anew");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(command: &str, age_s: f64) -> Sample {
        Sample::new(17)
            .relation(100, RelationKind::Table, "t", |_| {})
            .backend(7, |it| it.transaction_age_s = Some(age_s))
            .progress(7, command, Some(100))
    }

    #[test]
    fn a_day_is_long() {
        let check = |command: &str, age_s: f64, expected: &[&str]| {
            assert_eq!(sample(command, age_s).objects(&CHECK), expected, "{command} {age_s}");
        };
        check("VACUUM", 3_600.0, &[]);
        check("VACUUM", 90_000.0, &["public.t"]);
        check("CREATE INDEX", 90_000.0, &[]);
    }

    #[test]
    fn a_hidden_vacuum_is_not_judged() {
        let sample = Sample::new(17).hidden_backend(7).progress(7, "VACUUM", None);
        assert_eq!(sample.status(&CHECK), Status::Blind);
    }
}
