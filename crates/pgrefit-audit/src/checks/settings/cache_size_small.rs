//! A planner that thinks less is cached than the server holds itself.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "cache-size-small",
    code: "CFG-07c",
    group: Group::Settings,
    title: "The planner thinks the cache smaller than shared_buffers.",
    level: Status::Warn,
    required: false,
    matters: "effective_cache_size is what the planner takes for cached, by the server and the operating system \
              together. Less than shared_buffers is impossible, and makes index scans look dearer than they are.",
    cure: "Set it to shared_buffers and what the operating system caches, usually two thirds of the memory.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.hides_any(&["effective_cache_size"], ruling) {
        return;
    }
    let (Some(cache), Some(shared)) =
        (facts.setting_bytes("effective_cache_size"), facts.setting_bytes("shared_buffers"))
    else {
        return;
    };
    ruling.saw();
    if cache < shared {
        let message = format!(
            "the planner takes {} for cached, and shared_buffers are {}",
            human_bytes(cache),
            human_bytes(shared)
        );
        ruling
            .warn("effective_cache_size", message)
            .number("effective_cache_size_bytes", Cell::Bytes(cache))
            .number("shared_buffers_bytes", Cell::Bytes(shared))
            .hint("two thirds of the memory is usual; a reload is enough");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn it_is_no_less_than_shared_buffers() {
        let check = |cache: &str, shared: &str, expected: Status| {
            let sample = Sample::new(18).setting_in("effective_cache_size", cache, Some("8kB"));
            assert_eq!(sample.setting_in("shared_buffers", shared, Some("8kB")).status(&CHECK), expected);
        };
        check("524288", "16384", Status::Pass);
        check("524288", "524288", Status::Pass);
        check("524288", "1048576", Status::Warn);
    }
}
