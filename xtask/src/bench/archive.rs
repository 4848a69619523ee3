//! `cargo xtask bench archive`: a partition of real text out of the database and back, against COPY and `pg_dump` alone.

mod goals;

use super::goal::Goal;
use super::server::Server;
use super::timing::median;
use super::usage::Usage;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{corpus, shell, workspace};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const DATABASE: &str = "bench_archive";
const PARTITION: &str = "documents_archive_p1";

/// Archive a partition of real text and bring it back, against COPY and `pg_dump` alone
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Documents in the partition
    #[arg(long, default_value_t = 300_000, value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    documents: u32,
    /// How many of them have an embedding of 3072 dimensions
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    embedded: u32,
    /// Rounds of COPY; the export is one
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
}

#[derive(Debug, Default)]
struct Measured {
    rows: f64,
    /// The median.
    copy_ms: f64,
    export_ms: f64,
    file_bytes: f64,
    dump_ms: f64,
    dump_bytes: f64,
    /// The highest of the run and of bringing it back.
    rss_bytes_max: f64,
    run_ms: f64,
    restore_ms: f64,
    digest_before: String,
    digest_after: String,
    /// What the product says of its steps.
    facts: Value,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start(&product)?;
    let dir = workspace::target("bench").join("archive");
    workspace::empty_dir(&dir)?;
    workspace::create_dir(&dir.join("store"))?;
    let bench = Bench { args, product: &product, url: server.fresh(DATABASE)?, server: &server, dir };
    bench.load()?;
    let measured = bench.measure()?;
    report(args, &measured)
}

struct Bench<'a> {
    args: &'a Args,
    product: &'a Product,
    server: &'a Server,
    url: String,
    dir: PathBuf,
}

impl Bench<'_> {
    /// The same text as the queries are measured on, in one partition.
    fn load(&self) -> Outcome<()> {
        let root = workspace::root();
        let sql = root.join("xtask/src/bench");
        eprintln!("preparing {} documents", self.args.documents);
        let mut files = vec![root.join("docs/docserver/legacy.sql"), corpus::ensure()?];
        files.extend(
            ["corpus", "documents", "embeddings"]
                .map(|name| sql.join("queries/sql").join(name).with_extension("sql")),
        );
        files.push(sql.join("archive/archive.sql"));
        files.iter().try_for_each(|file| self.file(file))
    }

    fn file(&self, file: &Path) -> Outcome<()> {
        let mut psql = self.server.psql(&self.url);
        for (name, value) in [
            ("documents", self.args.documents - self.args.embedded.min(self.args.documents)),
            ("embedded", self.args.embedded),
        ] {
            psql.args(["-v", &format!("{name}={value}")]);
        }
        shell::succeed(psql.arg("-o").arg("/dev/null").arg("-f").arg(file))
    }

    /// COPY comes first, so that everybody finds the pages in memory; its first round is not counted.
    fn measure(&self) -> Outcome<Measured> {
        let mut copies = Vec::new();
        for round in 0..=self.args.rounds {
            let begun = Instant::now();
            let mut psql = self.server.psql(&self.url);
            psql.args(["-c", &format!("COPY (SELECT * FROM {PARTITION}) TO STDOUT (FORMAT binary)")]);
            shell::succeed(psql.stdout(Stdio::null()))?;
            if round > 0 {
                copies.push(ms(begun));
            }
        }
        copies.sort_by(f64::total_cmp);
        let dump = self.dir.join("partition.dump");
        let begun = Instant::now();
        let mut pg_dump = self.server.program("pg_dump");
        pg_dump.args(["-Fc", "-t", PARTITION, "-f"]).arg(&dump).arg(&self.url);
        shell::succeed(&mut pg_dump)?;
        let dump_ms = ms(begun);
        let dump_bytes =
            std::fs::metadata(&dump).map_err(|cause| Failure::because("look at the dump", cause))?;

        let digest_before = self.digest()?;
        let run =
            Usage::measure(&self.pgrefit(&["archive", "run", PARTITION, "--report", "run.json"]), &[0])?;
        let facts = facts(&self.dir.join("run.json"))?;
        let back = Usage::measure(&self.pgrefit(&["archive", "restore", PARTITION]), &[0])?;
        let of =
            |key: &str| facts[key].as_f64().ok_or_else(|| Failure::new(format!("find {key} in the report")));
        #[expect(clippy::cast_precision_loss, reason = "exact for petabytes")]
        let measured = Measured {
            rows: of("rows")?,
            copy_ms: median(&copies),
            export_ms: of("export_ms")?,
            file_bytes: of("file_bytes")?,
            dump_ms,
            dump_bytes: dump_bytes.len() as f64,
            rss_bytes_max: run.rss_bytes_max.max(back.rss_bytes_max) as f64,
            run_ms: run.wall_ms,
            restore_ms: back.wall_ms,
            digest_before,
            digest_after: self.digest()?,
            facts,
        };
        Ok(measured)
    }

    /// By SQL of its own, which knows nothing of the product's digest.
    fn digest(&self) -> Outcome<String> {
        let sql = format!(
            "SELECT count(*) || ' ' || sum(hashtextextended(t::text, 0)::numeric) FROM {PARTITION} AS t"
        );
        shell::first_line(self.server.psql(&self.url).args(["-At", "-c", &sql]))
            .ok_or_else(|| Failure::new("digest the partition"))
    }

    fn pgrefit(&self, args: &[&str]) -> Command {
        let mut pgrefit = self.product.command_on_disposable();
        pgrefit.args(args).current_dir(&self.dir).env("DATABASE_URL", &self.url);
        pgrefit.env("PGREFIT_ARCHIVE_STORE", "store").env("PGREFIT_ARCHIVE_WORK_DIR", "work");
        pgrefit
    }
}

/// The facts of a report by their keys.
fn facts(path: &Path) -> Outcome<Value> {
    let report: Value = serde_json::from_str(&workspace::read(path)?)
        .map_err(|cause| Failure::because(format!("read {}", path.display()), cause))?;
    Ok(report["facts"].clone())
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

fn report(args: &Args, measured: &Measured) -> Outcome<ExitCode> {
    let goals = goals::judge(measured);
    let seconds = |ms: f64| ms / 1e3;
    println!("{} rows, {} with embeddings; one round, COPY {}", measured.rows, args.embedded, args.rounds);
    println!("COPY (FORMAT binary) to /dev/null      {:>8.1} s", seconds(measured.copy_ms));
    println!(
        "export: COPY, Parquet, digest on both  {:>8.1} s {:>9.1} MB",
        seconds(measured.export_ms),
        measured.file_bytes / 1e6
    );
    println!(
        "pg_dump -Fc                            {:>8.1} s {:>9.1} MB",
        seconds(measured.dump_ms),
        measured.dump_bytes / 1e6
    );
    println!("archive run, all of it                 {:>8.1} s", seconds(measured.run_ms));
    println!("archive restore                        {:>8.1} s", seconds(measured.restore_ms));
    println!("{}", measured.facts);
    for goal in &goals {
        println!("{}", goal.line());
    }
    let json = json!({
        "documents": args.documents, "embedded": args.embedded, "rows": measured.rows, "copy_ms": measured.copy_ms,
        "export_ms": measured.export_ms, "file_bytes": measured.file_bytes, "dump_ms": measured.dump_ms,
        "dump_bytes": measured.dump_bytes, "rss_bytes_max": measured.rss_bytes_max, "run_ms": measured.run_ms,
        "restore_ms": measured.restore_ms, "facts": measured.facts,
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("archive.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}
