//! Text as markup shows it, and a page with its parts in their places.

use crate::{Status, printable};

/// One line of text, which no reader can take for markup; what steers a terminal is shown as an escape here, too.
pub(crate) fn escaped(text: &str) -> String {
    entities(&printable::line(text))
}

/// A text of several lines, each made safe.
pub(crate) fn escaped_lines(text: &str) -> String {
    entities(&printable::lines(text).collect::<Vec<_>>().join("\n"))
}

fn entities(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Characters that markup may not hold at all.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(character),
        }
    }
    safe
}

/// A name as the target of a link: letters, digits and hyphens.
pub(crate) fn anchor(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// The word of a judgement, in its colour.
pub(crate) fn badge(status: Status) -> String {
    format!("<span class=\"badge s-{status}\">{status}</span>")
}

/// The markup of each item, one after the other.
pub(crate) fn each<T>(items: impl IntoIterator<Item = T>, markup: impl FnMut(T) -> String) -> String {
    items.into_iter().map(markup).collect()
}

/// The markup of what is known; nothing of what is not.
pub(crate) fn given<T>(known: Option<T>, markup: impl FnOnce(T) -> String) -> String {
    known.map_or_else(String::new, markup)
}

/// Names with their values, each of them markup already.
pub(crate) fn pairs(class: &str, pairs: impl IntoIterator<Item = (String, String)>) -> String {
    let pairs = each(pairs, |(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>"));
    if pairs.is_empty() { pairs } else { format!("<dl class=\"{class}\">{pairs}</dl>\n") }
}

/// A paragraph of one or more lines.
pub(crate) fn paragraph(class: &str, text: &str) -> String {
    format!("<p class=\"{class}\">{}</p>\n", escaped_lines(text))
}

/// `template` with each `{{name}}` replaced by its part. Parts are put in as they are, whatever stands in them.
pub(crate) fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or(("", piece));
        if let Some((_, part)) = parts.iter().find(|(known, _)| *known == name) {
            page.push_str(part);
        }
        page.push_str(rest);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{anchor, escaped, escaped_lines, filled};

    #[test]
    fn nothing_becomes_markup() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected);
        check("public.orders", "public.orders");
        check("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        check("\" onclick=\"a&b", "&quot; onclick=&quot;a&amp;b");
        check("\u{1b}[31m\n\u{202e}\u{ffff}\0", "\\u{1b}[31m\\n\\u{202e}\u{fffd}\\u{0}");
        assert_eq!(escaped_lines("a <\n\tb"), "a &lt;\n b");
        assert_eq!(anchor("\"a b\"><c-1"), "_a_b___c-1");
    }

    #[test]
    fn parts_are_not_looked_into() {
        let parts = [("a", "{{b}} }}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(filled("<{{a}}|{{b}}|{{c}}>", &parts), "<{{b}} }}|x|>");
    }
}
