//! What somebody wants of a table's partitions, as it is written down and as it is meant.

use serde::Deserialize;

use crate::interval::{Interval, Step};
use crate::name::fitted;
use crate::{Point, SetError};

/// A `[[partition]]` section as it is typed. [`PartitionSet::new`] makes sense of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PartitionConfig {
    /// The table: `documents`, `app.events`, `"Mixed Case"`; without a schema, by `search_path`.
    pub table: String,
    /// The column, unquoted.
    pub key: String,
    /// `range`, which it is if nothing is said, or `list`.
    pub method: Option<String>,
    /// `day`, `week`, `month`, `quarter` or `year`, for a key that is a moment.
    pub interval: Option<String>,
    /// How many numbers a partition takes, for a key that is a number.
    pub width: Option<i64>,
    /// The partitions of a list.
    pub list: Vec<ListPart>,
    /// How many intervals behind the present one are kept ready; 3 if nothing is said.
    pub ahead: Option<u32>,
    /// For how long rows are kept: `24 months`, `90 days`; of numbers, how many of the highest.
    pub keep: Option<String>,
    /// What becomes of partitions that are older: `detach`, `archive` or `drop`.
    pub then: Option<String>,
    /// How partitions are named: `{table}_p{from}`, if nothing is said.
    pub name: Option<String>,
    /// Whether a conversion moves the rows that are there into partitions of their own, too.
    #[serde(rename = "move")]
    pub move_rows: bool,
    /// The losses that are accepted, by the names that the judgement gives them: `unique:documents_pkey`.
    pub accept: Vec<String>,
}

/// A partition of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListPart {
    /// What stands in the place of `{from}` in its name.
    pub name: String,
    /// The values; NULL cannot be one of them.
    pub values: Vec<String>,
}

/// What somebody wants of a table's partitions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PartitionConfig")]
pub struct PartitionSet {
    /// The table as SQL takes it.
    pub table: String,
    /// The column, unquoted.
    pub key: String,
    /// How rows are assigned.
    pub method: Method,
    /// How many intervals behind the present one are kept ready; at least 1.
    pub ahead: u32,
    /// For how long partitions are kept, and what becomes of them then.
    pub retention: Option<Retention>,
    /// Whether a conversion moves the rows.
    pub move_rows: bool,
    /// The losses that are accepted.
    pub accept: Vec<String>,
    template: String,
}

/// How rows are assigned to partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// By ranges of the key.
    Range(Step),
    /// By values of the key.
    List(Vec<ListPart>),
}

/// For how long partitions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long.
    pub keep: Keep,
    /// What becomes of a partition that is wholly older.
    pub then: Then,
}

/// A length of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// So many calendar intervals before now.
    Calendar(i64, Interval),
    /// So many numbers below the highest.
    Numbers(i64),
}

/// What becomes of a partition that is older than what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It becomes a table of its own.
    Detach,
    /// It is reported as due; another command archives it.
    Archive,
    /// It is detached and dropped, and its rows are gone.
    Drop,
}

const AHEAD: u32 = 3;
const AHEAD_MAX: u32 = 500;
const TEMPLATE: &str = "{table}_p{from}";

impl PartitionSet {
    /// Makes sense of what is typed.
    ///
    /// # Errors
    /// What is wrong, with the name of the key.
    pub fn new(config: &PartitionConfig) -> Result<Self, SetError> {
        let PartitionConfig { table, key, ahead, name, move_rows, accept, .. } = config;
        let bad = |key: &'static str, problem: &str| SetError {
            table: table.clone(),
            key,
            problem: problem.to_owned(),
        };
        if table.trim().is_empty() {
            return Err(bad("table", "it is missing: the table, such as \"documents\""));
        }
        if key.is_empty() {
            return Err(bad("key", "it is missing: the column that decides, such as \"created_at\""));
        }
        let ahead = ahead.unwrap_or(AHEAD);
        if !(1..=AHEAD_MAX).contains(&ahead) {
            return Err(bad("ahead", "it must be from 1 to 500"));
        }
        let template = name.as_deref().unwrap_or(TEMPLATE);
        if !template.contains("{from}") {
            return Err(bad("name", "it must contain {from}, or all partitions would have the same name"));
        }
        let method = method(config)?;
        let retention = retention(config, &method, ahead)?;
        Ok(Self {
            table: table.trim().to_owned(),
            key: key.clone(),
            method,
            ahead,
            retention,
            move_rows: *move_rows,
            accept: accept.clone(),
            template: template.to_owned(),
        })
    }

    /// The name of a partition of `table` with this label, in at most 63 bytes.
    #[must_use]
    pub fn partition_name(&self, table: &str, label: &str) -> String {
        let named = self.template.replace("{from}", label);
        match named.split_once("{table}") {
            Some((before, behind)) => fitted(before, table, behind),
            None => fitted("", "", &named),
        }
    }

    /// The steps of a range.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        match self.method {
            Method::Range(step) => Some(step),
            Method::List(_) => None,
        }
    }
}

