//! The Doc Server's database in every state it is found in, as superuser and as a role that owns its schema only: all
//! end in the same schema, and no document is lost or changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pgrefit_catalog::Name;
use pgrefit_pg::digest::{self, TableDigest};
use pgrefit_pg::introspect::{self, Scope};

use crate::harness::{Database, Folder, pgrefit, versions, wait};

const LEGACY: &str = include_str!("../../../../docs/docserver/legacy.sql");
const DOCUMENTS: &str = include_str!("fixtures/documents.sql");
const TEXT: &str = include_str!("../../../../docs/docserver/text_doc_type.sql");

/// What is found in a database.
type State = &'static [&'static str];

const EMPTY: State = &[];
const ENUM: State = &[LEGACY, DOCUMENTS];
const TEXT_AND_ENUM: State = &[LEGACY, DOCUMENTS, TEXT];
const TEXT_ONLY: State = &[LEGACY, DOCUMENTS, TEXT, "DROP TYPE doc_type;"];

/// Who migrates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Superuser,
    /// May create nothing in the database but in its own schema, which is the first in `search_path`.
    Owner,
}

/// A database in a state, and how the role reaches it.
struct Found {
    database: Database,
    role: Role,
    password: String,
}

impl Found {
    fn new(version: u32, state: State, role: Role) -> Self {
        let database = Database::on(version);
        let name = &database.name;
        let password = format!("secret-of-{name}");
        let state = state.join("\n");
        match role {
            Role::Superuser => database.sql(&state),
            Role::Owner => database.sql(&format!(
                "CREATE EXTENSION vector;
                 CREATE ROLE {name} LOGIN PASSWORD '{password}';
                 ALTER ROLE {name} SET search_path = docserver, public;
                 REVOKE CREATE ON SCHEMA public FROM PUBLIC;
                 CREATE SCHEMA docserver AUTHORIZATION {name};
                 SET ROLE {name}; SET search_path = docserver, public;
                 {state}"
            )),
        };
        Self { database, role, password }
    }

    fn schema(&self) -> &'static str {
        match self.role {
            Role::Superuser => "public",
            Role::Owner => "docserver",
        }
    }

    fn url(&self) -> String {
        match self.role {
            Role::Superuser => self.database.url(),
            Role::Owner => self.database.url_as(&self.database.name, &self.password),
        }
    }

    /// Runs the binary in the repository, whose `pgrefit.toml` accepts the known differences.
    fn pgrefit(&self, arguments: &[&str]) -> crate::harness::Ran {
        pgrefit(arguments)
            .inside(&repository())
            .env("DATABASE_URL", self.url())
            .secret(&self.password)
            .secret(&self.database.password())
            .run()
    }

    fn value(&self, sql: &str) -> String {
        self.database
            .sql(&format!("SET search_path = {}, public; {sql}", self.schema()))
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next().flatten())
            .unwrap_or_default()
    }

    /// Row count and digest of some columns of a table.
    fn digest(&self, table: &str, columns: &[&str]) -> TableDigest {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let columns = (!columns.is_empty()).then_some(columns.as_slice());
        wait(async {
            let mut session = self.database.connector().read_only().await.unwrap();
            let snapshot = session.snapshot().await.unwrap();
            digest::table(&snapshot, &Name::new(self.schema(), table), columns).await.unwrap()
        })
    }

    /// What no migration may change: the documents but for their times and metadata, the sources that there were, …
    fn content(&self) -> BTreeMap<String, TableDigest> {
        KEPT.iter().map(|(table, columns)| ((*table).to_owned(), self.digest(table, columns))).collect()
    }

    /// The fingerprint of the difference from the baseline, if there is one. Those in `pgrefit.toml` are for objects in
    /// `public`: the name of a schema is part of a fingerprint.
    fn fingerprint_in_its_own_schema(&self) -> Option<String> {
        if self.role == Role::Superuser || self.value("SELECT to_regclass('documents')").is_empty() {
            return None;
        }
        fingerprint_in(&self.pgrefit(&["baseline", "--check"]).stdout)
    }

    /// The fingerprint of the schema, moved to `public` if it is elsewhere: the last thing done with a database.
    fn fingerprint(&self) -> String {
        if self.role == Role::Owner {
            self.database.sql(
                "ALTER EXTENSION vector SET SCHEMA docserver; DROP SCHEMA public; ALTER SCHEMA docserver RENAME TO public",
            );
        }
        self.database.fingerprint()
    }
}

/// Tables and the columns that no migration touches; none named: all columns.
const KEPT: &[(&str, &[&str])] = &[
    ("documents", &["id", "doc_type", "source_name", "doc_path", "content", "embedding", "token_count"]),
    ("crate_jobs", &["id", "crate_name", "operation", "error", "finished_at"]),
    ("migration_history", &[]),
];

