//! Comments that allow what a rule finds: `-- pgrefit:allow <rule> <reason>`, and squawk's own.

use std::ops::Range;

use pgrefit_report::Status;
use pgrefit_sql::{Directive, Parsed};
use squawk_syntax::{SyntaxElement, SyntaxKind};

use crate::found::Draft;
use crate::options::Options;
use crate::rules::{RULES, rule};
use crate::squawk;

/// The comments of a file, and which of them were of use.
#[derive(Debug, Default)]
pub(crate) struct Allows {
    all: Vec<Comment>,
}

#[derive(Debug)]
struct Comment {
    span: Range<usize>,
    /// Id of our rule.
    rule: String,
    reason: String,
    /// Whether it holds for the whole file.
    whole_file: bool,
    /// The line it is on, for a comment behind a statement.
    line: Range<usize>,
    ours: bool,
    used: bool,
}

impl Allows {
    pub(crate) fn read(text: &str, parse: &Parsed, directives: &[(usize, Directive)]) -> Self {
        let mut allows = Self::default();
        for (at, directive) in directives {
            if let Directive::Allow(allow) = directive {
                let end = text[*at..].find('\n').map_or(text.len(), |length| at + length);
                allows.push(text, *at..end, &allow.rule, &allow.reason, false, true);
            }
        }
        if text.contains("squawk-ignore") {
            allows.read_squawk(text, parse);
        }
        allows
    }

    fn read_squawk(&mut self, text: &str, parse: &Parsed) {
        let tokens = parse.syntax_node().descendants_with_tokens().filter_map(SyntaxElement::into_token);
        for token in tokens.filter(|token| token.kind() == SyntaxKind::COMMENT) {
            let words =
                token.text().trim_start_matches("--").trim_start_matches("/*").trim_end_matches("*/").trim();
            let (whole_file, list) =
                match (words.strip_prefix("squawk-ignore-file"), words.strip_prefix("squawk-ignore")) {
                    (Some(list), _) => (true, list),
                    (None, Some(list)) => (false, list),
                    _ => continue,
                };
            let span: Range<usize> = token.text_range().into();
            let names: Vec<&str> =
                list.split([',', ' ', '\n']).map(str::trim).filter(|name| !name.is_empty()).collect();
            for name in &names {
                self.push(text, span.clone(), name, "squawk-ignore", whole_file, false);
                for ours in squawk::same_as(name) {
                    self.push(text, span.clone(), ours, "squawk-ignore", whole_file, false);
                }
            }
            if names.is_empty() {
                self.push(text, span, "*", "squawk-ignore", whole_file, false);
            }
        }
    }

    fn push(
        &mut self,
        text: &str,
        span: Range<usize>,
        rule: &str,
        reason: &str,
        whole_file: bool,
        ours: bool,
    ) {
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        // Only a comment behind something on its line belongs to that line.
        let line = if text[start..span.start].trim().is_empty() { 0..0 } else { start..span.end };
        let (rule, reason) = (rule.to_owned(), reason.to_owned());
        self.all.push(Comment { span, rule, reason, whole_file, line, ours, used: false });
    }

    /// Why the finding is allowed, if it is.
    pub(crate) fn reason(&mut self, draft: &Draft, statements: &[Range<usize>]) -> Option<String> {
        let at = draft.span.start;
        let index = statements.partition_point(|range| range.end <= at);
        let index =
            Some(index).filter(|index| statements.get(*index).is_some_and(|range| range.contains(&at)));
        let statement = index.map_or(at..draft.span.end, |index| statements[index].clone());
        let before = index.map_or(0, |index| if index == 0 { 0 } else { statements[index - 1].end });
        let mut reason = None;
        for comment in &mut self.all {
            let fits = comment.rule == draft.rule
                || (comment.rule == "*" && squawk::asks_the_same(&draft.rule))
                || squawk::bare(&draft.rule).is_some_and(|name| name == comment.rule);
            let above = (before..statement.start).contains(&comment.span.start) && comment.line.is_empty();
            let within = statement.contains(&comment.span.start);
            let behind = !comment.line.is_empty()
                && comment.line.start <= statement.end
                && comment.line.end >= statement.end;
            if fits && (comment.whole_file || above || within || behind) {
                comment.used = true;
                reason = Some(comment.reason.clone());
            }
        }
        reason
    }

    /// Findings about comments of ours that allow nothing. One for a rule that is not asked is let be: whether it is of
    /// use is not known.
    pub(crate) fn leftovers(&self, options: &Options) -> Vec<Draft> {
        let unused = self.all.iter().filter(|comment| comment.ours && !comment.used);
        unused.filter_map(|comment| leftover(comment, options)).collect()
    }
}

fn leftover(comment: &Comment, options: &Options) -> Option<Draft> {
    let name = comment.rule.as_str();
    let of_squawk = squawk::is_rule(name);
    let (message, help) = match rule(name) {
        Some(rule) if options.is_off(rule) => return None,
        None if of_squawk && options.squawk.is_empty() => return None,
        None if !of_squawk => (format!("there is no rule `{name}`"), meant(name)),
        _ => (format!("nothing here offends `{name}` any more"), "take the comment out".to_owned()),
    };
    let mut draft = Draft::new("unused-allow", Status::Warn, comment.span.clone(), message);
    draft.help(help);
    Some(draft)
}

/// What to write instead of the name of a rule that does not exist.
fn meant(name: &str) -> String {
    let distances = RULES.iter().map(|rule| (strsim::damerau_levenshtein(rule.id, name), rule.id));
    match distances.min() {
        Some((distance, id)) if distance <= 6 => format!("did you mean `{id}`?"),
        _ => "`pgrefit lint --rules` lists them".to_owned(),
    }
}
