//! The database that is measured: the Doc Server as found, with as many documents as wanted.

use crate::bench::server::Server;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{corpus, shell, workspace};
use std::path::PathBuf;
use std::process::Command;

const DATABASE: &str = "bench_queries";

/// How much there is of it.
#[derive(Clone, Copy, clap::Args)]
pub(in crate::bench) struct Amount {
    /// Documents without an embedding
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_000..=10_000_000))]
    pub(in crate::bench) documents: u32,
    /// Documents with an embedding
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1000..=1_000_000))]
    pub(in crate::bench) embedded: u32,
}

pub(in crate::bench) struct Data<'a> {
    server: &'a Server,
    product: &'a Product,
    pub(in crate::bench) url: String,
}

/// The size of one relation with its TOAST table, or of one index.
pub(super) struct Size {
    pub(super) phase: &'static str,
    pub(super) name: String,
    pub(super) is_index: bool,
    pub(super) bytes: f64,
}

impl<'a> Data<'a> {
    pub(in crate::bench) fn load(server: &'a Server, product: &'a Product, amount: Amount) -> Outcome<Self> {
        let url = server.fresh(DATABASE)?;
        let data = Self { server, product, url };
        let root = workspace::root();
        data.file(&root.join("docs/docserver/legacy.sql"), amount)?;
        shell::succeed(data.migrate(&["--target", "1"]).stdout(std::process::Stdio::null()))?;
        data.file(&corpus::ensure()?, amount)?;
        for name in ["corpus.sql", "documents.sql", "embeddings.sql"] {
            eprintln!("loading {name}");
            data.file(&root.join("xtask/src/bench/queries/sql").join(name), amount)?;
        }
        Ok(data)
    }

    fn file(&self, file: &PathBuf, amount: Amount) -> Outcome<()> {
        let mut psql = self.server.psql(&self.url);
        psql.args([
            "-v",
            &format!("documents={}", amount.documents),
            "-v",
            &format!("embedded={}", amount.embedded),
        ]);
        shell::succeed(psql.arg("-o").arg("/dev/null").arg("-f").arg(file))
    }

    /// The product's own command. The rehearsal and the backup of a production database are not the topic here.
    pub(in crate::bench) fn migrate(&self, arguments: &[&str]) -> Command {
        let mut command = self.product.command_on_disposable();
        command.current_dir(workspace::root()).args(["migrate", "--adopt"]).args(arguments);
        command.env("DATABASE_URL", &self.url);
        command
    }

    /// What autovacuum does sooner or later, so that both schemas are measured in the same state.
    pub(in crate::bench) fn settle(&self) -> Outcome<()> {
        let tables =
            "VACUUM ANALYZE documents, documents_search, documents_signs, document_counts, document_sources";
        let half = workspace::root().join("xtask/src/bench/queries/sql/half.sql");
        shell::succeed(self.server.psql(&self.url).arg("-f").arg(half))?;
        shell::succeed(self.server.psql(&self.url).args(["-c", tables, "-c", "CHECKPOINT"]))
    }

    pub(super) fn sizes(&self, phase: &'static str) -> Outcome<Vec<Size>> {
        let sql = "SELECT relname, relkind = 'i', CASE relkind WHEN 'i' THEN pg_relation_size(oid) ELSE pg_table_size(oid) END \
                   FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') \
                   AND relname ~ 'document' ORDER BY 2, 1";
        let text = rows(&mut self.server.psql(&self.url), sql)?;
        let size = |line: &str| {
            let mut fields = line.split('|');
            let (name, kind, bytes) = (fields.next()?, fields.next()?, fields.next()?);
            Some(Size { phase, name: name.to_owned(), is_index: kind == "t", bytes: bytes.parse().ok()? })
        };
        Ok(text.lines().filter_map(size).collect())
    }
}

/// What a query answers, a line a row, fields apart by `|`.
pub(super) fn rows(psql: &mut Command, sql: &str) -> Outcome<String> {
    let output = psql.args(["-At", "-c", sql]).output();
    let output = output.map_err(|cause| Failure::because("start psql", cause))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        return Err(Failure::of_program("ask the database", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