impl TryFrom<PartitionConfig> for PartitionSet {
    type Error = SetError;

    fn try_from(config: PartitionConfig) -> Result<Self, SetError> {
        Self::new(&config)
    }
}

impl Retention {
    /// Below which point partitions are older than what is kept; `now` is the present moment, or the highest number.
    #[must_use]
    pub fn limit(&self, now: Point) -> Option<Point> {
        match (self.keep, now) {
            (Keep::Calendar(count, interval), Point::Time(time)) => {
                let day = interval.add(time.date(), count.checked_neg()?)?;
                Some(Point::Time(time.replace_date(day)))
            }
            (Keep::Numbers(count), Point::Number(number)) => number.checked_sub(count).map(Point::Number),
            _ => None,
        }
    }
}

impl Then {
    /// Its name in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Detach => "detach",
            Self::Archive => "archive",
            Self::Drop => "drop",
        }
    }
}

fn method(config: &PartitionConfig) -> Result<Method, SetError> {
    let bad = |key, problem: String| Err(SetError { table: config.table.clone(), key, problem });
    match config.method.as_deref().unwrap_or(if config.list.is_empty() { "range" } else { "list" }) {
        "range" => range(config),
        "list" => list(config),
        "hash" => bad(
            "method",
            "hash is not supported: nothing is pruned by it but equality of the key, and no partition ever becomes old; range or list"
                .to_owned(),
        ),
        other => bad("method", format!("unknown method \"{other}\": range or list")),
    }
}

fn range(config: &PartitionConfig) -> Result<Method, SetError> {
    let bad = |key, problem: String| Err(SetError { table: config.table.clone(), key, problem });
    if !config.list.is_empty() {
        return bad("list", "it is for method = \"list\"".to_owned());
    }
    match (config.interval.as_deref(), config.width) {
        (Some(word), None) => match Interval::of_word(word) {
            Some(interval) => Ok(Method::Range(Step::Calendar(interval))),
            None => bad("interval", format!("unknown interval \"{word}\": day, week, month, quarter or year")),
        },
        (None, Some(width)) if width >= 1 => Ok(Method::Range(Step::Width(width))),
        (None, Some(_)) => bad("width", "it must be at least 1".to_owned()),
        (None, None) => bad(
            "interval",
            "a range needs interval = \"month\" for a key that is a moment, or width = 1000000 for one that is a number"
                .to_owned(),
        ),
        (Some(_), Some(_)) => bad("width", "interval and width exclude each other".to_owned()),
    }
}

fn list(config: &PartitionConfig) -> Result<Method, SetError> {
    let bad = |key, problem: String| Err(SetError { table: config.table.clone(), key, problem });
    if config.list.is_empty() {
        return bad(
            "list",
            "it is missing: which partitions there are, each with its name and its values".to_owned(),
        );
    }
    if config.interval.is_some() || config.width.is_some() {
        return bad("interval", "interval and width are for method = \"range\"".to_owned());
    }
    if config.keep.is_some() {
        return bad("keep", "partitions of a list do not become old".to_owned());
    }
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for part in &config.list {
        if part.name.is_empty() || names.contains(&&part.name) {
            return bad("list", format!("each partition needs a name of its own: \"{}\"", part.name));
        }
        if part.values.is_empty() {
            return bad("list", format!("\"{}\" has no values", part.name));
        }
        for value in &part.values {
            if values.contains(&value) {
                return bad("list", format!("the value \"{value}\" is there twice"));
            }
            values.push(value);
        }
        names.push(&part.name);
    }
    Ok(Method::List(config.list.clone()))
}

