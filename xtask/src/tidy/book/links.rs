//! Links and headings of a page of Markdown, as GitHub reads them.

use super::File;
use std::collections::BTreeSet;

/// A link to something in this repository.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) line: usize,
    /// From the root of the repository.
    pub(super) path: String,
    /// The heading behind `#`.
    pub(super) anchor: Option<String>,
}

/// The links of a page, but for those to other hosts.
pub(super) fn of(page: &File) -> Vec<Link> {
    let lines = prose(&page.text).flat_map(|(number, line)| {
        let targets: Vec<String> = targets(&line).map(str::to_owned).collect();
        targets.into_iter().map(move |target| (number, target))
    });
    lines
        .filter(|(_, target)| !target.contains("://") && !target.starts_with("mailto:"))
        .map(|(line, target)| link(&page.path, line, &target))
        .collect()
}

fn link(page: &str, line: usize, target: &str) -> Link {
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor.to_owned())),
        None => (target, None),
    };
    let path = if path.is_empty() { page.to_owned() } else { resolved(page, path) };
    Link { line, path, anchor }
}

/// A path that is relative to a page, from the root.
fn resolved(page: &str, target: &str) -> String {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// The lines outside of fenced blocks, numbered, without what stands between backticks.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut fenced = false;
    let lines = (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence
    });
    lines.map(|(number, line)| (number, line.split('`').step_by(2).collect()))
}

/// What stands between the parentheses of `[text](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split_once(')')?.0;
        target.split_whitespace().next()
    })
}

/// The names by which the headings of a page can be linked to.
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for title in headings(text) {
        let name = anchor(title);
        let again = (1..).map(|count| format!("{name}-{count}"));
        let free = std::iter::once(name.clone()).chain(again).find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter_map(move |line| {
        fenced ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        let is_heading = !fenced && title.len() < line.len() && title.starts_with(' ');
        is_heading.then(|| title.trim())
    })
}

fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{File, anchors, of};

    #[test]
    fn links_are_read() {
        let check = |text: &str, expected: &[&str]| {
            let page = File { path: "docs/a/b.md".to_owned(), text: text.to_owned() };
            let found: Vec<String> = of(&page)
                .into_iter()
                .map(|link| {
                    format!(
                        "{} {}{}",
                        link.line,
                        link.path,
                        link.anchor.map_or(String::new(), |a| format!("#{a}"))
                    )
                })
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        check("[x](c.md) and\n[y](../d.md#e)", &["1 docs/a/c.md", "2 docs/d.md#e"]);
        check("[`x`](c.md \"a title\"), `[y](d.md)`", &["1 docs/a/c.md"]);
        check("[x](#e)", &["1 docs/a/b.md#e"]);
        check("[x](../../k8s/) ![p](./p.png)", &["1 k8s", "1 docs/a/p.png"]);
        check("```text\n[x](c.md)\n```\n[y](d.md)", &["4 docs/a/d.md"]);
        check("[x](https://a.b/c) [y](mailto:a@b.c) [not a link] (c.md)", &[]);
    }

    #[test]
    fn headings_are_named_as_they_are_linked() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(anchors(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        };
        check("# A page\n## 11: refused\n### `audit`, too", &["11-refused", "a-page", "audit-too"]);
        check("## A\n## A", &["a", "a-1"]);
        check("```sh\n# no heading\n```\n#neither\n", &[]);
        check("# Größe – x_y-z", &["größe--x_y-z"]);
    }
}
