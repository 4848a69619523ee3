//! `cargo xtask trend`: whether tonight's benchmarks were slower than those of other nights.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compare the medians of benchmarks (target/bench/*.json) with those of other nights, as a Markdown table
///
/// Ends with 1 if one is slower than the median of the others by more than a factor, and with 0 if there is nothing to compare.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder with the results of tonight
    tonight: PathBuf,
    /// Folders with the results of other nights
    nights: Vec<PathBuf>,
    /// What is too slow: above 1, and above what one machine differs from another
    #[arg(long, default_value_t = 1.5, value_parser = factor)]
    factor_max: f64,
}

fn factor(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if factor > 1.0 && factor.is_finite() { Ok(factor) } else { Err("it must be above 1".to_owned()) }
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let tonight = medians(&args.tonight)?;
    if tonight.is_empty() {
        return Err(Failure::new(format!("find results in {}", args.tonight.display())));
    }
    // A pattern of the shell that fits nothing is handed on as it stands.
    let nights = args.nights.iter().filter(|night| night.is_dir());
    let nights: Vec<_> = nights.map(|night| medians(night)).collect::<Outcome<_>>()?;
    let rows = compare(&tonight, &nights);
    print!("{}", table(&rows, args.factor_max));
    let is_slower = rows.iter().any(|row| row.factor().is_some_and(|factor| factor > args.factor_max));
    Ok(ExitCode::from(u8::from(is_slower)))
}

/// Milliseconds by what was measured.
type Medians = BTreeMap<String, f64>;

fn medians(dir: &Path) -> Outcome<Medians> {
    let failed = |cause| Failure::because(format!("read {}", dir.display()), cause);
    let mut found = Medians::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let json = serde_json::from_str(&workspace::read(&path)?)
                .map_err(|cause| Failure::because(format!("read {}", path.display()), cause))?;
            collect(&name, &json, &mut found);
        }
    }
    Ok(found)
}

/// Every `median_ms`, named by the way to it: by names of a list's items where they have one, else by their numbers.
fn collect(way: &str, value: &Value, found: &mut Medians) {
    match value {
        Value::Object(fields) => {
            if let Some(median) = fields.get("median_ms").and_then(Value::as_f64) {
                found.insert(way.to_owned(), median);
            }
            for (key, field) in fields {
                collect(&format!("{way} {key}"), field, found);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                let name = item["name"].as_str().map_or_else(|| number.to_string(), str::to_owned);
                collect(&format!("{way} {name}"), item, found);
            }
        }
        _ => {}
    }
}

struct Row {
    name: String,
    tonight: f64,
    /// The median of the other nights.
    usual: Option<f64>,
}

impl Row {
    fn factor(&self) -> Option<f64> {
        self.usual.filter(|usual| *usual > 0.0).map(|usual| self.tonight / usual)
    }
}

fn compare(tonight: &Medians, nights: &[Medians]) -> Vec<Row> {
    let usual = |name: &String| median(nights.iter().filter_map(|night| night.get(name).copied()).collect());
    tonight.iter().map(|(name, ms)| Row { name: name.clone(), tonight: *ms, usual: usual(name) }).collect()
}

/// The lower one of two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}

fn table(rows: &[Row], factor_max: f64) -> String {
    let mut text =
        "| measured | tonight, ms | other nights, ms | factor |\n|---|---:|---:|---:|\n".to_owned();
    for row in rows {
        let usual = row.usual.map_or_else(|| "–".to_owned(), |usual| format!("{usual:.1}"));
        let factor = row.factor().map_or_else(|| "–".to_owned(), |factor| format!("{factor:.2}"));
        let mark = if row.factor().is_some_and(|factor| factor > factor_max) { " **slower**" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {:.1} | {usual} | {factor}{mark} |", row.name, row.tonight);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Medians, collect, compare, factor, table};
    use serde_json::json;

    fn medians(value: &serde_json::Value) -> Medians {
        let mut found = Medians::new();
        collect("lint", value, &mut found);
        found
    }

    #[test]
    fn medians_are_found_wherever_they_are() {
        let value = json!({ "files": 3, "series": [{ "name": "all rules", "wall": { "median_ms": 2.5, "min_ms": 1 } }],
                            "times": { "plain": { "median_ms": 4 } }, "rounds": [{ "median_ms": 9.0 }] });
        let expected =
            [("lint rounds 0", 9.0), ("lint series all rules wall", 2.5), ("lint times plain", 4.0)];
        assert_eq!(medians(&value), expected.map(|(name, ms)| (name.to_owned(), ms)).into());
    }

    #[test]
    fn what_is_slower_than_usual_is_marked() {
        let night = |ms: f64| medians(&json!({ "a": { "median_ms": ms } }));
        let check = |tonight: f64, nights: &[f64], expected: &str| {
            let nights: Vec<_> = nights.iter().map(|ms| night(*ms)).collect();
            let table = table(&compare(&night(tonight), &nights), 1.5);
            assert_eq!(table.lines().last(), Some(expected));
        };
        check(10.0, &[], "| lint a | 10.0 | – | – |");
        check(15.0, &[9.0, 10.0, 40.0], "| lint a | 15.0 | 10.0 | 1.50 |");
        check(16.0, &[9.0, 10.0, 40.0], "| lint a | 16.0 | 10.0 | 1.60 **slower** |");
        check(16.0, &[0.0], "| lint a | 16.0 | 0.0 | – |");
    }

    #[test]
    fn a_factor_is_above_1() {
        assert_eq!(factor("1.2"), Ok(1.2));
        assert!(["1", "0.5", "nan", "inf", "x"].iter().all(|text| factor(text).is_err()));
    }
}
