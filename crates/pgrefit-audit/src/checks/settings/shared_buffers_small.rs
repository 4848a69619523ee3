//! Shared buffers that are as small as they come.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From which memory on it is told.
const MEMORY_BYTES: u64 = 4 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "shared-buffers-small",
    code: "CFG-03b",
    group: Group::Settings,
    title: "Shared buffers are a small part of the memory.",
    level: Status::Warn,
    required: false,
    matters: "128 MB are the default so that the server starts everywhere. A quarter of the memory is where the \
              manual begins. Told below 5 % of 4 GiB or more; the memory must be said.",
    cure: "Set shared_buffers to a quarter of the memory, or to the size of all databases if that is less; it \
              needs a restart.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(memory) = facts.options.memory_bytes else {
        ruling.skip("the memory of the server was not said");
        return;
    };
    let Some(shared) = facts.setting_bytes("shared_buffers") else { return };
    ruling.saw();
    if memory >= MEMORY_BYTES && shared < memory / 20 {
        let quarter = (memory / 4) >> 20;
        ruling
            .warn(
                "shared_buffers",
                format!("shared_buffers are {} of {}", human_bytes(shared), human_bytes(memory)),
            )
            .number("shared_buffers_bytes", Cell::Bytes(shared))
            .number("memory_bytes", Cell::Bytes(memory))
            .sql(format!("ALTER SYSTEM SET shared_buffers = '{quarter}MB';  -- and restart"), "", true);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_small_part_is_told() {
        let check = |memory_gib: u64, shared_mib: &str, expected: Status| {
            let mut sample = Sample::new(18).setting_in("shared_buffers", shared_mib, Some("MB"));
            sample.options.memory_bytes = Some(memory_gib << 30);
            assert_eq!(sample.status(&CHECK), expected, "{memory_gib} {shared_mib}");
        };
        check(2, "128", Status::Pass);
        check(8, "128", Status::Warn);
        check(8, "2048", Status::Pass);
        assert_eq!(Sample::new(18).status(&CHECK), Status::Skip);
    }
}
