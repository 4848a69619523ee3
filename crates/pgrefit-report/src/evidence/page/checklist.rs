//! The checklist: each requirement with its verdict, its number, and where that comes from.

use crate::evidence::{Checklist, Line, Part, Pointer, Quantity};
use crate::html::markup::{each, escaped, given};
use crate::html::values::measured;
use crate::{Cell, Status};

/// Every line; the evidence of a part that is not there is named without a link.
pub(super) fn lines(list: &Checklist, is_there: impl Fn(&str) -> bool) -> String {
    let rows = each(list.lines(), |line| row(line, &is_there));
    format!(
        "<table class=\"checklist\">\n<thead><tr><th scope=\"col\">status</th><th scope=\"col\">requirement</th>\
         <th scope=\"col\" class=\"number\">number</th><th scope=\"col\">measurement</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn row(line: &Line, is_there: &impl Fn(&str) -> bool) -> String {
    let status = line.status();
    let (number, said) = match line.measurement() {
        Some(it) => (quantity(it.quantity), escaped(&it.text)),
        None => (String::new(), escaped(line.reason().unwrap_or_default())),
    };
    let evidence = given(line.evidence(), |it| pointer(it, is_there));
    format!(
        "<tr class=\"s-{status}\"><td><span class=\"badge s-{status}\">{}</span></td><th scope=\"row\">{}</th>\
         <td class=\"number\">{number}</td><td class=\"said\">{said}{evidence}</td></tr>\n",
        word(status),
        line.requirement().title()
    )
}

/// The status in words that cannot be taken for another.
pub(in crate::evidence) const fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "met",
        Status::Warn => "met, remark",
        Status::Skip => "not required",
        Status::Blind => "not measured",
        _ => "not met",
    }
}

/// A number with its unit.
pub(in crate::evidence) fn quantity(quantity: Quantity) -> String {
    match quantity {
        Quantity::Count(count) => measured(&count.into()),
        Quantity::Ms(ms) => measured(&Cell::DurationMs(ms)),
        Quantity::Bytes(bytes) => measured(&Cell::Bytes(bytes)),
        Quantity::Percent(percent) => format!("{} %", measured(&percent.into())),
    }
}

fn pointer(pointer: &Pointer, is_there: &impl Fn(&str) -> bool) -> String {
    let (id, title) = place(pointer.part);
    let detail = given(pointer.detail.as_deref(), |detail| format!(": {}", escaped(detail)));
    if is_there(id) {
        format!(" <a class=\"see\" href=\"#{id}\">{title}{detail}</a>")
    } else {
        format!(" <span class=\"see\">{title}{detail}</span>")
    }
}

/// Where a part stands on the page, and what it is called.
const fn place(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Pipeline => ("pipeline", "pipeline"),
        Part::Locks => ("locks", "locks"),
        Part::Durations => ("durations", "statements"),
        Part::Verification => ("verification", "verification"),
        Part::Queries => ("queries", "queries"),
        Part::Traffic => ("traffic", "traffic"),
        Part::Backup => ("backup", "backup"),
        Part::Proofs => ("proofs", "proofs"),
        Part::Findings => ("findings", "findings"),
    }
}

#[cfg(test)]
mod tests {
    use super::{quantity, row};
    use crate::evidence::{Line, Measurement, Part, Quantity, Requirement, Verdict};

    #[test]
    fn numbers_have_their_unit() {
        let check =
            |value: Quantity, expected: &str| assert_eq!(quantity(value).replace('\u{202f}', " "), expected);
        check(Quantity::Count(48_118_204), "48 118 204");
        check(Quantity::Ms(74), "74 ms");
        check(Quantity::Bytes(3_650_722_202), "3.4 GiB");
        check(Quantity::Percent(82), "82 %");
    }

    #[test]
    fn what_was_not_measured_looks_so() {
        let measurement = Measurement::new("0 of 605 are invalid", Quantity::Count(0));
        let line =
            Line::measured(Requirement::IndexesValid, Verdict::Met, measurement).see(Part::Verification);
        let met = row(&line, &|_: &str| true);
        assert!(met.contains("s-pass\">met<") && met.contains("href=\"#verification\""), "{met}");
        let open = row(&Line::not_measured(Requirement::IndexesValid, "no permission"), &|_: &str| true);
        assert!(open.contains("s-blind\">not measured<") && open.contains("no permission"), "{open}");
        assert!(!open.contains(">met<"));
    }
}
