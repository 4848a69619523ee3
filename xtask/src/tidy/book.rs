//! The pages of docs/ are one book: whoever begins at its index finds each of them.

use super::Violation;
use super::facts::{Facts, File};
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = "docs/";
const INDEX: &str = "docs/README.md";

type Book<'a> = BTreeMap<&'a str, &'a File>;

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    forgotten(&facts.files)
}

fn forgotten(files: &[File]) -> Vec<Violation> {
    let own = files.iter().filter(|file| file.path.starts_with(FOLDER));
    let book: Book<'_> = own.map(|file| (file.path.as_str(), file)).collect();
    if !book.contains_key(INDEX) {
        return vec![Violation::new(INDEX, "is not there: the book has no index")];
    }
    let found = reached(&book);
    let lost = book.keys().filter(|path| !found.contains(**path));
    lost.map(|path| Violation::new(*path, format!("is not reachable from {INDEX}"))).collect()
}

/// The index, and what is linked to from a page that is reached.
fn reached(book: &Book<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::from([INDEX.to_owned()]);
    let mut next = vec![INDEX.to_owned()];
    while let Some(path) = next.pop() {
        let text = book.get(path.as_str()).filter(|file| is_page(&file.path)).map_or("", |file| &file.text);
        for target in targets(text).map(|target| resolved(&path, target)) {
            if book.contains_key(target.as_str()) && found.insert(target.clone()) {
                next.push(target);
            }
        }
    }
    found
}

fn is_page(path: &str) -> bool {
    path.strip_suffix(".md").is_some()
}

/// What stands between the parentheses of `[text](target)`, without the heading behind `#`. One that leads nowhere reaches
/// nothing, so blocks of code need not be told apart.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next())
}

/// A path that is relative to a page, from the root.
fn resolved(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{File, forgotten, resolved};

    fn check(list: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<File> = list
            .iter()
            .map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        let found: Vec<String> =
            forgotten(&files).into_iter().map(|v| format!("{} {}", v.place, v.problem)).collect();
        assert_eq!(found, expected, "{list:?}");
    }

    #[test]
    fn each_page_is_found_from_the_index() {
        let index = ("docs/README.md", "[a](a/a.md#part)");
        check(&[index, ("docs/a/a.md", "[b](../b.json) [up](../README.md)"), ("docs/b.json", "")], &[]);
        check(&[index, ("docs/a/a.md", ""), ("elsewhere.md", "")], &[]);
        check(
            &[index, ("docs/a/a.md", "[away](https://a.b/docs/b.md)"), ("docs/b.md", "[a](a/a.md)")],
            &["docs/b.md is not reachable from docs/README.md"],
        );
        check(
            &[index, ("docs/a/a.md", "[x](x.json)"), ("docs/a/x.json", "[b](../b.md)"), ("docs/b.md", "")],
            &["docs/b.md is not reachable from docs/README.md"],
        );
        check(&[("docs/a/a.md", "")], &["docs/README.md is not there: the book has no index"]);
    }

    #[test]
    fn paths_are_taken_from_where_the_link_stands() {
        let check = |page: &str, target: &str, expected: &str| assert_eq!(resolved(page, target), expected);
        check("docs/a.md", "b.md", "docs/b.md");
        check("docs/a.md", "./b/c.md", "docs/b/c.md");
        check("docs/a/b.md", "../c.md", "docs/c.md");
        check("docs/a.md", "../../../x", "x");
    }
}
