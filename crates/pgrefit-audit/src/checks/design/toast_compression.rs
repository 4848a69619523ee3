//! Large values that are compressed the slow way.

use pgrefit_catalog::census::{Relation, Source};
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// From so much in TOAST on.
const TOAST_BYTES_MIN: u64 = 1 << 30;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "toast-compression",
    code: "TYP-11",
    group: Group::Design,
    title: "Large values are compressed by pglz, and the server could use lz4.",
    level: Status::Info,
    required: false,
    matters: "lz4 compresses and reads several times as fast as pglz, at about the same size. It is there from 14 on, if the \
              server was built with it, which its list of accepted values tells. Told where tables have 1 GB or more in TOAST \
              and columns that are compressed by default; tables with columns that are not compressed, such as vectors, are \
              not counted.",
    cure: "Set default_toast_compression. It counts for new values; old ones change when they are written anew.",
    sources: &[Source::Settings, Source::Relations, Source::Columns],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.hides_any(&["default_toast_compression"], ruling) {
        return;
    }
    let Some(setting) = facts.setting("default_toast_compression") else {
        ruling.skip("default_toast_compression is there from 14 on");
        return;
    };
    ruling.saw();
    let accepted = setting.enumvals.as_deref().unwrap_or_default();
    if setting.setting != "pglz" || !accepted.iter().any(|it| it == "lz4") {
        return;
    }
    let toast = |table: &Relation| facts.table_bytes(table.oid) - facts.bytes(table.oid);
    let bytes: u64 = facts.heaps().filter(|table| is_compressed(facts, table)).map(toast).sum();
    if bytes >= TOAST_BYTES_MIN {
        ruling
            .info(
                "default_toast_compression",
                format!("{} GB of large values are compressed by pglz; lz4 is faster", bytes >> 30),
            )
            .number("toast_bytes", Cell::Bytes(bytes))
            .sql("ALTER SYSTEM SET default_toast_compression = 'lz4';\nSELECT pg_reload_conf();", "", true);
    }
}

/// Whether its columns of varying length are all compressed, and by the default.
fn is_compressed(facts: &Facts<'_>, table: &Relation) -> bool {
    let mut varying =
        facts.columns(table.oid).iter().filter(|it| it.length < 0 && it.storage != 'p').peekable();
    varying.peek().is_some()
        && varying.all(|it| matches!(it.storage, 'x' | 'm') && it.compression != Some('l'))
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn server(value: &str, accepted: &[&str]) -> Sample {
        Sample::new(16).setting("default_toast_compression", value).with(|census| {
            census.settings[0].enumvals = Some(accepted.iter().map(|it| (*it).to_owned()).collect());
        })
    }

    #[test]
    fn only_what_the_server_accepts_is_advised() {
        let check = |sample: Sample, storage: char, expected: Status| {
            let sample = sample.documents(1e6, 1_024);
            let sample = sample.with(|census| census.columns[0].storage = storage);
            assert_eq!(sample.status(&CHECK), expected, "{storage}");
        };
        check(server("pglz", &["pglz", "lz4"]), 'x', Status::Info);
        check(server("pglz", &["pglz", "lz4"]), 'e', Status::Pass);
        check(server("pglz", &["pglz"]), 'x', Status::Pass);
        check(server("lz4", &["pglz", "lz4"]), 'x', Status::Pass);
        check(Sample::new(16), 'x', Status::Skip);
    }
}
