//! A server to restore on, found and looked at before anything is dumped.

mod binaries;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use pgrefit_catalog::quote_ident;
use pgrefit_pg::introspect::count_objects;
use pgrefit_pg::{Connector, Limits, Settings};
use pgrefit_scratch::{Binaries, Options, Server};

use crate::staging::Staging;
use crate::surroundings::{Surroundings, literal};
use crate::target::{Place, Scratch};
use crate::{Error, Restored, Target, hash, space};
use binaries::{blocking, candidates, find};

const RANDOM_DEVICE: &str = "/dev/urandom";

/// What makes a restore fast, and is of no use to a server that lives for one run. Autovacuum would be in its way, and in that of
/// a rehearsal, to which the server tells of temporary files. No subscription gets a worker. `wal_level` is that of a live server when the copy is handed over.
pub const SCRATCH_SETTINGS: [(&str, &str); 12] = [
    ("autovacuum", "off"),
    ("log_temp_files", "0"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "1h"),
    ("maintenance_work_mem", "256MB"),
    ("shared_buffers", "256MB"),
    ("max_locks_per_transaction", "1024"),
    ("jit", "off"),
    ("max_logical_replication_workers", "0"),
    ("max_sync_workers_per_subscription", "0"),
];

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Site {
    at: At,
    /// As superuser of a scratch server, or as the role that was given; in the database `postgres` or the one that was given.
    server: Connector,
    pub(crate) version_num: u32,
    /// Whether roles, owners and privileges are restored.
    pub(crate) has_roles: bool,
    pub(crate) notes: Vec<String>,
}

#[derive(Debug)]
enum At {
    Scratch(Box<Server>),
    Given,
    /// In the database that was given itself, which stays.
    Kept,
}

/// What a site must have.
pub(crate) struct Wanted<'a> {
    /// The source's major version.
    pub(crate) major: u32,
    /// Names of extensions.
    pub(crate) extensions: &'a [String],
    /// Bytes of the restored database.
    pub(crate) bytes: u64,
    /// For `application_name`.
    pub(crate) name: &'a str,
    /// When the source's server was started, to the microsecond: no other server was, not even a physical clone with the same
    /// system identifier. No copy may be made there; `None` where that is allowed, or not known.
    pub(crate) source_started: Option<&'a str>,
}

/// When a server was started.
pub(crate) const STARTED: &str =
    "SELECT extract(epoch FROM pg_catalog.pg_postmaster_start_time())::numeric(20, 6)";

impl Site {
    /// Starts a scratch server, or connects to the one that was given. A server of the source's version comes first, then the
    /// one that ships with us.
    pub(crate) async fn open(target: &Target, wanted: &Wanted<'_>) -> Result<Self, Error> {
        match target {
            Target::Scratch(scratch) => Self::start(scratch, wanted).await,
            Target::Server(connector) => Self::given(connector, wanted).await,
            Target::Database(connector) => {
                require_empty(connector).await?;
                Ok(Self { at: At::Kept, ..Self::given(connector, wanted).await? })
            }
        }
    }

    async fn start(scratch: &Scratch, wanted: &Wanted<'_>) -> Result<Self, Error> {
        space::check(&scratch.home.servers, wanted.bytes, None)?;
        let mut first = None;
        for binaries in candidates(scratch, wanted.major).await? {
            let mut site = Self::run(scratch, binaries, wanted.name).await?;
            match site.require_extensions(wanted).await {
                Ok(()) => {
                    site.note_version(wanted.major);
                    return Ok(site);
                }
                Err(error) => first.get_or_insert(error),
            };
        }
        Err(first.unwrap_or(Error::Scratch(pgrefit_scratch::Error::NoSuchMajor { major: wanted.major })))
    }

