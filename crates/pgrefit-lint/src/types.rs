//! Column types, and what changing one into another costs.
//!
//! Source: `ATColumnChangeRequiresRewrite` of PostgreSQL's `tablecmds.c`, the support functions of the length casts, and
//! the casts without function in `pg_cast`.

use std::fmt;

/// A type as the server would name it, with its modifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlType {
    pub(crate) schema: Option<String>,
    /// The internal name of a built-in type: `int4`, `varchar`, `timestamptz`.
    pub(crate) name: String,
    /// What stands in brackets: a length, a precision and a scale, a number of dimensions.
    pub(crate) modifiers: Vec<i64>,
    pub(crate) array: bool,
}

/// What `ALTER COLUMN … TYPE` does to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeChange {
    /// Only the catalog changes.
    CatalogOnly,
    /// Only the catalog changes, but indexes on the column sort otherwise and are built anew.
    Reindexed,
    /// Only the catalog changes while the session's time zone is UTC; else every row is written anew.
    CatalogOnlyInUtc,
    /// Every row is written anew.
    Rewrite,
    /// Every row is written anew, and a value that does not fit any more is cut off or an error.
    Narrows,
    /// The old type decides, and it is not known.
    Unknown,
}

/// Other names of built-in types.
const ALIASES: [(&str, &str); 26] = [
    ("int", "int4"),
    ("integer", "int4"),
    ("smallint", "int2"),
    ("bigint", "int8"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("real", "float4"),
    ("float", "float8"),
    ("double precision", "float8"),
    ("boolean", "bool"),
    ("character varying", "varchar"),
    ("char varying", "varchar"),
    ("national character varying", "varchar"),
    ("character", "bpchar"),
    ("char", "bpchar"),
    ("bit varying", "varbit"),
    ("timestamp without time zone", "timestamp"),
    ("timestamp with time zone", "timestamptz"),
    ("time without time zone", "time"),
    ("time with time zone", "timetz"),
    ("serial", "serial4"),
    ("bigserial", "serial8"),
    ("smallserial", "serial2"),
    ("serial4", "serial4"),
    ("serial8", "serial8"),
    ("serial2", "serial2"),
];

impl SqlType {
    /// Reads a type as it is written in SQL or printed by `format_type`.
    pub(crate) fn parse(text: &str) -> Self {
        let (words, modifiers, array) = scan(text);
        let (schema, name) = match words.as_slice() {
            [schema, dot, name] if dot == "." => (Some(schema.clone()), name.clone()),
            _ => (None, words.join(" ")),
        };
        let schema = schema.filter(|schema| schema != "pg_catalog");
        let alias = ALIASES.iter().find(|(alias, _)| schema.is_none() && *alias == name);
        let name = alias.map_or(name.clone(), |(_, known)| (*known).to_owned());
        let mut modifiers = modifiers;
        if name == "bpchar" && modifiers.is_empty() && words.iter().any(|word| word.starts_with("char")) {
            modifiers.push(1);
        }
        Self { schema, name, modifiers, array }
    }

    /// Whether they are the same type, as far as can be told when only one of them names its schema.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        let schemas = self.schema.is_none() || other.schema.is_none() || self.schema == other.schema;
        schemas && self.name == other.name && self.modifiers == other.modifiers && self.array == other.array
    }

    /// `serial` and its relatives: an integer with a default of `nextval(…)`.
    pub(crate) fn is_serial(&self) -> bool {
        self.schema.is_none() && matches!(self.name.as_str(), "serial2" | "serial4" | "serial8")
    }

    /// The type that a column of this declaration has.
    pub(crate) fn stored(mut self) -> Self {
        if self.is_serial() {
            self.name.replace_range(..6, "int");
        }
        self
    }

    /// What it costs to make a column of this type one of type `new`, by an assignment cast.
    pub(crate) fn change_to(&self, new: &Self) -> TypeChange {
        if self == new {
            return TypeChange::CatalogOnly;
        }
        if self.array || new.array {
            // Elements are coerced one by one, unless there is no length to hold them to.
            let same = self.array == new.array && self.name == new.name && self.schema == new.schema;
            return if same && new.modifiers.is_empty() {
                TypeChange::CatalogOnly
            } else {
                TypeChange::Rewrite
            };
        }
        match (self.name.as_str(), new.name.as_str()) {
            (old, new_name) if old == new_name && self.schema == new.schema => self.same_name(new),
            // A binary-coercible pair without a length on the new side, or with one that nothing can exceed.
            ("varchar", "text") | ("text", "varchar") if new.modifiers.is_empty() => TypeChange::CatalogOnly,
            // The casts cost nothing, but upper and lower case sort otherwise.
            ("varchar" | "text", "citext") | ("citext", "varchar" | "text") if new.modifiers.is_empty() => {
                TypeChange::Reindexed
            }
            ("cidr", "inet") => TypeChange::CatalogOnly,
            ("timestamp", "timestamptz") | ("timestamptz", "timestamp") => {
                if self.modifiers == new.modifiers || new.modifiers.is_empty() {
                    TypeChange::CatalogOnlyInUtc
                } else {
                    TypeChange::Rewrite
                }
            }
            ("text" | "citext", "varchar" | "bpchar")
            | ("timestamp" | "timestamptz", "date" | "time")
            | ("int8", "int4" | "int2")
            | ("int4", "int2")
            | ("float8", "float4")
            | ("numeric" | "float4" | "float8", "int2" | "int4" | "int8") => TypeChange::Narrows,
            _ => TypeChange::Rewrite,
        }
    }

    /// Two modifiers of one type.
    fn same_name(&self, new: &Self) -> TypeChange {
        let wider = |old: Option<&i64>, new: Option<&i64>| match (old, new) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(old), Some(new)) => new >= old,
        };
        let (old_first, new_first) = (self.modifiers.first(), new.modifiers.first());
        match self.name.as_str() {
            _ if self.modifiers == new.modifiers => TypeChange::CatalogOnly,
            "varchar" | "varbit" => {
                if wider(old_first, new_first) {
                    TypeChange::CatalogOnly
                } else {
                    TypeChange::Narrows
                }
            }
            // The values hold their scale, so only the precision may grow.
            "numeric" => {
                let scale = |of: &Self| of.modifiers.get(1).copied().unwrap_or(0);
                if new.modifiers.is_empty()
                    || (!self.modifiers.is_empty()
                        && wider(old_first, new_first)
                        && scale(self) == scale(new))
                {
                    TypeChange::CatalogOnly
                } else if wider(old_first, new_first) && scale(new) > scale(self) {
                    TypeChange::Rewrite
                } else {
                    TypeChange::Narrows
                }
            }
            "timestamp" | "timestamptz" | "time" | "timetz" | "interval" => {
                // Six digits is all there are.
                let full = new_first.is_none_or(|digits| *digits >= 6);
                if full || wider(old_first, new_first) {
                    TypeChange::CatalogOnly
                } else {
                    TypeChange::Narrows
                }
            }
            "bpchar" | "bit" => {
                if wider(old_first, new_first) {
                    TypeChange::Rewrite
                } else {
                    TypeChange::Narrows
                }
            }
            // The dimensions of a vector are checked row by row.
            _ if new.modifiers.is_empty() => TypeChange::CatalogOnly,
            _ => TypeChange::Rewrite,
        }
    }

    /// The same without knowing the old type: what is true of nearly every column that gets this type.
    pub(crate) fn change_from_unknown(&self) -> TypeChange {
        match (self.schema.as_deref(), self.name.as_str()) {
            // Nearly always `varchar(n)` before, which costs nothing.
            (None, "text" | "varchar" | "numeric" | "varbit") if !self.array => TypeChange::Unknown,
            _ => TypeChange::Rewrite,
        }
    }

    /// Strings without a length of their own, whose values can be longer than a B-tree entry.
    pub(crate) fn is_unbounded_text(&self) -> bool {
        !self.array
            && self.schema.is_none()
            && (matches!(self.name.as_str(), "text" | "citext" | "json" | "jsonb" | "xml" | "bytea")
                || (self.name == "varchar" && self.modifiers.is_empty()))
    }
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.name.as_str() {
            "int2" => "smallint",
            "int4" => "integer",
            "int8" => "bigint",
            "float4" => "real",
            "float8" => "double precision",
            "bool" => "boolean",
            "bpchar" => "char",
            other => other,
        };
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(name)?;
        if !self.modifiers.is_empty() {
            let modifiers: Vec<_> = self.modifiers.iter().map(ToString::to_string).collect();
            write!(f, "({})", modifiers.join(","))?;
        }
        f.write_str(if self.array { "[]" } else { "" })
    }
}

