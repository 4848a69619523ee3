//! What a database needs beside itself: its encoding and locale, roles, settings. Kept with the backup, as `surroundings.json`.

use std::collections::BTreeSet;
use std::path::Path;

use pgrefit_catalog::quote_ident;
use pgrefit_pg::{Connector, Migrator};
use serde::{Deserialize, Serialize};

use crate::source::Source;
use crate::{Error, folder};

/// The name of the file.
const FILE: &str = "surroundings.json";

/// What is made on the server that a backup is restored on, before it is restored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surroundings {
    /// The database's name on the source.
    pub(crate) database: String,
    /// The role that is used on the source.
    pub(crate) role: String,
    /// Names of its extensions.
    pub(crate) extensions: Vec<String>,
    /// Bytes of the database with its indexes.
    pub(crate) bytes: u64,
    /// How many tables have rows of their own.
    pub(crate) tables: usize,
    encoding: String,
    collate: String,
    ctype: String,
    /// `c` libc, `i` ICU, `b` built in; `None` before PostgreSQL 15.
    provider: Option<String>,
    locale: Option<String>,
    rules: Option<String>,
    statements: Vec<Statement>,
}

/// SQL for a superuser; `$database` stands for the quoted name of the new database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Statement {
    /// The role that it makes.
    role: Option<String>,
    sql: String,
    /// Whether the copy is of use without it: a setting that the other server does not know.
    optional: bool,
    /// Whether the database does not refer to that role.
    #[serde(default)]
    other: bool,
}

impl Surroundings {
    /// Reads those of the source. No passwords are among them; a role that may not be seen is not, either.
    pub(crate) async fn read(connector: &Connector, source: &Source) -> Result<Self, Error> {
        let session = connector.read_only().await.map_err(Error::Source)?;
        let rows = session.simple(include_str!("sql/database.sql")).await.map_err(Error::Source)?;
        let row = rows.into_iter().next().unwrap_or_default();
        let text = |at: usize| row.get(at).cloned().flatten();
        let mut statements = session.simple(include_str!("sql/settings.sql")).await.map_err(Error::Source)?;
        match session.simple(include_str!("sql/custom_settings.sql")).await {
            Ok(custom) => statements.extend(custom),
            // Most roles may not; then a migration that asks for one finds it missing on the copy.
            Err(pgrefit_pg::Error::NotPermitted(_)) => {}
            Err(error) => return Err(Error::Source(error)),
        }
        statements.extend(session.simple(include_str!("sql/roles.sql")).await.map_err(Error::Source)?);
        let statement = |row: Vec<Option<String>>| {
            let [role, sql, optional, other] = <[_; 4]>::try_from(row).ok()?;
            let is_true = |value: Option<String>| value.as_deref() == Some("t");
            Some(Statement { role, sql: sql?, optional: is_true(optional), other: is_true(other) })
        };
        Ok(Self {
            database: source.identity.database.clone(),
            role: source.role.clone(),
            extensions: source.extensions.keys().cloned().collect(),
            bytes: source.database_bytes,
            tables: source.tables,
            encoding: text(0).unwrap_or_else(|| "UTF8".to_owned()),
            collate: text(1).unwrap_or_else(|| "C".to_owned()),
            ctype: text(2).unwrap_or_else(|| "C".to_owned()),
            provider: text(3),
            locale: text(4),
            rules: text(5),
            statements: statements.into_iter().filter_map(statement).collect(),
        })
    }

    pub(crate) fn load(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let text = std::fs::read(&path).map_err(Error::io("read", &path))?;
        serde_json::from_slice(&text).map_err(|cause| Error::Manifest { path, source: cause.into() })
    }

