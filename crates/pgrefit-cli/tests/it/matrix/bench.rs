//! Where cases run: a server, each shape's database as it is before, and what an undisturbed run makes of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock};

use pgrefit_catalog::Name;
use pgrefit_pg::digest::{self, TableDigest};

use super::disk::Disk;
use super::seat::Seat;
use super::shapes::{SHAPES, Shape};
use crate::concurrency::until;
use crate::harness::{Database, Folder, next_name, pgrefit, wait};

/// A server with its shapes.
pub(super) struct Bench {
    pub(super) database: Database,
    /// The tables are on it, if there is one.
    pub(super) disk: Option<Disk>,
    /// At the same server, but in none of its databases that migrations run on.
    pub(super) seat: Seat,
    /// Those of the server; none on the server of all tests, where the tests of this process have them in common.
    references: Option<HashMap<&'static str, Reference>>,
}

/// The shapes on the server of all tests, each from when it is first needed.
static SHARED: [Mutex<Option<Reference>>; SHAPES.len()] = [const { Mutex::new(None) }; SHAPES.len()];

/// A shape undisturbed.
#[derive(Clone)]
struct Reference {
    /// The database before.
    template: String,
    /// What it becomes.
    end: End,
}

/// What a migration has made of a database, and what is recorded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    schema: String,
    /// Of the tables that are not pgrefit's own.
    content: BTreeMap<String, TableDigest>,
    history: String,
    notes: String,
    /// Each step with its state and how many rows its batches have written.
    journal: String,
    invalid: String,
}

impl Bench {
    /// On the server of all tests.
    pub(super) fn shared() -> Self {
        // The server goes with its last user, and the templates with it.
        static STAY: OnceLock<Database> = OnceLock::new();
        STAY.get_or_init(Database::new);
        Self { references: None, ..Self::on(Database::new(), None) }
    }

    /// On a server of its own, which may be stopped.
    pub(super) fn alone() -> Self {
        Self::on(Database::alone(), None)
    }

    /// On a server of its own, with tables on a small disk; none where there can be no such disk.
    pub(super) fn on_small_disk() -> Option<Self> {
        let database = Database::alone();
        let disk = Disk::mount(64, &database.server.data_dir())?;
        database.sql(&format!("CREATE TABLESPACE small LOCATION '{}'", disk.path().display()));
        Some(Self::on(database, Some(disk)))
    }

    fn on(database: Database, disk: Option<Disk>) -> Self {
        let seat = Seat::at(database.maintenance());
        Self { database, disk, seat, references: Some(HashMap::new()) }
    }

    /// Goes over to a fresh database that a shape is about to be applied to; returns what must become of it.
    pub(super) fn begin(&mut self, shape: &'static Shape, folder: &Folder) -> End {
        let Reference { template, end } = self.reference(shape, folder);
        self.copy(&template);
        end
    }

    fn reference(&mut self, shape: &'static Shape, folder: &Folder) -> Reference {
        if let Some(references) = &self.references {
            let known = references.get(shape.name).cloned();
            return known.unwrap_or_else(|| self.undisturbed(shape, folder));
        }
        let slot = SHAPES.iter().position(|other| other.name == shape.name).expect("a shape of the list");
        let mut slot = SHARED[slot].lock().unwrap();
        slot.get_or_insert_with(|| self.undisturbed(shape, folder)).clone()
    }

    fn undisturbed(&mut self, shape: &'static Shape, folder: &Folder) -> Reference {
        self.copy("template1");
        let template = self.database.name.clone();
        let from = shape.from.to_string();
        pgrefit(["migrate", "--target", &from]).inside(folder.path()).on(&self.database).run().expect(0);
        until("nobody is in the template", super::SOON, || self.seat.runners(&template, "true") == 0);
        self.copy(&template);
        pgrefit(["migrate"]).inside(folder.path()).on(&self.database).run().expect(0);
        let end = End::of(&self.database);
        self.end();
        let reference = Reference { template, end };
        if let Some(references) = &mut self.references {
            references.insert(shape.name, reference.clone());
        }
        reference
    }

    fn copy(&mut self, template: &str) {
        let name = next_name();
        self.seat.rows(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        if self.disk.is_some() {
            self.seat.rows(&format!("ALTER DATABASE {name} SET default_tablespace = small"));
        }
        self.database.go_to(name);
    }

    /// Removes the database of a case, whoever is in it.
    pub(super) fn end(&mut self) {
        self.seat.rows(&format!("DROP DATABASE {} WITH (FORCE)", self.database.name));
    }
}

impl End {
    pub(super) fn of(database: &Database) -> Self {
        let mut seat = Seat::at(database.connector());
        let journal = if seat.value("SELECT to_regclass('pgrefit_step')").is_empty() {
            String::new()
        } else {
            seat.value(
                "SELECT string_agg(concat_ws(' ', version, statement, state, rows), ', ' ORDER BY version, statement) \
                 FROM pgrefit_step",
            )
        };
        let tables = seat.rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') \
             AND relname !~ '^(pgrefit_|refinery_)'",
        );
        Self {
            schema: database.fingerprint(),
            content: content(database, tables.into_iter().flatten().flatten()),
            history: seat.value(
                "SELECT string_agg(version || ':' || name, ' ' ORDER BY version) FROM refinery_schema_history",
            ),
            notes: seat.value("SELECT string_agg(version::text, ' ' ORDER BY version) FROM pgrefit_migration"),
            journal,
            invalid: seat.value(
                "SELECT string_agg(indexrelid::regclass::text, ' ') FROM pg_index \
                 WHERE NOT (indisvalid AND indisready AND indislive)",
            ),
        }
    }
}

fn content(database: &Database, tables: impl Iterator<Item = String>) -> BTreeMap<String, TableDigest> {
    wait(async {
        let mut session = database.connector().read_only().await.unwrap();
        let snapshot = session.snapshot().await.unwrap();
        let mut content = BTreeMap::new();
        for table in tables {
            let digest = digest::table(&snapshot, &Name::new("public", &table), None).await.unwrap();
            content.insert(table, digest);
        }
        content
    })
}
