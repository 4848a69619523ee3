//! refinery's checksum, for both widths of its version column, and whether a difference is only cosmetic.

use std::hash::{Hash as _, Hasher as _};

use pgrefit_sql::{plain_text, same_meaning};
use siphasher::sip::SipHasher13;

use crate::MigrationFile;

/// The type of the history table's `version` column. It is part of the checksum: refinery hashes the version as an
/// `i32` or, built with its feature `int8-versions`, as an `i64`, so one file has two checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionWidth {
    /// `int4`, refinery's default.
    Int4,
    /// `int8`, refinery's feature `int8-versions`.
    Int8,
}

/// How a file compares with what was recorded when it was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Same checksum.
    Exact,
    /// Other checksum, but nothing besides line ends, byte order mark, blanks at line ends or comments differs.
    Cosmetic,
    /// Something that the server would see was changed.
    Divergent,
}

/// The checksum refinery 0.9 and later computes: SipHash-1-3 over name, version and text, as its `Migration::unapplied`
/// does it (refinery-core 0.10.1, `runner.rs`).
#[must_use]
pub fn checksum(file: &MigrationFile, width: VersionWidth) -> u64 {
    checksum_of(file, &file.sql, width)
}

fn checksum_of(file: &MigrationFile, sql: &str, width: VersionWidth) -> u64 {
    let mut hasher = SipHasher13::new();
    file.name.hash(&mut hasher);
    match (width, i32::try_from(file.version)) {
        (VersionWidth::Int4, Ok(version)) => version.hash(&mut hasher),
        _ => file.version.hash(&mut hasher),
    }
    sql.hash(&mut hasher);
    hasher.finish()
}

/// Compares a file with the recorded checksum and, where pgrefit applied it, with the recorded text.
///
/// Without the text (refinery applied it), the forms that editors and checkouts give a file are tried: line feeds or
/// carriage returns, with and without byte order mark, blanks at line ends and at the end.
#[must_use]
pub fn compare(
    file: &MigrationFile,
    recorded: u64,
    recorded_sql: Option<&str>,
    width: VersionWidth,
) -> Match {
    if checksum(file, width) == recorded {
        return Match::Exact;
    }
    // A table whose version column was widened later still holds the checksums of the narrow one.
    let recorded_as = |form: &str| {
        [VersionWidth::Int4, VersionWidth::Int8]
            .into_iter()
            .any(|width| checksum_of(file, form, width) == recorded)
    };
    let cosmetic = recorded_sql.is_some_and(|sql| same_meaning(sql, &file.sql))
        || recorded_as(&file.sql)
        || cosmetic_forms(&file.sql).iter().any(|form| recorded_as(form));
    if cosmetic { Match::Cosmetic } else { Match::Divergent }
}

fn cosmetic_forms(sql: &str) -> Vec<String> {
    let plain = plain_text(sql);
    let trimmed: String = plain.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    let bare = trimmed.trim_end().to_owned();
    let mut forms = Vec::new();
    for body in [plain, trimmed, format!("{bare}\n"), format!("{bare}\n\n"), bare] {
        let windows = body.replace('\n', "\r\n");
        forms.extend([format!("\u{feff}{body}"), format!("\u{feff}{windows}"), windows, body]);
    }
    forms
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn file(name: &str, sql: &str) -> MigrationFile {
        MigrationFile::new(Path::new(name), sql.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_wide_checksum_is_refinerys_own() {
        for (name, sql) in
            [("V1__a.sql", "CREATE TABLE t ();"), ("V20260131120000__b.sql", ""), ("U3__c_d.sql", "ä\r\n")]
        {
            let refinery = refinery::Migration::unapplied(name.trim_end_matches(".sql"), sql).unwrap();
            assert_eq!(checksum(&file(name, sql), VersionWidth::Int8), refinery.checksum(), "{name}");
        }
    }

    #[test]
    fn the_narrow_checksum_is_that_of_a_default_refinery() {
        // Recorded by refinery_cli 0.10.0 (built without `int8-versions`) for a file `V1__first.sql` of this text.
        assert_eq!(
            checksum(&file("V1__first.sql", "CREATE TABLE t (a int);\n"), VersionWidth::Int4),
            RECORDED_BY_REFINERY_CLI
        );
    }
    const RECORDED_BY_REFINERY_CLI: u64 = 8_068_790_134_849_000_217;

    #[test]
    fn differences_are_judged() {
        let check = |applied: &str, known: bool, now: &str, expected: Match| {
            let recorded = checksum(&file("V1__a.sql", applied), VersionWidth::Int4);
            let found =
                compare(&file("V1__a.sql", now), recorded, known.then_some(applied), VersionWidth::Int4);
            assert_eq!(found, expected, "{applied:?} / {now:?}");
        };
        let sql = "CREATE TABLE t (a int);\n-- end\n";
        check(sql, false, sql, Match::Exact);
        check(sql, false, "CREATE TABLE t (a int);\r\n-- end\r\n", Match::Cosmetic);
        check("CREATE TABLE t (a int);\r\n-- end\r\n", false, sql, Match::Cosmetic);
        check(sql, false, "\u{feff}CREATE TABLE t (a int);\n-- end\n", Match::Cosmetic);
        check(sql, false, "CREATE TABLE t (a int);  \n-- end", Match::Cosmetic);
        check(sql, false, "CREATE TABLE t (a int);\n", Match::Divergent);
        check(sql, true, "CREATE TABLE t (a int);\n", Match::Cosmetic);
        check(sql, true, "CREATE TABLE t (a  int); /* why */", Match::Cosmetic);
        check(sql, true, "CREATE TABLE t (b int);\n-- end\n", Match::Divergent);
    }
}