    async fn run(scratch: &Scratch, binaries: Binaries, name: &str) -> Result<Self, Error> {
        let own = SCRATCH_SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = own.into_iter().chain(scratch.settings.iter().cloned()).collect();
        let (home, supervisor) = (scratch.home.clone(), scratch.supervisor.clone());
        let started = blocking(move || {
            let options = Options { settings, supervisor, ..Options::default() };
            Server::start(&home, &binaries, &options)
        });
        let server = started.await?;
        let url = server.url("template1");
        let settings = Settings::resolve(Some(url.expose()), &|_| None).map_err(Error::Target)?;
        let (major, minor) = server.version();
        Ok(Self {
            at: At::Scratch(Box::new(server)),
            server: Connector::new(settings, name.to_owned(), Limits::default()),
            version_num: major * 10_000 + minor,
            has_roles: true,
            notes: Vec::new(),
        })
    }

    async fn given(connector: &Connector, wanted: &Wanted<'_>) -> Result<Self, Error> {
        let session = connector.read_only().await.map_err(Error::Target)?;
        let facts = session.facts().await.map_err(Error::Target)?;
        let started =
            session.simple(STARTED).await.map_err(Error::Target)?.into_iter().flatten().flatten().next();
        if wanted.source_started.is_some() && wanted.source_started == started.as_deref() {
            return Err(Error::LiveServer);
        }
        let mut site = Self {
            at: At::Given,
            server: connector.clone(),
            version_num: facts.version_num,
            has_roles: facts.is_superuser,
            notes: Vec::new(),
        };
        if !site.has_roles {
            site.notes
                .push(format!("owners and privileges were not restored: \"{}\" is no superuser", facts.user));
        }
        site.require_extensions(wanted).await?;
        site.note_version(wanted.major);
        Ok(site)
    }

    /// Starts a scratch server of the very version of the source on a copy of its files, and gives sessions in `database`.
    pub(crate) async fn on_files(
        scratch: &Scratch,
        data: PathBuf,
        wanted: &Wanted<'_>,
        database: &str,
    ) -> Result<Restored, Error> {
        space::check(&scratch.home.servers, wanted.bytes, None)?;
        let major = wanted.major;
        let binaries = find(scratch, Some(major).filter(|_| scratch.bin_dir.is_none())).await?;
        if binaries.version.0 != major {
            let why = format!("its files are of PostgreSQL {major}, the programs of {}", binaries.version.0);
            return Err(Error::NotRestorable { adapter: "pg_basebackup".to_owned(), why });
        }
        let (home, supervisor, name) =
            (scratch.home.clone(), scratch.supervisor.clone(), database.to_owned());
        let settings = scratch.settings.clone();
        let started = blocking(move || {
            let options = Options { settings, supervisor, ..Options::default() };
            Server::start_on_copy(&home, &binaries, &options, &data, &name)
        });
        let server = started.await?;
        let url = server.url(database);
        let settings = Settings::resolve(Some(url.expose()), &|_| None).map_err(Error::Target)?;
        let superuser = Connector::new(settings, wanted.name.to_owned(), Limits::default());
        let role = superuser.clone();
        Ok(Restored { place: Place::Scratch(Box::new(server)), superuser, role, notes: Vec::new() })
    }

    fn note_version(&mut self, source: u32) {
        let own = self.version_num / 10_000;
        if own != source {
            self.notes.push(format!("restored on PostgreSQL {own}; the source is PostgreSQL {source}"));
        }
    }

    async fn require_extensions(&self, wanted: &Wanted<'_>) -> Result<(), Error> {
        let session = self.server.read_only().await.map_err(Error::Target)?;
        let rows = session.simple("SELECT name FROM pg_catalog.pg_available_extensions").await;
        let rows = rows.map_err(Error::Target)?;
        let there: BTreeSet<_> =
            rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        let extensions: Vec<_> =
            wanted.extensions.iter().filter(|name| !there.contains(*name)).cloned().collect();
        if extensions.is_empty() {
            return Ok(());
        }
        Err(Error::ExtensionMissing { extensions, major: self.version_num / 10_000 })
    }

