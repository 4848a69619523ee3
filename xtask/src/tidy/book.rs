//! The pages of docs/ are one book: each is reachable from its index, and each link leads to a page, and a heading of it,
//! that is there.

mod links;

use super::Violation;
use super::facts::{Facts, File};
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = "docs/";
const INDEX: &str = "docs/README.md";

/// Pages beside the book whose links are followed, too.
const BESIDE: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"];

/// Pages that are being written and may be linked to already. Take one out of the list when it is there.
const AWAITED: [&str; 4] =
    ["docs/fleet.md", "docs/kubernetes.md", "docs/runbooks/alerts/README.md", "docs/supply-chain.md"];

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    let mut violations = broken(&facts.files);
    violations.extend(forgotten(&facts.files));
    violations
}

/// Links that lead nowhere.
fn broken(files: &[File]) -> Vec<Violation> {
    let known: BTreeMap<&str, &File> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let pages = files.iter().filter(|file| is_page(&file.path));
    let links = pages.flat_map(|page| links::of(page).into_iter().map(move |link| (page, link)));
    let wrong = links.filter_map(|(page, link)| {
        let problem = problem(&known, &link)?;
        Some(Violation::new(format!("{}:{}", page.path, link.line), problem))
    });
    wrong.collect()
}

fn problem(known: &BTreeMap<&str, &File>, link: &links::Link) -> Option<String> {
    let Some(file) = known.get(link.path.as_str()) else {
        if AWAITED.contains(&link.path.as_str()) {
            return None;
        }
        let below = format!("{}/", link.path.trim_end_matches('/'));
        let is_folder = link.anchor.is_none() && known.keys().any(|path| path.starts_with(&below));
        return (!is_folder).then(|| format!("links to {}, which is not there", link.path));
    };
    let anchor = link.anchor.as_deref()?;
    let missing = is_markdown(&file.path) && !links::anchors(&file.text).contains(anchor);
    missing.then(|| format!("links to #{anchor}, which {} has not", file.path))
}

/// Files of the book that nobody finds who begins at its index.
fn forgotten(files: &[File]) -> Vec<Violation> {
    let book: BTreeMap<&str, &File> = files
        .iter()
        .filter(|file| file.path.starts_with(FOLDER))
        .map(|file| (file.path.as_str(), file))
        .collect();
    if !book.contains_key(INDEX) {
        return vec![Violation::new(INDEX, "is not there: the book has no index")];
    }
    let found = reached(&book);
    let lost = book.keys().filter(|path| !found.contains(**path));
    lost.map(|path| Violation::new(*path, format!("is not reachable from {INDEX}"))).collect()
}

fn reached(book: &BTreeMap<&str, &File>) -> BTreeSet<String> {
    let mut found = BTreeSet::from([INDEX.to_owned()]);
    let mut next = vec![INDEX.to_owned()];
    while let Some(path) = next.pop() {
        let Some(page) = book.get(path.as_str()).filter(|file| is_markdown(&file.path)) else { continue };
        for link in links::of(page) {
            if book.contains_key(link.path.as_str()) && found.insert(link.path.clone()) {
                next.push(link.path);
            }
        }
    }
    found
}

fn is_page(path: &str) -> bool {
    BESIDE.contains(&path) || (path.starts_with(FOLDER) && is_markdown(path))
}

fn is_markdown(path: &str) -> bool {
    path.strip_suffix(".md").is_some()
}

#[cfg(test)]
mod tests {
    use super::{File, Violation, broken, forgotten};

    fn files(list: &[(&str, &str)]) -> Vec<File> {
        list.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
    }

    fn said(violations: Vec<Violation>) -> Vec<String> {
        violations.into_iter().map(|v| format!("{} {}", v.place, v.problem)).collect()
    }

    #[test]
    fn links_lead_somewhere() {
        let check = |page: &str, expected: &[&str]| {
            let book = files(&[("docs/README.md", page), ("docs/a/b.md", "# B c\n"), ("k8s/x.yaml", "")]);
            assert_eq!(said(broken(&book)), expected, "{page}");
        };
        check("[b](a/b.md), [b](a/b.md#b-c), [k](../k8s/x.yaml), [k](../k8s), [web](https://x.y/z.md)", &[]);
        check("# One\n[here](#one)", &[]);
        check("\n[b](b.md)", &["docs/README.md:2 links to docs/b.md, which is not there"]);
        check("[b](a/b.md#c)", &["docs/README.md:1 links to #c, which docs/a/b.md has not"]);
        check("[here](#two)", &["docs/README.md:1 links to #two, which docs/README.md has not"]);
        check("[up](../../x)", &["docs/README.md:1 links to ../x, which is not there"]);
        check("[k](../k8s#x)", &["docs/README.md:1 links to k8s, which is not there"]);
    }

    #[test]
    fn pages_beside_the_book_are_followed() {
        let book = files(&[("README.md", "[d](docs/x.md)"), ("xtask/y.md", "[d](nowhere)")]);
        assert_eq!(said(broken(&book)), ["README.md:1 links to docs/x.md, which is not there"]);
    }

    #[test]
    fn each_page_is_found_from_the_index() {
        let check = |list: &[(&str, &str)], expected: &[&str]| {
            assert_eq!(said(forgotten(&files(list))), expected, "{list:?}");
        };
        let [index, middle] = [("docs/README.md", "[a](a.md)"), ("docs/a.md", "[b](b.json) [i](README.md)")];
        check(&[index, middle, ("docs/b.json", ""), ("x.md", "")], &[]);
        check(&[index, ("docs/a.md", "")], &[]);
        check(
            &[index, ("docs/a.md", ""), ("docs/b.md", "[a](a.md)")],
            &["docs/b.md is not reachable from docs/README.md"],
        );
        check(&[middle], &["docs/README.md is not there: the book has no index"]);
    }
}
