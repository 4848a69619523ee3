//! Proposals as `ALTER SYSTEM`, and the way back.

use super::{Facts, Proposal, Takes};

/// Two scripts. Each statement must be a message of its own: `ALTER SYSTEM` runs in no transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scripts {
    /// Sets the proposals, in their order.
    pub set: Vec<String>,
    /// Restores what `ALTER SYSTEM` had set before, and takes out what it had not.
    pub reset: Vec<String>,
    /// Whether it is known what it had set before. If not, the second script would take out values that somebody else made.
    pub is_exact: bool,
    notes: Vec<Note>,
    version: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    takes: Takes,
    why: String,
}

impl Scripts {
    /// The scripts for some or all of the proposals from these facts.
    #[must_use]
    pub fn new(facts: &Facts, proposals: &[Proposal]) -> Self {
        let note = |proposal: &Proposal| Note {
            takes: proposal.takes,
            why: format!("{} → {}: {}", proposal.now, proposal.value, proposal.reason),
        };
        Self {
            set: proposals.iter().map(|proposal| set(&proposal.name, &proposal.value)).collect(),
            reset: proposals.iter().map(|proposal| restore(facts, &proposal.name)).collect(),
            is_exact: facts.prior.is_known,
            notes: proposals.iter().map(note).collect(),
            version: facts.version.clone(),
        }
    }

    /// The first script as a file for psql, grouped by when its settings take effect.
    #[must_use]
    pub fn set_text(&self) -> String {
        let mut text = self.head("Settings");
        for takes in [Takes::Reload, Takes::Restart] {
            self.group(takes, &mut text);
        }
        text.push_str("\nSELECT pg_catalog.pg_reload_conf();\n");
        text
    }

    fn group(&self, takes: Takes, text: &mut String) {
        let mut lines = self.notes.iter().zip(&self.set).filter(|(note, _)| note.takes == takes).peekable();
        if lines.peek().is_some() {
            text.push_str(match takes {
                Takes::Reload => "\n-- With the reload at the end:\n",
                Takes::Restart => "\n-- With the next restart of the server:\n",
            });
        }
        for (note, statement) in lines {
            text.extend(["-- ", &one_line(&note.why), "\n", statement, ";\n"]);
        }
    }

    /// The second script as a file for psql.
    #[must_use]
    pub fn reset_text(&self) -> String {
        let mut text = self.head("The way back from settings");
        if !self.is_exact {
            text.push_str(
                "-- What ALTER SYSTEM had set before could not be read: see that nothing of it is lost.\n",
            );
        }
        if self.notes.iter().any(|note| note.takes == Takes::Restart) {
            text.push_str("-- Some take effect with the next restart of the server.\n");
        }
        text.push('\n');
        for statement in &self.reset {
            text.extend([statement, ";\n"]);
        }
        text.push_str("\nSELECT pg_catalog.pg_reload_conf();\n");
        text
    }

    fn head(&self, what: &str) -> String {
        format!(
            "-- {what} for PostgreSQL {}. ALTER SYSTEM runs in no transaction: not with psql --single-transaction.\n",
            one_line(&self.version)
        )
    }
}

pub(super) fn set(name: &str, value: &str) -> String {
    format!("ALTER SYSTEM SET {name} = '{}'", value.replace('\'', "''"))
}

/// What takes one setting back to what `ALTER SYSTEM` had made it before.
fn restore(facts: &Facts, name: &str) -> String {
    match facts.prior.values.get(name) {
        Some(value) => set(name, value),
        None => format!("ALTER SYSTEM RESET {name}"),
    }
}

/// Text that cannot end a comment.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{Facts, Proposal, Scripts, Takes};

    fn proposal(name: &str, value: &str, takes: Takes) -> Proposal {
        Proposal {
            name: name.to_owned(),
            now: "1\n2".to_owned(),
            value: value.to_owned(),
            raw: value.to_owned(),
            takes,
            reason: "because".to_owned(),
            source: "",
            caveats: Vec::new(),
        }
    }

    #[test]
    fn the_way_back_restores_what_was_there() {
        let mut facts = Facts { version: "18.6".to_owned(), ..Facts::default() };
        facts.prior.is_known = true;
        facts.prior.values.insert("work_mem".to_owned(), "it's".to_owned());
        let proposals =
            [proposal("work_mem", "8MB", Takes::Reload), proposal("shared_buffers", "1GB", Takes::Restart)];
        let scripts = Scripts::new(&facts, &proposals);
        expect![[r"
            -- Settings for PostgreSQL 18.6. ALTER SYSTEM runs in no transaction: not with psql --single-transaction.

            -- With the reload at the end:
            -- 1 2 → 8MB: because
            ALTER SYSTEM SET work_mem = '8MB';

            -- With the next restart of the server:
            -- 1 2 → 1GB: because
            ALTER SYSTEM SET shared_buffers = '1GB';

            SELECT pg_catalog.pg_reload_conf();
        "]]
        .assert_eq(&scripts.set_text());
        expect![[r"
            -- The way back from settings for PostgreSQL 18.6. ALTER SYSTEM runs in no transaction: not with psql --single-transaction.
            -- Some take effect with the next restart of the server.

            ALTER SYSTEM SET work_mem = 'it''s';
            ALTER SYSTEM RESET shared_buffers;

            SELECT pg_catalog.pg_reload_conf();
        "]]
        .assert_eq(&scripts.reset_text());
    }
}
