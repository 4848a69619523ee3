//! The planner's idea of the disk.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "random-page-cost",
    code: "CFG-07b",
    group: Group::Settings,
    title: "The planner takes the disk for one with a head that moves.",
    level: Status::Warn,
    required: false,
    matters: "random_page_cost is 4 by default, for disks whose head moves; on an SSD or with the data in memory \
              1.1 is nearer, and index scans are chosen where they pay. The kind of disk is not known here, so it \
              is something to know. A value below seq_page_cost is wrong on any disk, and a warning.",
    cure: "On an SSD set random_page_cost to 1.1, on a copy first: plans change.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.hides_any(&["random_page_cost", "seq_page_cost"], ruling) {
        return;
    }
    let Some(random) = facts.number("random_page_cost") else { return };
    ruling.saw();
    let sequential = facts.number("seq_page_cost").unwrap_or(1.0);
    let place = facts.of_database("random_page_cost");
    if random < sequential {
        ruling
            .warn(
                "random_page_cost",
                format!(
                    "random_page_cost is {random}{place}, less than seq_page_cost, which is {sequential}"
                ),
            )
            .number("random_page_cost", random)
            .hint("a random page costs at least what a page in order costs");
    } else if random >= sequential * 4.0 {
        let mut found = ruling.info(
            "random_page_cost",
            format!("random_page_cost is {random}{place}, as for a disk with a head that moves"),
        );
        found.number("random_page_cost", random);
        facts.cure_setting("random_page_cost", "1.1", &mut found);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn costs_are_compared() {
        let check = |random: &str, sequential: &str, expected: Status| {
            let sample = Sample::new(18).setting("random_page_cost", random);
            assert_eq!(sample.setting("seq_page_cost", sequential).status(&CHECK), expected, "{random}");
        };
        check("4", "1", Status::Info);
        check("1.1", "1", Status::Pass);
        check("1", "1", Status::Pass);
        check("0.5", "1", Status::Warn);
        let own =
            Sample::new(18).setting_with("random_page_cost", "1.1", |it| it.source = "client".to_owned());
        assert_eq!(own.status(&CHECK), Status::Blind);
        // Scaled as a whole.
        check("0.11", "0.1", Status::Pass);
    }
}
