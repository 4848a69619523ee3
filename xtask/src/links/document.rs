//! What a Markdown document links to, and the names that its headings have on GitHub.

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Document {
    /// What may stand after `#`.
    pub(super) anchors: BTreeSet<String>,
    /// Line and target.
    pub(super) links: Vec<(usize, String)>,
    /// Line and name of `[text][name]` without a definition.
    pub(super) undefined: Vec<(usize, String)>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Self {
        let mut document = Self::default();
        let mut undefined = Vec::new();
        let note = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
            // A word in brackets is no link.
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                undefined.push((line_of(text, link.span.start), link.reference.to_string()));
            }
            None
        };
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS;
        let parser = Parser::new_with_broken_link_callback(text, options, Some(note));
        let mut heading: Option<String> = None;
        for (event, span) in parser.into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => document.add_heading(&heading.take().unwrap_or_default()),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push((line_of(text, span.start), dest_url.to_string()));
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::Html(html) | Event::InlineHtml(html) => document.add_names(&html),
                _ => {}
            }
        }
        document.undefined = undefined;
        document
    }

    /// The second heading of a name gets `-1`, the third `-2`.
    fn add_heading(&mut self, heading: &str) {
        let slug = slug(heading);
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let mut names = std::iter::once(slug.clone()).chain(numbered);
        let free = names.find(|name| !self.anchors.contains(name));
        self.anchors.extend(free);
    }

    /// `<a id="…">` and `<a name="…">`.
    fn add_names(&mut self, html: &str) {
        for attribute in [" id=\"", " name=\""] {
            let values = html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            self.anchors.extend(values.map(str::to_owned));
        }
    }
}

/// As GitHub makes it: small letters, without punctuation, blanks as hyphens.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or(text).matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::{Document, slug};

    #[test]
    fn headings_are_named_as_on_github() {
        let check = |heading, expected| assert_eq!(slug(heading), expected, "{heading}");
        check("Exit codes, configuration", "exit-codes-configuration");
        check("`pgrefit lint --fix`", "pgrefit-lint---fix");
        check("13 → 14: what's new?", "13--14-whats-new");
        check("[Unreleased]", "unreleased");
    }

    #[test]
    fn links_are_found_with_their_lines_and_code_has_none() {
        let text = "# A `b`\n\n[x](y.md)\nand ![z](p.png)\n\n```\n[no](no.md)\n```\n\n[r][s] [t][]\n[word]\n\n\
                    [s]: d.md\n\n# A b\n\n<a id=\"own\"></a>\n";
        let document = Document::parse(text);
        let links = [(3, "y.md"), (4, "p.png"), (10, "d.md")].map(|(line, to)| (line, to.to_owned()));
        assert_eq!(document.links, links);
        assert_eq!(document.undefined, [(10, "t".to_owned())]);
        assert_eq!(Vec::from_iter(&document.anchors), ["a-b", "a-b-1", "own"]);
    }
}
