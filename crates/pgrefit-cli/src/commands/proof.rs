//! `pgrefit proof`: what a proof says, whether it counts, and who vouches for it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use pgrefit_migrate::proof::{Claim, Proof, SigningKey};
use pgrefit_migrate::{BackedUp, Judged, standing};
use pgrefit_report::{Cell, Fact, Finding, Outcome, Status};

use crate::context::target;
use crate::output::write_beside;
use crate::setup::{Folder, Setup};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
`pgrefit migrate` and `pgrefit migrate --rehearse-only` write a proof of the verified backup and one of the
rehearsal. A run takes them by --proof, if they are about its database, its schema, its history and its
migrations, and are not too old. A proof that was rehearsed elsewhere can be signed there, and trusted here.

Examples:
  pgrefit proof show pgrefit/20260131120000-docs-1/rehearsal.proof.json
  pgrefit proof key --output ci.pem           make a key; the public half goes into policy.trusted_keys
  pgrefit proof sign rehearsal.proof.json --key ci.pem
  pgrefit migrate --proof backup.proof.json --proof rehearsal.proof.json";

/// Show, judge and sign proofs of backups and rehearsals.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ProofCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what a proof says, and whether it counts for the database now.
    Show {
        /// The proof.
        file: PathBuf,
        /// Do not ask the database: show what it says only.
        #[arg(long)]
        offline: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Make a key to sign proofs with, and print its public half.
    Key {
        /// The file of the private half, which only you may read; it must not exist.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Sign a proof, in its file.
    Sign {
        /// The proof.
        file: PathBuf,
        /// The private half of a key: PKCS #8 in PEM, Ed25519.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

impl ProofCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.action {
            Action::Show { file, offline, folder } => show(context, &file, offline, &folder).await,
            Action::Key { output } => make_key(&output),
            Action::Sign { file, key } => sign(context, &file, &key),
        }
    }
}

async fn show(context: &Context, file: &Path, offline: bool, folder: &Folder) -> Result<Output, Failed> {
    let proof = Proof::read(file)?;
    if offline {
        let whole = proof.is_whole();
        let (status, exit) = if whole { (Status::Info, Exit::Done) } else { (Status::Fail, Exit::Refused) };
        let state = if whole { "whole; the database was not asked" } else { "edited after it was made" };
        let summary = format!("a proof of a {}, {state}", proof.kind());
        let mut report = context.report(Outcome::new(exit.code(), status, summary));
        report.facts = facts(&proof);
        return Ok(Output::Report(exit, Box::new(report)));
    }
    let setup = Setup::new(context, &folder.flags())?;
    let job = setup.job(None);
    let planned = pgrefit_migrate::plan(&job).await?;
    let now = standing(&job, &planned).await?;
    if matches!(proof.claim, Claim::Backup { .. }) {
        let path = file.to_owned();
        let read =
            tokio::task::spawn_blocking(move || BackedUp::read(&path).map(drop).map_err(Box::new)).await;
        read.map_err(|error| Failed::new(Exit::Internal, format!("failed to hash a backup: {error}")))?
            .map_err(|error| Failed::from(*error))?;
    }
    let judged = Judged::of(&proof, &now, &setup.policy()?, false);
    let (status, exit) =
        if judged.counts() { (Status::Pass, Exit::Done) } else { (Status::Fail, Exit::Refused) };
    let verdict = if judged.counts() { "counts for this database now" } else { "is refused" };
    let summary = format!("the proof of the {} {verdict}", proof.kind());
    let mut report = context.report(Outcome::new(exit.code(), status, summary));
    report.target = Some(target(job.connector, Some(planned.server_version())));
    report.facts = facts(&proof);
    report.findings = judged
        .refusals
        .iter()
        .map(|refusal| Finding::new("proof-refused", Status::Fail, refusal.to_string()))
        .collect();
    Ok(Output::Report(exit, Box::new(report)))
}

/// What the proof says.
fn facts(proof: &Proof) -> Vec<Fact> {
    let text = |text: &str| Cell::from(text.to_owned());
    let mut facts = vec![
        Fact::new("kind", "of", proof.kind()),
        Fact::new("made_at", "made", Cell::Timestamp(proof.made_at.clone())),
        Fact::new("tool", "by", text(&proof.tool)),
        Fact::new("database", "database", text(&proof.source.database)),
        Fact::new("system_identifier", "system identifier", proof.source.system_identifier.clone()),
        Fact::new("lsn", "WAL position", text(&proof.moment.lsn.to_string())),
        Fact::new("schema", "schema", text(&proof.schema)),
    ];
    match &proof.claim {
        Claim::Backup { folder, strength, tables, rows, manifest } => {
            facts.push(Fact::new("strength", "strength", text(strength.word())));
            facts.push(Fact::new("tables", "tables", *tables));
            facts.push(Fact::new("rows", "rows", *rows));
            facts.push(Fact::new("folder", "folder", folder.as_ref().map(|path| path.display().to_string())));
            facts.push(Fact::new("manifest", "manifest", text(manifest)));
        }
        Claim::Rehearsal { stall_reads_us, stall_writes_us, expected, migrations, .. } => {
            facts.push(Fact::new(
                "stall_reads_ms",
                "readers kept out",
                Cell::DurationMs(stall_reads_us.div_ceil(1000)),
            ));
            facts.push(Fact::new(
                "stall_writes_ms",
                "writers kept out",
                Cell::DurationMs(stall_writes_us.div_ceil(1000)),
            ));
            facts.push(Fact::new("expected", "schema afterwards", text(expected)));
            facts.push(Fact::new("migrations", "migrations", text(migrations)));
        }
    }
    facts.push(Fact::new("digest", "digest", text(&proof.digest)));
    let signed_by = proof.signature.as_ref().map(|signature| signature.key.to_string());
    facts.push(Fact::new("signed_by", "signed by", signed_by));
    facts
}

fn make_key(path: &Path) -> Result<Output, Failed> {
    let (key, text) = SigningKey::generate()?;
    let failed = |error: std::io::Error| {
        Failed::new(Exit::Usage, format!("failed to write the key {}: {error}", path.display()))
    };
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(Output::Plain(format!("{}\n", key.public())))
}

fn sign(context: &Context, path: &Path, key: &Path) -> Result<Output, Failed> {
    let proof = Proof::read(path)?;
    if !proof.is_whole() {
        let message = format!("failed to sign {}: it was edited after it was made", path.display());
        return Err(
            Failed::new(Exit::Refused, message).hint("make it again: `pgrefit migrate --rehearse-only`")
        );
    }
    let signed = proof.signed(&SigningKey::read(key)?);
    write_beside(path, &signed.to_json())
        .map_err(|error| Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display())))?;
    let summary = format!("signed {}", path.display());
    let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
    report.facts = facts(&signed);
    Ok(Output::Report(Exit::Done, Box::new(report)))
}