fn retention(config: &PartitionConfig, method: &Method, ahead: u32) -> Result<Option<Retention>, SetError> {
    let bad = |key, problem: String| Err(SetError { table: config.table.clone(), key, problem });
    let (Some(text), Method::Range(step)) = (&config.keep, method) else {
        return match config.then {
            Some(_) => bad(
                "then",
                "it says what becomes of old partitions, and `keep` does not say what is old".to_owned(),
            ),
            None => Ok(None),
        };
    };
    let then = match config.then.as_deref() {
        Some("detach") => Then::Detach,
        Some("archive") => Then::Archive,
        Some("drop") => Then::Drop,
        Some(other) => return bad("then", format!("unknown word \"{other}\": detach, archive or drop")),
        None => {
            return bad(
                "then",
                "it is missing: what becomes of older partitions: detach, archive or drop".to_owned(),
            );
        }
    };
    let Some(keep) = keep(text) else {
        return bad(
            "keep",
            format!("\"{text}\" is no length: \"24 months\", \"90 days\", or for numbers \"1000000\""),
        );
    };
    let (kept, interval, ready) = match (keep, step) {
        (Keep::Calendar(count, unit), Step::Calendar(interval)) => {
            // The shortest that is kept against the longest interval: "30 days" of months would drop what is 30 days old.
            (count.saturating_mul(days_min(unit)), days_min(*interval), interval.days_max())
        }
        (Keep::Numbers(count), Step::Width(width)) => (count, *width, *width),
        _ => {
            return bad(
                "keep",
                format!(
                    "\"{text}\" does not go with the partitions: a calendar length for `interval`, a number for `width`"
                ),
            );
        }
    };
    if kept < interval {
        return bad("keep", format!("\"{text}\" is shorter than one partition"));
    }
    if kept < days_kept_ready(ready, ahead) && matches!(step, Step::Calendar(_)) {
        return bad("keep", format!("\"{text}\" is shorter than what is kept ready (ahead = {ahead})"));
    }
    Ok(Some(Retention { keep, then }))
}

/// Months are compared as of 28 to 31 days: what is shorter by that only is let pass.
fn days_kept_ready(days_max: i64, ahead: u32) -> i64 {
    let days = days_max.saturating_mul(i64::from(ahead));
    days - days / 10
}

fn days_min(interval: Interval) -> i64 {
    match interval {
        Interval::Day => 1,
        Interval::Week => 7,
        Interval::Month => 28,
        Interval::Quarter => 90,
        Interval::Year => 365,
    }
}

