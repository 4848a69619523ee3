//! The page of a check, for people: what comes of the problem, how it is told, what to do.

use std::fmt::Write as _;

use crate::Check;

impl Check {
    /// The check as a page in Markdown, with its examples.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = format!("# `{}`\n\n{}\n\n", self.id, self.title);
        let _ = write!(
            page,
            "**Code**: {}. **Group**: {}. **Level**: {}.",
            self.code,
            self.group.title(),
            self.level
        );
        if self.required {
            page.push_str(" **Required**: an audit that cannot look here ends with exit code 3.");
        }
        let _ = write!(page, "\n\n**Why**: {}\n\n**What to do**: {}\n\n", self.matters, self.cure);
        let sources: Vec<_> = self.sources.iter().map(|source| format!("`{source}`")).collect();
        if sources.is_empty() {
            page.push_str("**Reads**: nothing of the census.\n");
        } else {
            let _ = writeln!(page, "**Reads**: {}.", sources.join(", "));
        }
        if let Some(example) = &self.example {
            for (title, text) in [("With the problem", example.bad), ("Without it", example.good)] {
                let _ = write!(page, "\n## {title}\n\n```sql\n{}\n```\n", text.trim_end());
            }
        }
        let _ = write!(
            page,
            "\nIf it is right in your case, say so in `audit.toml`:\n\n```toml\n[[ignore]]\ncheck = \"{}\"\nobject = \
             \"public.*\"\nreason = \"why it is right here\"\nexpires = 2027-01-01\n```\n",
            self.id
        );
        page
    }
}