/// Rows that have no NULL to be filled: these stay as they are, to the last bit.
const WHOLE: &[(&str, &str)] = &[
    ("documents", "right(id::text, 1) IN ('1', '2', '5')"),
    ("document_sources", "source_name = 'serde'"),
    ("crate_jobs", "crate_name = 'serde'"),
];

/// What V5 and V7 announce, and what must hold at the end.
const EXPECTED: &[(&str, &str)] = &[
    ("SELECT count(*) FROM documents", "5"),
    ("SELECT count(*) FROM crate_jobs", "2"),
    (
        "SELECT string_agg(concat_ws(' ', doc_type, source_name, total_docs, total_tokens, enabled), ', ' ORDER BY doc_type)
         FROM document_sources WHERE config = '{\"auto_created\": true}'",
        "ebpf orphan 1 1 t, rust orphan 1 4 t",
    ),
    ("SELECT count(*) FROM document_sources", "5"),
    (
        "SELECT count(*) FROM documents d WHERE NOT EXISTS (SELECT FROM document_sources s
         WHERE s.doc_type = d.doc_type AND s.source_name = d.source_name)",
        "0",
    ),
    ("SELECT metadata::text FROM documents WHERE right(id::text, 1) = '3'", "{}"),
    ("SELECT count(*) FROM documents WHERE created_at IS NULL OR updated_at IS NULL", "0"),
    ("SELECT created_at = '2024-03-01+00' FROM documents WHERE right(id::text, 1) = '4'", "t"),
    ("SELECT enabled FROM document_sources WHERE source_name = 'tokio'", "f"),
    ("SELECT total_docs FROM document_sources WHERE source_name = 'anchor'", "0"),
    ("SELECT status FROM crate_jobs WHERE crate_name = 'tokio'", "cancelled"),
    ("SELECT count(*) FROM migration_history", "5"),
];

/// What holds in every state, with documents or without.
const SOUND: &[(&str, &str)] = &[
    ("SELECT convalidated FROM pg_constraint WHERE conname = 'fk_documents_source'", "t"),
    ("SELECT count(*) FROM pg_constraint WHERE NOT convalidated", "0"),
    ("SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0"),
    (
        "SELECT string_agg(DISTINCT udt_name, '') FROM information_schema.columns WHERE column_name = 'doc_type'",
        "text",
    ),
    ("SELECT to_regtype('doc_type') IS NULL", "t"),
];

/// The fingerprint that a comparison with the baseline shows.
fn fingerprint_in(shown: &str) -> Option<String> {
    let line = shown.lines().find(|line| line.starts_with("fingerprint of the difference"))?;
    line.split_whitespace().last().map(str::to_owned)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn titles() -> Vec<String> {
    let files = std::fs::read_dir(repository().join("migrations")).unwrap();
    let mut numbered: Vec<(u32, String)> = files
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            let (version, name) = name.strip_suffix(".sql")?.strip_prefix('V')?.split_once("__")?;
            Some((version.parse().unwrap(), format!("{version}:{name}")))
        })
        .collect();
    numbered.sort();
    numbered.into_iter().map(|(_, title)| title).collect()
}

/// Versions of PostgreSQL under test that have pgvector.
fn with_pgvector() -> impl Iterator<Item = u32> {
    versions().into_iter().filter(|&version| Database::on(version).server.binaries().has_pgvector)
}

fn whole_rows(found: &Found) -> Vec<String> {
    let row = |(table, condition): &(&str, &str)| {
        found.value(&format!(
            "SELECT string_agg(md5(t::text), ' ' ORDER BY id) FROM {table} AS t WHERE {condition}"
        ))
    };
    WHOLE.iter().map(row).collect()
}

/// Migrates a database of the state and returns the fingerprint of the schema it ends with.
fn check(version: u32, state: State, role: Role) -> String {
    let found = Found::new(version, state, role);
    let has_documents = !state.is_empty();
    let before = has_documents.then(|| (found.content(), whole_rows(&found)));
    let mut arguments = vec!["migrate", "--adopt", "--check-content"];
    let fingerprint = found.fingerprint_in_its_own_schema();
    if let Some(fingerprint) = &fingerprint {
        arguments.extend(["--accept-difference", fingerprint]);
    }
    found.pgrefit(&arguments).expect(0).shows(&["verified"]);
    found.pgrefit(&["migrate", "--adopt", "--check-content"]).expect(0).shows(&["up to date at V32"]);
    found.pgrefit(&["migrate"]).expect(0).shows(&["up to date at V32"]);
    if let Some(before) = before {
        assert_eq!((found.content(), whole_rows(&found)), before, "{role:?}");
        for (sql, expected) in EXPECTED {
            assert_eq!(found.value(sql), *expected, "{role:?}: {sql}");
        }
    }
    for (sql, expected) in SOUND {
        assert_eq!(found.value(sql), *expected, "{role:?}: {sql}");
    }
    let history = found.value(
        "SELECT string_agg(version || ':' || name, ' ' ORDER BY version) FROM refinery_schema_history",
    );
    assert_eq!(history.split(' ').collect::<Vec<_>>(), titles());
    found.fingerprint()
}