fn keep(text: &str) -> Option<Keep> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count = text[..end].parse::<i64>().ok().filter(|count| *count >= 1)?;
    match text[end..].trim() {
        "" => Some(Keep::Numbers(count)),
        // Far above what anybody keeps, and far below where dates end.
        word => Interval::of_word(word).filter(|_| count <= 100_000).map(|unit| Keep::Calendar(count, unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::{PartitionConfig, PartitionSet};
    use crate::{KeyType, Point};

    fn set(toml: &str) -> Result<PartitionSet, String> {
        let config: PartitionConfig = toml::from_str(toml).map_err(|error| error.to_string())?;
        PartitionSet::new(&config).map_err(|error| error.to_string())
    }

    fn check(more: &str, expected: Option<&str>) {
        let toml = format!("table = 'documents'\nkey = 'created_at'\n{more}");
        match (set(&toml), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) if error.contains(expected) => {}
            (found, _) => panic!("{more}: {found:?}"),
        }
    }

    #[test]
    fn what_makes_sense_is_taken() {
        for more in [
            "interval = 'month'",
            "interval = 'day'\nahead = 14\nkeep = '90 days'\nthen = 'drop'",
            "width = 1000\nkeep = '100000'\nthen = 'archive'\naccept = ['unique:a']",
            "list = [{ name = 'a', values = ['x', 'y'] }, { name = 'b', values = ['z'] }]",
            "interval = 'month'\nkeep = '3 months'\nthen = 'detach'\nmove = true",
            "interval = 'quarter'\nkeep = '2 years'\nthen = 'detach'\nname = '{table}_{from}'",
        ] {
            check(more, None);
        }
    }

    #[test]
    fn what_does_not_is_an_error_with_its_key() {
        check("", Some("a range needs interval"));
        check("interval = 'decade'", Some("unknown interval \"decade\""));
        check("interval = 'day'\nwidth = 3", Some("exclude each other"));
        check("width = 0", Some("at least 1"));
        check("method = 'hash'", Some("hash is not supported"));
        check("method = 'magic'", Some("unknown method"));
        check("method = 'list'", Some("which partitions there are"));
        check("interval = 'day'\nahead = 0", Some("from 1 to 500"));
        check("interval = 'day'\nname = '{table}'", Some("must contain {from}"));
        check("interval = 'day'\nthen = 'drop'", Some("does not say what is old"));
        check("interval = 'day'\nkeep = '5 days'", Some("detach, archive or drop"));
        check("interval = 'day'\nkeep = '5 days'\nthen = 'burn'", Some("unknown word \"burn\""));
        check("interval = 'day'\nkeep = 'long'\nthen = 'drop'", Some("is no length"));
        check("interval = 'day'\nkeep = '0 days'\nthen = 'drop'", Some("is no length"));
        check("interval = 'month'\nkeep = '20 days'\nthen = 'drop'", Some("shorter than one partition"));
        check(
            "interval = 'month'\nkeep = '2 months'\nthen = 'drop'",
            Some("shorter than what is kept ready"),
        );
        check("interval = 'month'\nkeep = '100'\nthen = 'drop'", Some("does not go with"));
        check("width = 100\nkeep = '50'\nthen = 'drop'", Some("shorter than one partition"));
        check(
            "list = [{ name = 'a', values = ['x'] }, { name = 'a', values = ['z'] }]",
            Some("name of its own"),
        );
        check("list = [{ name = 'a', values = ['x'] }, { name = 'b', values = ['x'] }]", Some("there twice"));
        check("interval = 'day'\nahaed = 3", Some("unknown field"));
        assert!(set("key = 'a'\ninterval = 'day'").is_err_and(|error| error.contains("table")));
    }

    #[test]
    fn names_follow_the_template() {
        let check = |name: &str, table: &str, expected: &str| {
            let toml = format!("table = 't'\nkey = 'k'\ninterval = 'day'\nname = '{name}'");
            assert_eq!(set(&toml).expect(name).partition_name(table, "2026_12"), expected, "{name} {table}");
        };
        check("{table}_p{from}", "documents", "documents_p2026_12");
        check("p_{from}_{table}", "Odd \"Name\"", "p_2026_12_Odd \"Name\"");
        check("fixed_{from}", "documents", "fixed_2026_12");
    }

    #[test]
    fn what_is_old_follows_from_now() {
        let check = |more: &str, now: &str, expected: &str| {
            let set = set(&format!("table = 't'\nkey = 'k'\n{more}\nthen = 'drop'")).expect(more);
            let key = if set.step().is_some_and(|step| matches!(step, crate::Step::Width(_))) {
                KeyType::BigInt
            } else {
                KeyType::TimestampTz
            };
            let limit = set.retention.expect("kept").limit(key.point(now).expect(now));
            assert_eq!(limit.as_ref().map(Point::to_string).as_deref(), Some(expected), "{more} {now}");
        };
        check("interval = 'month'\nkeep = '24 months'", "2026-11-26 10:00:00+00", "2024-11-26 10:00:00");
        check("interval = 'month'\nkeep = '3 months'", "2024-05-31 00:00:00+00", "2024-02-29");
        check("interval = 'day'\nkeep = '30 days'", "2027-01-01 00:00:00+00", "2026-12-02");
        check("width = 10\nkeep = '100'", "50", "-50");
    }
}
