//! When a `CronJob` runs: the five fields, their errors, and whether there is any such day.
//!
//! After `github.com/robfig/cron` v3, which is what Kubernetes uses: 7 is no day of the week, and a day that is given by
//! both month and week matches either.

use crate::duration::is_go_duration;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DESCRIPTORS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
/// The most days that each month ever has.
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A schedule that was understood.
#[derive(Debug)]
pub(crate) struct Schedule {
    days: Set,
    months: Set,
    weekdays: Set,
}

/// The values of a field as bits, and whether it was `*`.
#[derive(Debug, Clone, Copy, Default)]
struct Set {
    bits: u64,
    star: bool,
}

struct Bounds {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

impl Schedule {
    /// Reads a schedule; the reason is the server's.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.contains("TZ") {
            return Err("cannot use TZ or CRON_TZ in schedule, use timeZone field instead".to_owned());
        }
        if text.starts_with('@') {
            return descriptor(text);
        }
        let fields: Vec<_> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(format!("expected exactly 5 fields, found {}", fields.len()));
        };
        field(minute, &Bounds { least: 0, most: 59, names: &[] })?;
        field(hour, &Bounds { least: 0, most: 23, names: &[] })?;
        Ok(Self {
            days: field(day, &Bounds { least: 1, most: 31, names: &[] })?,
            months: field(month, &Bounds { least: 1, most: 12, names: &MONTHS })?,
            weekdays: field(weekday, &Bounds { least: 0, most: 6, names: &WEEKDAYS })?,
        })
    }

    /// Whether any date matches: the 31st of February never comes.
    pub(crate) fn ever_runs(&self) -> bool {
        let by_weekday = !self.weekdays.star && !self.days.star;
        let exists = |month: u32| {
            let longest = DAYS.get(month as usize - 1).copied().unwrap_or(31);
            self.months.has(month) && (1..=longest).any(|day| self.days.has(day))
        };
        by_weekday || (1..=12).any(exists)
    }

    fn always() -> Self {
        let all = Set { bits: u64::MAX, star: true };
        Self { days: all, months: all, weekdays: all }
    }
}

impl Set {
    fn has(self, value: u32) -> bool {
        self.bits & (1 << value) != 0
    }
}

fn descriptor(text: &str) -> Result<Schedule, String> {
    if let Some(every) = text.strip_prefix("@every ") {
        let understood = is_go_duration(every);
        return understood.then(Schedule::always).ok_or(format!("failed to parse duration {text}"));
    }
    let known = DESCRIPTORS.contains(&text);
    known.then(Schedule::always).ok_or(format!("unrecognized descriptor: {text}"))
}

fn field(text: &str, bounds: &Bounds) -> Result<Set, String> {
    text.split(',').filter(|part| !part.is_empty()).try_fold(Set::default(), |all, part| {
        let part = range(part, bounds)?;
        Ok(Set { bits: all.bits | part.bits, star: all.star || part.star })
    })
}

/// `*`, `5`, `1-5`, each with `/step`.
fn range(text: &str, bounds: &Bounds) -> Result<Set, String> {
    let mut slashes = text.split('/');
    let (span, step) = (slashes.next().unwrap_or_default(), slashes.next());
    if slashes.next().is_some() {
        return Err(format!("too many slashes: {text}"));
    }
    let star = matches!(span, "*" | "?");
    let (first, last) = if star { (bounds.least, bounds.most) } else { ends(span, step.is_some(), bounds)? };
    let step = step.map_or(Ok(1), |step| number(step, &[]))?;
    judge(text, first, last, step, bounds)?;
    let bits = (first..=last).step_by(step as usize).fold(0, |bits, value| bits | 1 << value);
    Ok(Set { bits, star: star && step == 1 })
}

/// Both ends of a range; a single value with a step goes on to the last.
fn ends(span: &str, stepped: bool, bounds: &Bounds) -> Result<(u32, u32), String> {
    let mut hyphens = span.split('-');
    let first = number(hyphens.next().unwrap_or_default(), bounds.names)?;
    let last = hyphens.next().map(|last| number(last, bounds.names)).transpose()?;
    if hyphens.next().is_some() {
        return Err(format!("too many hyphens: {span}"));
    }
    Ok((first, last.unwrap_or(if stepped { bounds.most } else { first })))
}

fn judge(text: &str, first: u32, last: u32, step: u32, bounds: &Bounds) -> Result<(), String> {
    let Bounds { least, most, .. } = bounds;
    if first < *least {
        return Err(format!("beginning of range ({first}) below minimum ({least}): {text}"));
    }
    if last > *most {
        return Err(format!("end of range ({last}) above maximum ({most}): {text}"));
    }
    if first > last {
        return Err(format!("beginning of range ({first}) beyond end of range ({last}): {text}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok(())
}

/// A number, or the name of a month or weekday. Months count from 1, weekdays from 0.
fn number(text: &str, names: &[&str]) -> Result<u32, String> {
    let lower = text.to_lowercase();
    let first = u32::from(names.len() == MONTHS.len());
    if let Some(place) = (first..).zip(names).find(|(_, name)| **name == lower) {
        return Ok(place.0);
    }
    text.parse().map_err(|_| format!("failed to parse int from {text}"))
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    fn check(text: &str, expected: Result<bool, &str>) {
        match (Schedule::parse(text).map(|schedule| schedule.ever_runs()), expected) {
            (Ok(runs), expected) => assert_eq!(Ok(runs), expected, "{text}"),
            (Err(found), Err(why)) => assert!(found.contains(why), "{found}: {text}"),
            (Err(found), Ok(_)) => panic!("{found}: {text}"),
        }
    }

    #[test]
    fn schedules_that_run() {
        for text in [
            "17 * * * *",
            "*/7 * * * *",
            "@hourly",
            "@every 1h30m",
            "0 0 29 2 *",
            "0 0 * FEB MON-fri",
            "0 0 31 2 1",
            "5/10 1-3,7 ? * 0-6/2",
            "0 0 1,31 2 *",
        ] {
            check(text, Ok(true));
        }
    }

    #[test]
    fn schedules_that_never_run() {
        for text in ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 feb ?"] {
            check(text, Ok(false));
        }
    }

    #[test]
    fn schedules_that_are_refused() {
        check("* * * *", Err("expected exactly 5 fields, found 4"));
        check("60 * * * *", Err("end of range (60) above maximum"));
        check("0 0 0 * *", Err("beginning of range (0) below minimum"));
        check("0 0 * * 7", Err("end of range (7) above maximum"));
        check("5-1 * * * *", Err("beginning of range (5) beyond"));
        check("*/0 * * * *", Err("step of range"));
        check("1/2/3 * * * *", Err("too many slashes"));
        check("1-2-3 * * * *", Err("too many hyphens"));
        check("a * * * *", Err("failed to parse int from a"));
        check("TZ=UTC 1 * * * *", Err("cannot use TZ"));
        check("@sometimes", Err("unrecognized descriptor"));
        check("@every soon", Err("failed to parse duration"));
    }
}