/// The words of a type outside of brackets, the numbers in round brackets, and whether it is an array.
fn scan(text: &str) -> (Vec<String>, Vec<i64>, bool) {
    let (mut words, mut modifiers, mut array) = (Vec::new(), Vec::new(), false);
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |at| at + 2),
            '(' => rest.find(')').map_or(rest.len(), |at| at + 1),
            '[' => rest.find(']').map_or(rest.len(), |at| at + 1),
            letter if is_word(letter) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        let piece = &rest[..end];
        match first {
            '"' => words.push(piece.trim_matches('"').to_owned()),
            '(' => modifiers.extend(
                piece.trim_matches(['(', ')']).split(',').filter_map(|it| it.trim().parse::<i64>().ok()),
            ),
            '[' => array = true,
            '.' => words.push(".".to_owned()),
            letter if is_word(letter) => {
                let word = piece.to_lowercase();
                if word == "array" {
                    array = true;
                } else if word != "setof" {
                    words.push(word);
                }
            }
            _ => {}
        }
        rest = rest[end..].trim_start();
    }
    (words, modifiers, array)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

#[cfg(test)]
mod tests {
    use super::{SqlType, TypeChange};

    #[test]
    fn types_are_read_as_the_server_names_them() {
        let check =
            |text: &str, expected: &str| assert_eq!(SqlType::parse(text).to_string(), expected, "{text}");
        check("INT", "integer");
        check("character varying (255)", "varchar(255)");
        check("VarChar", "varchar");
        check("char", "char(1)");
        check("timestamp(3) with time zone", "timestamptz(3)");
        check("TIMESTAMP WITHOUT TIME ZONE", "timestamp");
        check("numeric(10, 2)", "numeric(10,2)");
        check("pg_catalog.int8", "bigint");
        check("public.vector(3072)", "public.vector(3072)");
        check("\"Status\"", "Status");
        check("text[]", "text[]");
        check("int ARRAY[4]", "integer[]");
        check("double precision", "double precision");
        check("", "");
    }

