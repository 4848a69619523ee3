//! `cargo xtask docs`: the reference pages that the product writes about itself, kept in the repository.

use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{shell, workspace};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Where the pages are kept, in the repository, and the folders of it that the product writes.
const DOCS: &str = "docs";
const FOLDERS: [&str; 3] = ["checks", "reference", "rules"];

/// The schema of the evidence, kept beside the code that writes it, and where readers find it.
const EVIDENCE_SCHEMA: (&str, &str) =
    ("crates/pgrefit-report/evidence.schema.json", "reference/evidence.schema.json");

/// Write the reference pages (docs/reference) and those of lint rules and checks (docs/rules, docs/checks) from the product
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail and name the pages that are stale
    #[arg(long)]
    pub(crate) check: bool,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    if !args.check {
        generate(&workspace::root().join(DOCS))?;
        return Ok(ExitCode::SUCCESS);
    }
    let stale = stale()?;
    for page in &stale {
        println!("{page} is stale: run cargo xtask docs");
    }
    Ok(ExitCode::from(u8::from(!stale.is_empty())))
}

/// The pages that differ from what the product writes today, by path from the root.
pub(crate) fn stale() -> Outcome<Vec<String>> {
    let fresh = workspace::target("docs-check");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)
            .map_err(|cause| Failure::because(format!("empty {}", fresh.display()), cause))?;
    }
    generate(&fresh)?;
    let mut stale = Vec::new();
    for folder in FOLDERS {
        let kept = pages(&workspace::root().join(DOCS).join(folder))?;
        let fresh = pages(&fresh.join(folder))?;
        stale.extend(differing(&kept, &fresh).map(|name| format!("{DOCS}/{folder}/{name}")));
    }
    Ok(stale)
}

fn generate(dir: &Path) -> Outcome<()> {
    workspace::create_dir(dir)?;
    shell::succeed(Product::build()?.command_in_root().arg("docs").arg(dir))?;
    let (kept, shown) = EVIDENCE_SCHEMA;
    std::fs::copy(workspace::root().join(kept), dir.join(shown))
        .map_err(|cause| Failure::because(format!("copy {kept}"), cause))?;
    Ok(())
}

type Pages = BTreeMap<String, Vec<u8>>;

/// Every file of a folder; none when the folder is not there.
fn pages(dir: &Path) -> Outcome<Pages> {
    let failed = |cause| Failure::because(format!("read {}", dir.display()), cause);
    if !dir.exists() {
        return Ok(Pages::new());
    }
    let mut pages = Pages::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let contents = std::fs::read(entry.path()).map_err(failed)?;
        pages.insert(entry.file_name().to_string_lossy().into_owned(), contents);
    }
    Ok(pages)
}

/// Names of pages that are missing, changed, or kept although nothing writes them any more.
fn differing<'a>(kept: &'a Pages, fresh: &'a Pages) -> impl Iterator<Item = &'a String> {
    let left_over = kept.keys().filter(|name| !fresh.contains_key(*name));
    let changed = fresh.iter().filter(|(name, page)| kept.get(*name) != Some(page));
    changed.map(|(name, _)| name).chain(left_over)
}

#[cfg(test)]
mod tests {
    use super::{Pages, differing};

    #[test]
    fn a_page_differs_when_missing_changed_or_left_over() {
        let pages = |all: &[(&str, &str)]| -> Pages {
            let own = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
            all.iter().map(own).collect()
        };
        let kept = pages(&[("same", "1"), ("changed", "1"), ("left-over", "1")]);
        let fresh = pages(&[("same", "1"), ("changed", "2"), ("missing", "1")]);
        let names: Vec<_> = differing(&kept, &fresh).collect();
        assert_eq!(names, ["changed", "missing", "left-over"]);
    }
}
