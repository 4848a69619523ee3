//! WAL that is mostly whole pages.

use pgrefit_catalog::census::Source;
use pgrefit_report::{Cell, Status};

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// Bytes a day from which on it is told, and is more than something to know.
const DAILY: (f64, f64) = (10.0 * GIB, 50.0 * GIB);

/// 1 GiB.
const GIB: f64 = 1_073_741_824.0;

/// The share that is told.
const SHARE: f64 = 0.6;

/// A day.
const DAY_S: f64 = 86_400.0;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "full-page-images",
    code: "WAL-02",
    group: Group::Replication,
    title: "Most of the WAL is images of whole pages.",
    level: Status::Warn,
    required: false,
    matters: "After each checkpoint, the first change of a page logs all of it. Where that is more than six tenths \
              of the WAL and the WAL is more than 10 GiB a day, checkpoints farther apart or wal_compression make \
              it a fraction; told as more than something to know from 50 GiB a day on. With wal_compression on, \
              the size of the images is not known, and nothing is said.",
    cure: "Set wal_compression to a method that this server has, and make checkpoint_timeout and max_wal_size \
              larger.",
    sources: &[Source::Wal, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(wal) = &facts.census.wal else { return };
    if facts.hides_any(&["wal_compression"], ruling) {
        return;
    }
    if facts.text("wal_compression") != Some("off") {
        ruling.skip("images of pages are compressed");
        return;
    }
    ruling.saw();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let (bytes, images) =
        (wal.bytes as f64, (wal.full_page_images.saturating_mul(facts.census.server.block_size)) as f64);
    let Some(window) = wal.reset_age_s.filter(|age| *age >= DAY_S) else { return };
    let (share, daily) = ((images / bytes.max(1.0)).min(1.0), bytes / window * DAY_S);
    if share < SHARE || daily < DAILY.0 {
        return;
    }
    let status = if daily < DAILY.1 { Status::Info } else { Status::Warn };
    let best = ["lz4", "zstd", "pglz", "on"];
    let offered =
        facts.setting("wal_compression").and_then(|setting| setting.enumvals.as_deref()).unwrap_or_default();
    let method = best.iter().find(|method| offered.iter().any(|it| it == *method)).unwrap_or(&"on");
    ruling
        .found(
            status,
            "wal_compression",
            format!("{:.0} % of the WAL is images of whole pages", share * 100.0),
        )
        .number("full_page_images", wal.full_page_images)
        .number("wal_bytes", Cell::Bytes(Facts::whole_bytes(wal.bytes)))
        .number("window_ms", Cell::DurationMs(Facts::whole_ms(window)))
        .sql(format!("ALTER SYSTEM SET wal_compression = '{method}';\nSELECT pg_reload_conf();"), "", true);
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Setting, Wal};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn much_wal_of_whole_pages_is_told() {
        let check = |gib: i64, images: i64, compression: &str, expected: Status| {
            let wal = Wal {
                bytes: gib << 30,
                full_page_images: (images << 30) / 8_192,
                reset_age_s: Some(86_400.0),
                ..Wal::default()
            };
            let sample = Sample::new(18).setting("wal_compression", compression);
            assert_eq!(
                sample.with(|census| census.wal = Some(wal)).status(&CHECK),
                expected,
                "{gib} {images}"
            );
        };
        check(5, 5, "off", Status::Pass);
        check(20, 5, "off", Status::Pass);
        check(20, 15, "off", Status::Info);
        check(60, 50, "off", Status::Warn);
        check(60, 50, "pglz", Status::Skip);
    }

    #[test]
    fn a_method_that_this_server_has_is_proposed() {
        let wal = Wal {
            bytes: 60 << 30,
            full_page_images: 60 << 17,
            reset_age_s: Some(86_400.0),
            ..Wal::default()
        };
        let values =
            |setting: &mut Setting| setting.enumvals = Some(vec!["pglz".to_owned(), "on".to_owned()]);
        let sample = Sample::new(18).setting_with("wal_compression", "off", values);
        let verdict = sample.with(|census| census.wal = Some(wal)).verdict(&CHECK);
        assert!(verdict.findings[0].remediation.as_ref().expect("a cure").sql.contains("'pglz'"));
    }
}