    #[test]
    fn changes_cost_what_the_server_takes() {
        use TypeChange::{CatalogOnly, CatalogOnlyInUtc, Narrows, Rewrite};
        let check = |old: &str, new: &str, expected: TypeChange| {
            assert_eq!(SqlType::parse(old).change_to(&SqlType::parse(new)), expected, "{old} to {new}");
        };
        check("varchar(20)", "varchar(40)", CatalogOnly);
        check("varchar(20)", "varchar", CatalogOnly);
        check("varchar(20)", "text", CatalogOnly);
        check("text", "varchar", CatalogOnly);
        check("text", "varchar(40)", Narrows);
        check("varchar(40)", "varchar(20)", Narrows);
        check("numeric(10,2)", "numeric(12,2)", CatalogOnly);
        check("numeric(10,2)", "numeric", CatalogOnly);
        check("numeric(10,2)", "numeric(12,4)", Rewrite);
        check("numeric(10,2)", "numeric(8,2)", Narrows);
        check("timestamp", "timestamptz", CatalogOnlyInUtc);
        check("timestamp(3)", "timestamp", CatalogOnly);
        check("timestamp", "timestamp(3)", Narrows);
        check("int", "bigint", Rewrite);
        check("bigint", "int", Narrows);
        check("int", "int4", CatalogOnly);
        check("char(3)", "text", Rewrite);
        check("cidr", "inet", CatalogOnly);
        check("vector(3)", "vector", CatalogOnly);
        check("vector(3)", "vector(4)", Rewrite);
        check("int[]", "bigint[]", Rewrite);
        check("varchar(5)[]", "varchar(9)[]", Rewrite);
        check("varchar(5)[]", "varchar[]", CatalogOnly);
        check("text", "citext", TypeChange::Reindexed);
        check("interval", "interval year", Rewrite);
        check("e", "text", Rewrite);
    }
}
