//! What checks there are, and what a role needs to see all that they look at.

use std::fmt::Write as _;

use clap::Args;
use pgrefit_audit::{Check, Group, check, checks};
use pgrefit_catalog::quote_ident;

use super::unknown;
use crate::{Failed, Output};

/// `pgrefit audit list`.
pub(super) fn list() -> String {
    let width = checks().map(|check| check.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for group in Group::ALL {
        let _ = writeln!(text, "{} ({})", group.title(), group.word());
        for check in checks().filter(|check| check.group == group) {
            let required = if check.required { "*" } else { " " };
            let _ = writeln!(
                text,
                "  {:width$}  {:7} {:4}{required}  {}",
                check.id, check.code, check.level, check.title
            );
        }
    }
    let _ = writeln!(text, "{} checks; * must look, or the exit code is 3", checks().count());
    text
}

/// `pgrefit audit explain`.
pub(super) fn explain(name: &str) -> Result<Output, Failed> {
    one(name).map(|check| Output::Plain(check.page())).ok_or_else(|| unknown(name))
}

/// A check by its name or its code.
pub(super) fn one(name: &str) -> Option<&'static Check> {
    check(name).or_else(|| checks().find(|check| check.code.eq_ignore_ascii_case(name)))
}

/// The checks of a group, or the one of that name.
pub(super) fn named(name: &str) -> Result<Vec<&'static Check>, Failed> {
    let name = name.trim();
    if let Some(check) = one(name) {
        return Ok(vec![check]);
    }
    let group: Vec<_> = checks().filter(|check| check.group.word() == name).collect();
    if group.is_empty() { Err(unknown(name)) } else { Ok(group) }
}

/// Print the SQL for a role that can see all that an audit looks at, and nothing else.
#[derive(Debug, Args)]
pub(super) struct Grants {
    /// The role.
    #[arg(long, value_name = "NAME", default_value = "pgrefit_auditor")]
    role: String,
    /// Without the views that show widths of columns and values of sequences, and no rows: what rests on them is blind.
    #[arg(long)]
    no_views: bool,
}

impl Grants {
    /// The script.
    pub(super) fn sql(&self) -> String {
        let role = quote_ident(&self.role);
        let name = self.role.replace('\'', "''");
        let mut sql = format!(
            "-- A role that sees all that `pgrefit audit` looks at, and no row of any table but those that record migrations. Run\n\
             -- this as a superuser, in each database that is audited. It takes ACCESS SHARE on catalogs, and makes nothing but what it names.\n\
             DO $$\nBEGIN\n    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{name}') THEN\n        \
             CREATE ROLE {role} LOGIN CONNECTION LIMIT 5;  -- then: \\password {role}\n    END IF;\nEND $$;\n\
             -- Statistics, activity and settings of others.\nGRANT pg_monitor TO {role};\n"
        );
        if !self.no_views {
            sql.push_str("-- Widths of columns and values of sequences. Without pg_read_all_data, no rows can be read.\n");
            sql.push_str(pgrefit_pg::census::HELPER_VIEWS.trim_end());
            let _ = writeln!(
                sql,
                "
GRANT USAGE ON SCHEMA pgrefit TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA pgrefit TO {role};"
            );
        }
        let _ = write!(sql, "{}", HISTORY.replace("{role}", &role.replace('\'', "''")));
        sql
    }
}

/// What `--table` is called is not known here: the usual one, wherever it is.
const HISTORY: &str = "\
-- The history of migrations, where there is one, with the texts as applied.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relname IN ('refinery_schema_history', 'pgrefit_migration', 'pgrefit_step',
                                                'pgrefit_run', 'pgrefit_run_step')
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', found.nspname, '{role}');
        EXECUTE format('GRANT SELECT ON %I.%I TO %s', found.nspname, found.relname, '{role}');
    END LOOP;
END $$;
";
