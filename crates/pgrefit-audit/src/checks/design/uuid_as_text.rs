//! UUIDs that are stored as text.

use pgrefit_catalog::census::{Column, ColumnType, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::design::BuiltIn as _;
use crate::{Facts, Ruling};

/// Functions that make UUIDs, by their names.
const MAKERS: [&str; 8] = [
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuid_generate_v7",
    "uuid_generate_v5",
];

/// `atttypmod` of a text of 36 characters: four more.
const WRITTEN: i32 = 40;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "uuid-as-text",
    code: "TYP-07",
    group: Group::Design,
    title: "A column holds UUIDs as text.",
    level: Status::Warn,
    required: false,
    matters: "As text a UUID takes 37 bytes instead of 16, in each index and each foreign key again, is compared by collation, and \
              two spellings of one UUID are two values. Certain where the default makes a UUID; where only the name or a \
              length of 36 says so, it is told as something to know.",
    cure: "ALTER TABLE … TYPE uuid, together with the columns that refer to it; it rewrites the table.",
    sources: &[Source::Columns, Source::Types, Source::Defaults],
    example: Some(Example {
        bad: include_str!("uuid_as_text/bad.sql"),
        good: include_str!("uuid_as_text/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let is_text = |base: &ColumnType| {
        base.is_built_in(&["text", "varchar", "bpchar"]) || base.extension.as_deref() == Some("citext")
    };
    for (table, column, _) in facts.declared_columns().filter(|(_, _, base)| is_text(base)) {
        ruling.saw();
        let made =
            facts.default(table.oid, column.number).filter(|it| it.functions.iter().any(|it| is_maker(it)));
        let (status, message) = match made {
            Some(_) => (Status::Warn, "its default makes a UUID, which it holds as text"),
            None if looks_so(column) => (Status::Info, "by its name or length it holds UUIDs, as text"),
            None => continue,
        };
        ruling
            .found(status, facts.column_name(table.oid, column.number), message)
            .number("rows", facts.rows(table.oid))
            .hint("change it together with the columns that refer to it: ALTER COLUMN … TYPE uuid USING …::uuid");
    }
}

fn is_maker(function: &str) -> bool {
    MAKERS.contains(&function.rsplit('.').next().unwrap_or(function))
}

fn looks_so(column: &Column) -> bool {
    let name = column.name.to_lowercase();
    let stem = name.strip_suffix("uuid").or_else(|| name.strip_suffix("guid"));
    let named = stem.is_some_and(|stem| stem.is_empty() || stem.ends_with('_'));
    // userUuid, userUUID.
    let camel = ["Uuid", "UUID", "Guid", "GUID"].iter().any(|word| {
        let stem = column.name.strip_suffix(word);
        stem.is_some_and(|it| it.ends_with(|c: char| c.is_lowercase() || c.is_numeric()))
    });
    named || camel || column.typmod == WRITTEN
}
