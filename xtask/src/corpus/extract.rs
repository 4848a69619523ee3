//! The documentation in a Rust file, as rustdoc would find it, by looking at lines: `//!` of the module, and
//! `///` of its public items under the item's own signature. A line scanner takes a macro's text for code now
//! and then; for test documents that does no harm.

use std::fmt::Write as _;

/// The file's documentation as Markdown; empty when it has none.
pub(super) fn markdown(rust: &str) -> String {
    let mut page = String::new();
    // Generated bindings are most of the bytes and hold no docs: one fast search spares them the scan.
    if !rust.contains("///") && !rust.contains("//!") {
        return page;
    }
    let mut block = String::new();
    for line in rust.lines().map(str::trim_start) {
        if let Some(text) = line.strip_prefix("//!") {
            push_line(&mut page, text);
        } else if let Some(text) = item_doc(line) {
            push_line(&mut block, text);
        } else if !block.is_empty() && !between_doc_and_item(line) {
            if let Some(signature) = signature(line) {
                // Writing to a String cannot fail.
                let _ = write!(page, "\n## `{signature}`\n\n{block}");
            }
            block.clear();
        }
    }
    page
}

/// Four slashes are an ordinary comment.
fn item_doc(line: &str) -> Option<&str> {
    line.strip_prefix("///").filter(|text| !text.starts_with('/'))
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
    text.push('\n');
}

fn between_doc_and_item(line: &str) -> bool {
    line.is_empty() || line.starts_with("#[") || line.starts_with("//")
}

/// What a public item is declared as, on its first line.
fn signature(line: &str) -> Option<&str> {
    let public = line.starts_with("pub ") || line.starts_with("macro_rules!");
    public.then(|| line.trim_end_matches([' ', '{', ';', '(', ',']))
}

#[cfg(test)]
mod tests {
    use super::markdown;

    fn check(rust: &str, expected: &str) {
        assert_eq!(markdown(rust), expected, "{rust}");
    }

    #[test]
    fn module_docs_are_the_page() {
        check("//! For a.\n//!\n//!  Indented.\nuse b;\n", "For a.\n\n Indented.\n");
        check("// For a.\nuse b;\n", "");
    }

    #[test]
    fn public_items_follow_under_their_signature() {
        check(
            "/// Adds.\n#[must_use]\npub fn add(a: u8) -> u8 {\n",
            "\n## `pub fn add(a: u8) -> u8`\n\nAdds.\n",
        );
        check(
            "    /// In a block.\n    pub const X: u8 = 1;\n",
            "\n## `pub const X: u8 = 1`\n\nIn a block.\n",
        );
        check("/// Twice!\nmacro_rules! twice {\n", "\n## `macro_rules! twice`\n\nTwice!\n");
    }

    #[test]
    fn private_items_and_comments_are_left_out() {
        check("/// Hidden.\nfn hidden() {}\n", "");
        check("//// No doc.\npub fn shown() {}\n", "");
        check("/// At the end of the file.\n", "");
    }
}
