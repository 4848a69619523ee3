//! Whether the links in our documents lead somewhere: to files, folders and headings of this repository. The web is not
//! asked; it would fail for reasons of its own.

mod document;

use crate::failure::Outcome;
use crate::workspace;
use document::Document;
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

/// Prints each link that leads nowhere.
pub(crate) fn run() -> Outcome<ExitCode> {
    let site = Site::of_workspace()?;
    let dead = site.dead_links();
    for problem in &dead {
        println!("{problem}");
    }
    eprintln!("links: {} documents, {} links, {} dead", site.documents.len(), site.count(), dead.len());
    Ok(ExitCode::from(u8::from(!dead.is_empty())))
}

/// The documents, and everything that a link may lead to.
struct Site {
    documents: BTreeMap<String, Document>,
    /// Files and folders, from the root.
    places: BTreeSet<String>,
}

impl Site {
    fn of_workspace() -> Outcome<Self> {
        let mut texts = Vec::new();
        for path in workspace::files(&["*.md"])? {
            let text = workspace::read(&workspace::root().join(&path))?;
            texts.push((path, text));
        }
        Ok(Self::new(&texts, &workspace::files(&[])?))
    }

    fn new(texts: &[(String, String)], files: &[String]) -> Self {
        let documents = texts.iter().map(|(path, text)| (path.clone(), Document::parse(text))).collect();
        let mut places: BTreeSet<_> = files.iter().cloned().collect();
        for file in files {
            let folders = file.match_indices('/').map(|(at, _)| file[..at].to_owned());
            places.extend(folders);
        }
        places.insert(String::new());
        Self { documents, places }
    }

    fn count(&self) -> usize {
        self.documents.values().map(|document| document.links.len()).sum()
    }

    /// One line for each, by document and line.
    fn dead_links(&self) -> Vec<String> {
        let mut dead = Vec::new();
        for (path, document) in &self.documents {
            let undefined = document.undefined.iter();
            dead.extend(undefined.map(|(line, name)| format!("{path}:{line}: [{name}] is defined nowhere")));
            for (line, target) in &document.links {
                let problem = self.problem(path, target);
                dead.extend(problem.map(|problem| format!("{path}:{line}: {target}: {problem}")));
            }
        }
        dead
    }

    /// What is wrong with a link that stands in the document `from`.
    fn problem(&self, from: &str, target: &str) -> Option<String> {
        if target.contains("://") || target.starts_with("mailto:") {
            return None;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let Some(place) = resolve(from, path) else {
            return Some("leads out of the repository".to_owned());
        };
        if !self.places.contains(&place) {
            return Some(format!("there is no {place}"));
        }
        match self.documents.get(&place) {
            _ if anchor.is_empty() => None,
            Some(document) if document.anchors.contains(anchor) => None,
            Some(_) => Some(format!("{place} has no heading of that name")),
            None if names_lines(anchor) => None,
            None => Some(format!("{place} has no headings")),
        }
    }
}

/// The path from the root; nothing for one outside of it. `from` is a document, and an empty path leads to itself.
fn resolve(from: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.to_owned());
    }
    let decoded = path.replace("%20", " ");
    let mut parts: Vec<&str> = if decoded.starts_with('/') { Vec::new() } else { from.split('/').collect() };
    parts.pop();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `L10` or `L10-L20`: lines of a source file.
fn names_lines(anchor: &str) -> bool {
    let is_line = |part: &str| part.strip_prefix('L').is_some_and(|number| number.parse::<u32>().is_ok());
    anchor.split('-').all(is_line)
}

#[cfg(test)]
mod tests {
    use super::{Site, resolve};

    fn problem(from: &str, target: &str) -> Option<String> {
        let texts = [("README.md", "# Top\n"), ("docs/a.md", "# One thing\n# One thing\n")];
        let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let files = ["README.md", "docs/a.md", "docs/b/c.sql"].map(str::to_owned);
        Site::new(&texts, &files).problem(from, target)
    }

    #[test]
    fn a_link_leads_to_a_file_a_folder_or_a_heading() {
        let check = |from: &str, target: &str, expected: Option<&str>| {
            assert_eq!(problem(from, target).as_deref(), expected, "{from} {target}");
        };
        check("README.md", "docs/a.md", None);
        check("README.md", "docs/b/", None);
        check("README.md", "docs/b/c.sql#L3-L4", None);
        check("README.md", "#top", None);
        check("README.md", "docs/a.md#one-thing-1", None);
        check("docs/a.md", "../README.md#top", None);
        check("docs/a.md", "/README.md", None);
        check("docs/a.md", "b/c.sql", None);
        check("docs/a.md", "..", None);
        check("README.md", "https://example.org/x#y", None);
        check("README.md", "mailto:a@example.org", None);
        check("README.md", "a.md", Some("there is no a.md"));
        check("README.md", "docs/A.md", Some("there is no docs/A.md"));
        check("README.md", "#bottom", Some("README.md has no heading of that name"));
        check("README.md", "docs/a.md#one-thing-2", Some("docs/a.md has no heading of that name"));
        check("README.md", "docs/b/c.sql#one", Some("docs/b/c.sql has no headings"));
        check("docs/a.md", "../../x", Some("leads out of the repository"));
    }

    #[test]
    fn paths_are_taken_from_where_the_link_stands() {
        assert_eq!(resolve("docs/a.md", "./b/../c.md").as_deref(), Some("docs/c.md"));
        assert_eq!(resolve("docs/a.md", "").as_deref(), Some("docs/a.md"));
        assert_eq!(resolve("a.md", "x%20y.md").as_deref(), Some("x y.md"));
    }

    #[test]
    fn the_links_of_this_repository_lead_somewhere() {
        let site = Site::of_workspace().expect("the documents");
        assert!(site.count() > 50, "{} links", site.count());
        assert_eq!(site.dead_links(), Vec::<String>::new());
    }
}
