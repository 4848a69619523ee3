//! `--fix`: what can be written mechanically is written, and nothing else.

use std::path::Path;

use pgrefit_lint::{Fix, Linter};

use super::select::{Chosen, Selection};
use super::{learn, source};
use crate::context::shown;
use crate::{Exit, Failed};

/// Rounds after which a fix that makes room for another one is given up.
const ROUNDS: usize = 4;

/// Applies the fixes of every file that is judged, and writes those that changed.
pub(super) fn write(selection: &mut Selection, linter: &Linter) -> Result<(), Failed> {
    for sequence in &mut selection.sequences {
        let mut linter = linter.clone();
        for file in sequence {
            if !file.judged {
                learn(&mut linter, file);
                continue;
            }
            if fixed(file, &linter) {
                let path = file.path.as_deref().unwrap_or(Path::new(""));
                replace(path, &file.text)?;
            }
            learn(&mut linter, file);
        }
    }
    Ok(())
}

/// Fixes the text in place; says whether it changed.
fn fixed(file: &mut Chosen, linter: &Linter) -> bool {
    if file.path.is_none() {
        return false;
    }
    let mut changed = false;
    for _ in 0..ROUNDS {
        let fixes = linter.clone().judge(&source(file)).fixes;
        let Some(text) = applied(&file.text, fixes) else { break };
        // A fix that the parser does not accept is a bug of the rule, not something to write.
        if !pgrefit_lint::parses(&text) {
            break;
        }
        file.text = text;
        changed = true;
    }
    changed
}

/// The text with the fixes in it, last first, those that overlap left for the next round.
fn applied(text: &str, mut fixes: Vec<Fix>) -> Option<String> {
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.range.start));
    let mut changed = text.to_owned();
    let mut free = text.len() + 1;
    for fix in fixes {
        if fix.range.end < free
            && changed.is_char_boundary(fix.range.start)
            && changed.is_char_boundary(fix.range.end)
        {
            free = fix.range.start;
            changed.replace_range(fix.range, &fix.text);
        }
    }
    (changed != text).then_some(changed)
}

/// Writes beside the file first, so that it is never half of it. A link stays one: the file that it leads to is written.
fn replace(path: &Path, text: &str) -> Result<(), Failed> {
    let failed =
        |error: std::io::Error| Failed::new(Exit::Usage, format!("failed to write {}: {error}", shown(path)));
    let path = &std::fs::canonicalize(path).map_err(failed)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.partial", std::process::id()));
    std::fs::write(&draft, text)
        .and_then(|()| std::fs::set_permissions(&draft, std::fs::metadata(path)?.permissions()))
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(|error| {
            let _ = std::fs::remove_file(&draft);
            failed(error)
        })
}

#[cfg(test)]
mod tests {
    use super::{Fix, applied};

    #[test]
    fn fixes_are_applied_from_behind() {
        let check = |fixes: &[(std::ops::Range<usize>, &str)], expected: Option<&str>| {
            let fixes =
                fixes.iter().map(|(range, text)| Fix { range: range.clone(), text: (*text).to_owned() });
            assert_eq!(applied("abcdef", fixes.collect()).as_deref(), expected);
        };
        check(&[], None);
        check(&[(1..1, "X"), (4..5, "Y")], Some("aXbcdYf"));
        check(&[(1..4, "X"), (2..3, "Y")], Some("abYdef"));
    }
}
