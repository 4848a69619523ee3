//! A large shared memory without huge pages.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status, human_bytes};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// Bytes of shared memory from which on it is told, and from which on it is a warning.
const SHARED: (u64, u64) = (8 << 30, 32 << 30);

/// The check.
pub(super) static CHECK: Check = Check {
    id: "huge-pages-unused",
    code: "CFG-04",
    group: Group::Settings,
    title: "A large shared memory does without huge pages.",
    level: Status::Warn,
    required: false,
    matters: "Each process keeps its own table of pages: for 16 GiB in pages of 4 KiB that is 32 MiB a connection. \
              Told from 8 GiB of shared memory on, as a warning from 32 GiB on. From 17 on the server says whether \
              it got huge pages; before, it is told only where huge_pages is off.",
    cure: "Set vm.nr_hugepages of the kernel to shared_memory_size_in_huge_pages and restart the server.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let unused = match (facts.text("huge_pages_status"), facts.text("huge_pages")) {
        (Some("unknown"), _) | (None, None) => {
            return ruling.skip("the server does not say whether it has huge pages");
        }
        (Some(status), _) => status == "off",
        (None, Some(wanted)) if wanted != "off" => {
            return ruling.skip("before 17 the server does not say whether it got them");
        }
        (None, Some(_)) => true,
    };
    let size = facts.setting_bytes("shared_memory_size").or_else(|| facts.setting_bytes("shared_buffers"));
    let Some(size) = size else { return };
    ruling.saw();
    if unused && size >= SHARED.0 {
        let status = if size >= SHARED.1 { Status::Warn } else { Status::Info };
        let pages = facts.number("shared_memory_size_in_huge_pages").filter(|pages| *pages > 0.0);
        let hint = pages.map_or("set vm.nr_hugepages and restart".to_owned(), |it| {
            format!("set vm.nr_hugepages to {it} and restart")
        });
        ruling
            .found(status, "huge_pages", format!("{} of shared memory are in small pages", human_bytes(size)))
            .number("shared_memory_bytes", Cell::Bytes(size))
            .number("huge_pages_needed", pages)
            .hint(hint);
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn the_server_says_so_from_17_on() {
        let check = |status: Option<&str>, wanted: &str, gib: u64, expected: Status| {
            let mut sample =
                Sample::new(if status.is_some() { 17 } else { 16 }).setting("huge_pages", wanted);
            if let Some(status) = status {
                sample = sample.setting("huge_pages_status", status);
            }
            let sample = sample.setting_in("shared_memory_size", &(gib << 10).to_string(), Some("MB"));
            assert_eq!(sample.status(&CHECK), expected, "{status:?} {wanted} {gib}");
        };
        check(Some("on"), "try", 64, Status::Pass);
        check(Some("off"), "try", 64, Status::Warn);
        check(Some("off"), "try", 16, Status::Info);
        check(Some("off"), "try", 1, Status::Pass);
        check(Some("unknown"), "try", 64, Status::Skip);
        check(None, "try", 64, Status::Skip);
        check(None, "off", 64, Status::Warn);
    }
}
