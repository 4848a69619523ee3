//! A DETACH PARTITION … CONCURRENTLY that was interrupted.

use pgrefit_catalog::census::{Inheritance, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "detach-pending",
    code: "PAR-04",
    group: Group::Partitions,
    title: "A DETACH PARTITION … CONCURRENTLY was begun and not ended.",
    level: Status::Warn,
    required: false,
    matters: "Its rows no longer show in the partitioned table, rows for it are refused, and no other partition of the table \
              can be detached CONCURRENTLY. The first half of the command has committed; it broke off while it waited for \
              older transactions. Where a session still runs it, it is only something to know. From 14 on.",
    cure: "ALTER TABLE … DETACH PARTITION … FINALIZE.",
    sources: &[Source::Relations, Source::Inheritance, Source::Backends],
    example: Some(Example {
        bad: include_str!("detach_pending/bad.sql"),
        good: include_str!("detach_pending/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.major() < 14 {
        return ruling.skip("DETACH PARTITION … CONCURRENTLY is there from 14 on");
    }
    for edge in &facts.census.inheritance {
        let parent = facts.relation(edge.parent).filter(|it| it.kind == RelationKind::Partitioned);
        if parent.is_none() {
            continue;
        }
        if !edge.detach_pending {
            ruling.saw();
        } else if is_running(facts) {
            ruling.saw();
            let message = format!("it is being detached from {} at this moment", facts.name(edge.parent));
            ruling.info(facts.name(edge.child), message);
        } else if facts.census.backends.iter().any(|it| it.hidden) {
            ruling.missed(
                "statements of other sessions are hidden from this role",
                Some(facts.grant_monitor()),
            );
        } else {
            ruling.saw();
            tell(facts, edge, ruling);
        }
    }
}

/// Whether a session detaches a partition of something.
fn is_running(facts: &Facts<'_>) -> bool {
    let detaches = |query: &str| query.to_uppercase().contains("DETACH PARTITION");
    let is_active = |state: Option<&str>| state == Some("active");
    let mut backends = facts.census.backends.iter();
    backends.any(|it| is_active(it.state.as_deref()) && it.query.as_deref().is_some_and(detaches))
}

fn tell(facts: &Facts<'_>, edge: &Inheritance, ruling: &mut Ruling) {
    let (parent, child) = (facts.name(edge.parent), facts.name(edge.child));
    ruling
        .warn(child.clone(), format!("it is half detached from {parent}"))
        .number("rows", facts.rows(edge.child))
        .sql(format!("ALTER TABLE {parent} DETACH PARTITION {child} FINALIZE;"), "ACCESS EXCLUSIVE", true);
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Backend;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::partitions::range;

    #[test]
    fn it_matters_whether_somebody_is_at_it() {
        let sample = |major: u32, query: &str, hidden: bool| {
            let sample = Sample::new(major).partitioned(100, "t", 'r', "id", "int8");
            let sample = sample.partition(101, 100, "t_1", &range(20, Some(0), Some(10)));
            let backend = Backend {
                state: (!hidden).then(|| "active".to_owned()),
                query: (!hidden).then(|| query.to_owned()),
                hidden,
                ..Backend::default()
            };
            sample.with(|census| {
                census.inheritance[0].detach_pending = true;
                census.backends.push(backend);
            })
        };
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(sample(18, "SELECT $1", false), Status::Warn);
        check(sample(18, "alter table t detach partition t_1 concurrently", false), Status::Info);
        check(sample(18, "", true), Status::Blind);
        check(sample(13, "SELECT $1", false), Status::Skip);
    }
}