    /// Makes the empty database with all that stands beside it.
    pub(crate) async fn database(mut self, surroundings: &Surroundings) -> Result<Restored, Error> {
        match self.at {
            At::Given => {
                let staging = self.staging(surroundings).await?;
                let connector = staging.connector();
                let role = connector.clone();
                Ok(Restored {
                    place: Place::Database(Box::new(staging)),
                    superuser: connector,
                    role,
                    notes: self.notes,
                })
            }
            At::Kept => {
                if self.has_roles {
                    let mut session = self.server.migrator().await.map_err(Error::Target)?;
                    let made = surroundings.make_roles(&mut session).await?;
                    let note = |role| format!("made the role \"{role}\", which cannot log in");
                    self.notes.extend(made.into_iter().map(note));
                }
                Ok(Restored {
                    place: Place::Kept,
                    superuser: self.server.clone(),
                    role: self.server,
                    notes: self.notes,
                })
            }
            At::Scratch(_) => self.on_scratch(surroundings).await,
        }
    }

    async fn staging(&mut self, surroundings: &Surroundings) -> Result<Staging, Error> {
        let [same, plain] = surroundings.options();
        match Staging::create(&self.server, &same).await {
            Err(Error::Target(pgrefit_pg::Error::Server(_))) => {
                self.notes.push(no_locale(surroundings));
                Staging::create(&self.server, &plain).await
            }
            made => made,
        }
    }

    async fn on_scratch(mut self, surroundings: &Surroundings) -> Result<Restored, Error> {
        let name = database_name(&surroundings.database);
        let mut session = self.server.migrator().await.map_err(Error::Target)?;
        let drop = format!("DROP DATABASE IF EXISTS {}", quote_ident(name));
        session.batch(&drop).await.map_err(Error::Target)?;
        let create =
            |options: &str| format!("CREATE DATABASE {} TEMPLATE template0 {options}", quote_ident(name));
        let [same, plain] = surroundings.options();
        match session.batch(&create(&same)).await {
            Err(pgrefit_pg::Error::Server(_)) => {
                self.notes.push(no_locale(surroundings));
                session.batch(&create(&plain)).await.map_err(Error::Target)?;
            }
            made => made.map_err(Error::Target)?,
        }
        self.notes.extend(surroundings.make(&mut session, name).await?);
        let superuser = self.server.with_settings(self.server.settings().with_database(name));
        let role = login(&mut session, &superuser, &surroundings.role).await?;
        let At::Scratch(server) = self.at else { return Err(Error::Stopped) };
        Ok(Restored { place: Place::Scratch(server), superuser, role, notes: self.notes })
    }
}

/// A backup is restored over nothing that is there.
async fn require_empty(connector: &Connector) -> Result<(), Error> {
    let session = connector.read_only().await.map_err(Error::Target)?;
    let objects = count_objects(&session, "public", &[]).await.map_err(Error::Target)?;
    if objects == 0 {
        return Ok(());
    }
    Err(Error::NotEmpty { database: connector.settings().database().to_owned(), objects })
}

/// Lets the source's role log in to a copy that is there already.
pub(crate) async fn login_as(superuser: &Connector, role: &str) -> Result<Connector, Error> {
    let mut session = superuser.migrator().await.map_err(Error::Target)?;
    login(&mut session, superuser, role).await
}

/// Lets the source's role log in, with a password that nobody else knows.
async fn login(
    session: &mut pgrefit_pg::Migrator,
    superuser: &Connector,
    role: &str,
) -> Result<Connector, Error> {
    if role == superuser.settings().user() {
        return Ok(superuser.clone());
    }
    let password = random_password()?;
    let sql = format!(
        "ALTER ROLE {} LOGIN PASSWORD {} VALID UNTIL 'infinity'",
        quote_ident(role),
        literal(&password)
    );
    session.batch(&sql).await.map_err(Error::Target)?;
    Ok(superuser.with_settings(superuser.settings().with_login(role, &password)))
}

/// 128 bits of the operating system's.
fn random_password() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    let read = File::open(RANDOM_DEVICE).and_then(|mut device| device.read_exact(&mut bytes));
    read.map_err(Error::io("read", RANDOM_DEVICE))?;
    Ok(hash::hex(&bytes))
}

/// A template cannot be made anew.
fn database_name(source: &str) -> &str {
    if ["template0", "template1"].contains(&source) { "pgrefit_restored" } else { source }
}

fn no_locale(surroundings: &Surroundings) -> String {
    format!(
        "the copy sorts texts by their bytes: its server does not have the locale {}",
        surroundings.locale()
    )
}