    pub(crate) fn save(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(FILE);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|cause| Error::Manifest { path: path.clone(), source: cause.into() })?;
        folder::write_whole(dir, FILE, &text).map_err(Error::io("write", path))
    }

    /// What follows `CREATE DATABASE … TEMPLATE template0`: as on the source, and as every server has it.
    pub(crate) fn options(&self) -> [String; 2] {
        let encoding = format!("ENCODING {}", literal(&self.encoding));
        let (collate, ctype) = (literal(&self.collate), literal(&self.ctype));
        let locale = literal(self.locale.as_deref().unwrap_or("C"));
        let provider = match self.provider.as_deref() {
            Some("i") => format!(" LOCALE_PROVIDER icu ICU_LOCALE {locale}"),
            Some("b") => format!(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {locale}"),
            Some("c") => " LOCALE_PROVIDER libc".to_owned(),
            _ => String::new(),
        };
        let rules =
            self.rules.as_ref().map_or_else(String::new, |rules| format!(" ICU_RULES {}", literal(rules)));
        let same = format!("{encoding} LC_COLLATE {collate} LC_CTYPE {ctype}{provider}{rules}");
        let plain = if self.provider.is_some() { " LOCALE_PROVIDER libc" } else { "" };
        [same, format!("{encoding} LC_COLLATE 'C' LC_CTYPE 'C'{plain}")]
    }

    /// For people: `en_US.UTF-8`.
    pub(crate) fn locale(&self) -> &str {
        self.locale.as_deref().unwrap_or(&self.collate)
    }

    /// Makes the roles, and what else stands beside the database `name`, which is there. Returns what could not be made.
    pub(crate) async fn make(&self, session: &mut Migrator, name: &str) -> Result<Vec<String>, Error> {
        let existing =
            session.simple("SELECT rolname FROM pg_catalog.pg_roles").await.map_err(Error::Target)?;
        let existing: BTreeSet<_> =
            existing.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        let mut notes = Vec::new();
        let missing = |role: &Option<String>| !role.as_ref().is_some_and(|role| existing.contains(role));
        let (optional, required): (Vec<_>, Vec<_>) = self
            .statements
            .iter()
            .filter(|statement| missing(&statement.role))
            .partition(|statement| statement.optional);
        let sql = |statement: &Statement| statement.sql.replace("$database", &quote_ident(name));
        // One message, however many roles there are.
        let script: Vec<_> = required.into_iter().map(sql).collect();
        session.batch(&script.join(";\n")).await.map_err(Error::Target)?;
        for sql in optional.into_iter().map(sql) {
            match session.batch(&sql).await {
                Err(error @ pgrefit_pg::Error::Lost { .. }) => return Err(Error::Target(error)),
                Err(error) => {
                    let why =
                        error.server().map_or_else(|| error.to_string(), |server| server.message.clone());
                    // Its value may be a secret.
                    let what = sql.split(" TO ").next().unwrap_or_default();
                    notes.push(format!("a setting is missing in the copy: {what}: {why}"));
                }
                Ok(()) => {}
            }
        }
        Ok(notes)
    }
}

impl Surroundings {
    /// Makes the roles that the database refers to, where they are missing, as mere names that cannot log in. Returns them.
    pub(crate) async fn make_roles(&self, session: &mut Migrator) -> Result<Vec<String>, Error> {
        let rows = session.simple("SELECT rolname FROM pg_catalog.pg_roles").await.map_err(Error::Target)?;
        let existing: BTreeSet<_> = rows.into_iter().flatten().flatten().collect();
        let needed = self.statements.iter().filter(|statement| !statement.other);
        let missing: BTreeSet<&String> = needed
            .filter_map(|statement| statement.role.as_ref())
            .filter(|role| !existing.contains(*role))
            .collect();
        let script: Vec<String> =
            missing.iter().map(|role| format!("CREATE ROLE {} NOLOGIN", quote_ident(role))).collect();
        session.batch(&script.join(";\n")).await.map_err(Error::Target)?;
        Ok(missing.into_iter().cloned().collect())
    }
}

pub(crate) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_is_asked_for_as_it_is() {
        let of = |provider: Option<&str>, locale: Option<&str>| {
            let surroundings = Surroundings {
                encoding: "UTF8".into(),
                collate: "en_US.UTF-8".into(),
                ctype: "C".into(),
                provider: provider.map(str::to_owned),
                locale: locale.map(str::to_owned),
                ..Surroundings::default()
            };
            surroundings.options()
        };
        let [same, plain] = of(None, None);
        assert_eq!(same, "ENCODING E'UTF8' LC_COLLATE E'en_US.UTF-8' LC_CTYPE E'C'");
        assert_eq!(plain, "ENCODING E'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        assert!(of(Some("i"), Some("de"))[0].ends_with("LOCALE_PROVIDER icu ICU_LOCALE E'de'"));
        assert!(
            of(Some("b"), Some("C.UTF-8"))[0].ends_with("LOCALE_PROVIDER builtin BUILTIN_LOCALE E'C.UTF-8'")
        );
    }
}
