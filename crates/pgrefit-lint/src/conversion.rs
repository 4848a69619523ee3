//! What a type change costs, with what the schema knows: domains, enums, and `USING`.

use crate::schema::Schema;
use crate::types::{SqlType, TypeChange};

/// What `ALTER COLUMN column TYPE to USING using` does to the rows.
pub(crate) fn change(
    schema: &Schema,
    old: Option<&SqlType>,
    to: &SqlType,
    column: &str,
    using: Option<&str>,
) -> TypeChange {
    if using.is_some_and(|using| !is_plain_cast(using, column, to)) {
        return TypeChange::Rewrite;
    }
    if old.is_some_and(|old| old.is_alike(to)) {
        return TypeChange::CatalogOnly;
    }
    let target = schema.domain(to);
    if target.is_some_and(|domain| domain.constrained) {
        return TypeChange::Rewrite;
    }
    let to = target.map_or(to, |domain| &domain.base);
    match old {
        None => to.change_from_unknown(),
        Some(old) => schema.domain(old).map_or(old, |domain| &domain.base).change_to(to),
    }
}

/// Whether `USING` only says what an assignment does anyway: the column itself, or a cast of it to the new type.
fn is_plain_cast(using: &str, column: &str, to: &SqlType) -> bool {
    let bare = |text: &str| text.trim().trim_matches(['(', ')', '"']).trim() == column;
    if bare(using) {
        return true;
    }
    let cast = using.strip_prefix("cast(").and_then(|rest| rest.strip_suffix(')')?.rsplit_once(" as "));
    let parts = cast.or_else(|| using.trim_matches(['(', ')']).rsplit_once("::"));
    // A cast without the length would lose it before the column's own length is looked at.
    parts.is_some_and(|(value, name)| bare(value) && SqlType::parse(name) == *to)
}

/// Whether a time zone is UTC under any of its names, so that `timestamp` and `timestamptz` are stored alike.
pub(crate) fn is_utc(zone: &str) -> bool {
    let name = zone.trim().trim_matches(['\'', '"']).to_ascii_lowercase();
    let bare = name.strip_prefix("etc/").unwrap_or(&name);
    matches!(
        bare,
        "utc"
            | "uct"
            | "gmt"
            | "zulu"
            | "universal"
            | "greenwich"
            | "gmt0"
            | "0"
            | "+0"
            | "-0"
            | "+00"
            | "+00:00"
    )
}

#[cfg(test)]
mod tests {
    use super::{SqlType, TypeChange, change, is_utc};
    use crate::schema::Schema;

    #[test]
    fn using_counts_only_if_it_computes() {
        let check = |old: Option<&str>, to: &str, using: Option<&str>, expected: TypeChange| {
            let old = old.map(SqlType::parse);
            let found = change(&Schema::default(), old.as_ref(), &SqlType::parse(to), "a", using);
            assert_eq!(found, expected, "{old:?} {to} {using:?}");
        };
        check(Some("varchar(5)"), "text", None, TypeChange::CatalogOnly);
        check(Some("varchar(5)"), "text", Some("a"), TypeChange::CatalogOnly);
        check(Some("varchar(5)"), "text", Some("a::text"), TypeChange::CatalogOnly);
        check(Some("varchar(5)"), "varchar(9)", Some("(a::varchar)"), TypeChange::Rewrite);
        check(Some("varchar(5)"), "varchar(9)", Some("(a::varchar(9))"), TypeChange::CatalogOnly);
        check(Some("varchar(5)"), "text", Some("lower(a)"), TypeChange::Rewrite);
        check(Some("varchar(5)"), "text", Some("cast(a as text)"), TypeChange::CatalogOnly);
        check(None, "text", None, TypeChange::Unknown);
        check(None, "bigint", None, TypeChange::Rewrite);
    }

    #[test]
    fn names_of_utc() {
        let check = |zone: &str, expected: bool| assert_eq!(is_utc(zone), expected, "{zone}");
        check("UTC", true);
        check("Etc/UTC", true);
        check("'utc'", true);
        check("Europe/Berlin", false);
        check("", false);
    }
}