/// Every state ends where an empty database does.
fn check_against_empty(state: State, role: Role) {
    for version in with_pgvector() {
        let expected = check(version, EMPTY, Role::Superuser);
        assert_eq!(check(version, state, role), expected, "PostgreSQL {version}, {role:?}");
    }
}

#[test]
fn empty_as_owner() {
    check_against_empty(EMPTY, Role::Owner);
}

#[test]
fn enum_as_superuser() {
    check_against_empty(ENUM, Role::Superuser);
}

#[test]
fn enum_as_owner() {
    check_against_empty(ENUM, Role::Owner);
}

#[test]
fn text_with_the_type_still_there_as_superuser() {
    check_against_empty(TEXT_AND_ENUM, Role::Superuser);
}

#[test]
fn text_with_the_type_still_there_as_owner() {
    check_against_empty(TEXT_AND_ENUM, Role::Owner);
}

#[test]
fn text_as_superuser() {
    check_against_empty(TEXT_ONLY, Role::Superuser);
}

#[test]
fn text_as_owner() {
    check_against_empty(TEXT_ONLY, Role::Owner);
}

#[test]
fn every_version_ends_with_the_same_schema() {
    let ends: Vec<String> = with_pgvector().map(|version| check(version, ENUM, Role::Superuser)).collect();
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
}

/// The columns of each table, in order: what `SELECT *` and a `COPY` without a list of columns give.
#[test]
fn columns_keep_their_order() {
    for version in with_pgvector() {
        let order = |state| {
            let found = Found::new(version, state, Role::Superuser);
            found.pgrefit(&["migrate", "--adopt"]).expect(0);
            wait(async {
                let mut session = found.database.connector().read_only().await.unwrap();
                let catalog = introspect::catalog(&mut session, &Scope::everything()).await.unwrap();
                let columns = catalog.tables.into_iter().map(|(name, table)| {
                    let columns: Vec<String> = table.columns.into_iter().map(|column| column.name).collect();
                    (name.to_string(), columns)
                });
                columns.collect::<Vec<_>>()
            })
        };
        assert_eq!(order(TEXT_ONLY), order(EMPTY));
    }
}

/// Without the list of accepted differences the newer installations are refused, and the way out is named.
#[test]
fn a_difference_is_adopted_only_when_it_was_accepted() {
    for version in with_pgvector() {
        for state in [TEXT_AND_ENUM, TEXT_ONLY] {
            let found = Found::new(version, state, Role::Superuser);
            let migrations = repository().join("migrations");
            let ran = pgrefit(
                ["migrate", "--adopt", "--migrations"]
                    .map(Into::into)
                    .into_iter()
                    .chain([migrations.into_os_string()]),
            )
            .on(&found.database)
            .run()
            .expect(11);
            ran.says(&["the database differs from the baseline V1", "--accept-difference"])
                .shows(&["doc_type"]);
            assert!(!found.database.has_table("refinery_schema_history"));
        }
    }
}

#[test]
fn the_known_differences_are_accepted() {
    for rest in ["", "DROP TYPE doc_type"] {
        let database = Database::legacy_text();
        database.sql(rest);
        pgrefit(["baseline", "--check"]).inside(&repository()).on(&database).run().expect(0);
    }
}

/// Who accepts a difference accepts what is there, and not whatever may one day have the same name.
#[test]
fn an_object_too_many_is_accepted_as_it_is() {
    let folder = Folder::new(&[("V1__first.sql", "CREATE TABLE first (id int);\n")]);
    let fingerprint = |extra: &str| {
        let database = Database::new();
        database.sql(&format!("CREATE TABLE first (id int); {extra}"));
        let ran = pgrefit(["baseline", "--check"]).inside(folder.path()).on(&database).run().expect(1);
        fingerprint_in(&ran.stdout).expect("there is a difference")
    };
    assert_eq!(fingerprint("CREATE TABLE extra (a int)"), fingerprint("CREATE TABLE extra (a int)"));
    assert_ne!(fingerprint("CREATE TABLE extra (a int)"), fingerprint("CREATE TABLE extra (b text, c text)"));
    assert_ne!(
        fingerprint("CREATE VIEW extra AS SELECT 1 AS a"),
        fingerprint("CREATE VIEW extra AS SELECT 2 AS a")
    );
}

/// To stop where a later migration is still to validate a constraint is no failure.
#[test]
fn a_target_in_between_is_no_failure() {
    let database = Database::new();
    for target in ["4", "8", "10"] {
        pgrefit(["migrate", "--target", target]).inside(&repository()).on(&database).run().expect(0);
    }
}
