//! The page of a rule, for people: what happens, why, what to write instead.

use std::fmt::Write as _;

use pgrefit_sql::LockMode;

use crate::rule::{Claim, Rule};

impl Rule {
    /// The rule as a page in Markdown, with its examples and what is claimed of the server.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = format!("# `{}`\n\n{}\n\n", self.id, self.title);
        let _ = write!(page, "**Level**: {}. ", self.level);
        let _ = write!(page, "**What happens**: {}\n\n**Instead**: {}\n", self.happens, self.safe);
        if !self.claims.is_empty() {
            page.push_str("\nOn a server, the first example:\n\n");
            for claim in self.claims {
                let _ = writeln!(page, "- {}", claim.words());
            }
        }
        for (title, text) in
            [("Given", self.before), ("With the problem", self.bad), ("Without it", self.good)]
        {
            if !text.is_empty() {
                let _ = write!(page, "\n## {title}\n\n```sql\n{}\n```\n", text.trim_end());
            }
        }
        if !self.also.is_empty() {
            let others: Vec<_> = self.also.iter().map(|id| format!("[`{id}`]({id}.md)")).collect();
            let _ = write!(page, "\nThe example also offends {}.\n", others.join(", "));
        }
        let _ = write!(
            page,
            "\nIf it is right in your case, say why on a line before the statement:\n\n\
             ```sql\n-- pgrefit:allow {} <reason>\n```\n",
            self.id
        );
        page
    }
}

impl Claim {
    /// The claim in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Locks(table, mode) => {
                let who = if mode.blocks_reads() {
                    ": reads and writes wait"
                } else if mode.blocks_writes() {
                    ": writes wait"
                } else if *mode == LockMode::RowExclusive {
                    ", until the end of the transaction"
                } else {
                    ""
                };
                format!("takes {} on `{table}`{who}", mode.sql())
            }
            Self::Rewrites(table) => format!("writes `{table}` anew"),
            Self::Scans(table) => format!("reads every row of `{table}` meanwhile"),
            Self::Fails(state) => format!("fails with SQLSTATE {state}"),
            Self::LeavesInvalid(index) => {
                format!("leaves the index `{index}` behind, which no query can use")
            }
            Self::Loses(table) => format!("loses the rows of `{table}`"),
            Self::BreaksPrepared(table) => {
                format!(
                    "makes a prepared `SELECT * FROM {table}` of another session fail, SQLSTATE 0A000 or 42703"
                )
            }
            Self::Until(major, claim) => format!("{} (up to PostgreSQL {major})", claim.words()),
            Self::Since(major, claim) => format!("{} (from PostgreSQL {major} on)", claim.words()),
        }
    }
}
