//! Triggers and policies.

use super::{Case, Found};
use crate::Finding;

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    for trigger in &case.facts.table.row_triggers {
        let (name, place) = (&trigger.name, case.place(&trigger.name));
        if trigger.transition_tables {
            found.refuse(Finding::new(
                format!("transition:{name}"),
                place,
                "a trigger FOR EACH ROW with transition tables is not possible on a partitioned table",
                "make it FOR EACH STATEMENT, or do without the transition tables",
            ));
        } else if trigger.before && mentions(&trigger.source, &case.set.key) {
            found.refuse(
                Finding::new(
                    format!("trigger:{name}"),
                    place,
                    format!(
                        "it comes BEFORE the row is written and its function mentions {}: a row whose partition it changes is an error",
                        case.set.key
                    ),
                    "see that it does not change the key, then accept it",
                )
                .acceptable(),
            );
        }
    }
    if case.table.row_security {
        found.remark(Finding::new(
            "row-security",
            case.facts.name().to_string(),
            "policies hold for queries of the partitioned table; new partitions have row security without a policy, so that nobody but \
             the owner reads them directly",
            "",
        ));
    }
}

/// Whether a word stands in a text by itself.
fn mentions(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&word)
        .any(|(at, found)| !text[..at].ends_with(is_part) && !text[at + found.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_found_by_themselves() {
        let check = |text: &str, expected: bool| assert_eq!(super::mentions(text, "at"), expected, "{text}");
        check("NEW.at := now();", true);
        check("new.AT = 1", true);
        check("NEW.created_at := now();", false);
        check("NEW.attic := 1", false);
        check("NEW.\"at\" := 1", true);
        check("", false);
    }
}
