//! `cargo xtask corpus`: real documents for the Doc Server database, from the sources of this workspace's
//! dependencies.
//!
//! Cargo's registry cache holds what a documentation server serves: READMEs and `//!` / `///` docs of some
//! hundreds of crates. `Cargo.lock` decides which crates, so every machine with the same lock builds the same
//! file, byte for byte.

mod copy;
mod crates;
mod document;
mod embed;
mod extract;
mod hash;
mod sql;

use crate::failure::Outcome;
use crate::workspace;
use copy::Script;
use crates::Source;
use document::Document;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const FILE: &str = "documents.sql";

/// Build the document corpus (documents.sql) from the sources of our dependencies
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to write to [default: target/corpus]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Instead, put every SQL file of these crates through all that reads SQL, and say what is not understood
    #[arg(long)]
    sql: bool,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let dir = args.out.clone().unwrap_or_else(default_dir);
    if args.sql {
        return sql::check(&crates::locked()?, &dir);
    }
    build(&dir)?;
    Ok(ExitCode::SUCCESS)
}

/// The corpus, built if it is not there. Whether it is up to date with the lock is not asked: any corpus will
/// do, and the question costs more than the answer is worth.
pub(crate) fn ensure() -> Outcome<PathBuf> {
    let file = default_dir().join(FILE);
    if !file.exists() {
        build(&default_dir())?;
    }
    Ok(file)
}

fn default_dir() -> PathBuf {
    workspace::target("corpus")
}

fn build(dir: &Path) -> Outcome<()> {
    let start = Instant::now();
    let mut sources = crates::locked()?;
    let mut documents: Vec<Document> = sources.iter_mut().flat_map(Document::all_of).collect();
    // In order of time, as a table that has grown over the years is.
    documents.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    let script = script(&sources, &documents);
    workspace::create_dir(dir)?;
    workspace::write(&dir.join(FILE), &script.text)?;
    eprintln!(
        "corpus: {} documents of {} crates, {} crates without a source row, {} embeddings, {} MB, {:.1} s",
        documents.len(),
        sources.len(),
        sources.len() - script.sources,
        documents.iter().filter(|document| document.embedding.is_some()).count(),
        script.text.len() / 1_000_000,
        start.elapsed().as_secs_f64(),
    );
    Ok(())
}

/// Sources first, so that the file also loads into a database that has the foreign key.
fn script(sources: &[Source], documents: &[Document]) -> Script {
    let mut script = Script::new();
    script.sources(sources);
    script.documents(documents);
    script
}

#[cfg(test)]
mod tests {
    use super::crates::Source;
    use super::document::Document;
    use std::collections::BTreeSet;

    /// This crate's own sources, as if it came from the registry.
    fn own() -> Source {
        Source::new("xtask", "0.1.0", env!("CARGO_MANIFEST_DIR"))
    }

    fn build() -> (Vec<Document>, String) {
        let mut source = own();
        let documents = Document::all_of(&mut source);
        let text = super::script(&[source], &documents).text;
        (documents, text)
    }

    #[test]
    fn two_builds_are_equal_byte_for_byte() {
        assert_eq!(build().1, build().1);
    }

    #[test]
    fn documents_have_paths_and_ids_of_their_own() {
        let (documents, _) = build();
        let paths: BTreeSet<_> = documents.iter().map(|d| &d.path).collect();
        let ids: BTreeSet<_> = documents.iter().map(|d| &d.id).collect();
        assert!(documents.len() > 5, "{} documents", documents.len());
        assert_eq!((paths.len(), ids.len()), (documents.len(), documents.len()));
    }
}
