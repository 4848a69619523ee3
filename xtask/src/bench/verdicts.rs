//! `cargo xtask bench verdicts`: how often `pgrefit bench compare` is wrong, on a real server: the same statement on both sides
//! many times, and as many times with one side that does a tenth more.

use super::goal::Goal;
use super::server::Server;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::workspace;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{ExitCode, Stdio};

/// Rows that the statement makes and counts: some milliseconds, of which nearly all is that work.
const ROWS: u32 = 20_000;
const STATEMENT: &str = "SELECT count(*) FROM generate_series(1, current_setting('bench.rows')::int)";

/// Count how often `bench compare` is wrong: equal sides, and one that is a tenth slower
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Comparisons of each kind
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    /// How long each round of a comparison is; 30 pairs of them are played
    #[arg(long, default_value = "300ms")]
    round: String,
    /// What comes before each round and is not counted
    #[arg(long, default_value = "50ms")]
    warm_up: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Equal,
    Slower,
}

/// What one comparison said.
struct Said {
    kind: Kind,
    verdict: String,
    /// B by A, of the medians.
    ratio: f64,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start(&product)?;
    let dir = workspace::target("bench").join("verdicts");
    workspace::create_dir(&dir)?;
    let workload =
        format!("name = \"work\"\n\n[[statements]]\nname = \"work\"\nsql = \"{STATEMENT}\"\nparams = []\n");
    workspace::write(&dir.join("work.toml"), workload)?;
    let url = server.fresh("bench_verdicts")?;
    let mut said = Vec::new();
    for seed in 1..=args.times {
        for kind in [Kind::Equal, Kind::Slower] {
            let one = compare(args, &product, &dir, &url, (kind, seed))?;
            eprintln!("{}", one.row());
            said.push(one);
        }
    }
    report(args, &said)
}

fn compare(
    args: &Args,
    product: &Product,
    dir: &Path,
    url: &str,
    (kind, seed): (Kind, u32),
) -> Outcome<Said> {
    let rows = match kind {
        Kind::Equal => ROWS,
        Kind::Slower => ROWS + ROWS / 10,
    };
    let saved = dir.join("said.json");
    let mut pgrefit = product.command_on_disposable();
    pgrefit.args(["bench", "compare", "work.toml", "--quiet", "--seed", &seed.to_string()]);
    pgrefit.args(["--round", &args.round, "--warm-up", &args.warm_up]).arg("--save").arg(&saved);
    pgrefit.args(["--a-set", &format!("bench.rows={ROWS}"), "--b-set", &format!("bench.rows={rows}")]);
    pgrefit.env("DATABASE_URL", url).current_dir(dir).stdout(Stdio::null());
    let status = pgrefit.status().map_err(|cause| Failure::because("start pgrefit bench compare", cause))?;
    // 1 is "slower".
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(Failure::of_program("compare", status));
    }
    let json: Value = serde_json::from_str(&workspace::read(&saved)?)
        .map_err(|cause| Failure::because("read what bench compare saved", cause))?;
    read(kind, &json["comparison"]["statements"][0])
        .ok_or_else(|| Failure::new("find the verdict in what bench compare saved"))
}

fn read(kind: Kind, statement: &Value) -> Option<Said> {
    let verdict = statement["verdict"].as_str()?.to_owned();
    Some(Said { kind, verdict, ratio: statement["typical"]["ratio"].as_f64()? })
}

impl Said {
    fn row(&self) -> String {
        let kind = if self.kind == Kind::Equal { "equal" } else { "a tenth slower" };
        format!("{kind:<16} {:<22} {:.3}", self.verdict, self.ratio)
    }

    fn is_right(&self) -> bool {
        match self.kind {
            Kind::Equal => !matches!(self.verdict.as_str(), "slower" | "faster"),
            Kind::Slower => self.verdict == "slower",
        }
    }
}

/// How many of a kind were right, and the smallest and largest ratio.
fn count(said: &[Said], kind: Kind) -> (usize, f64, f64) {
    let of_kind = || said.iter().filter(move |one| one.kind == kind);
    let right = of_kind().filter(|one| one.is_right()).count();
    let (least, most) = of_kind()
        .fold((f64::MAX, f64::MIN), |(least, most), one| (least.min(one.ratio), most.max(one.ratio)));
    (right, least, most)
}

fn report(args: &Args, said: &[Said]) -> Outcome<ExitCode> {
    let times = usize::try_from(args.times).unwrap_or(usize::MAX);
    // One in twenty may be wrong.
    let enough = times - times.div_ceil(20).min(times);
    let mut goals = Vec::new();
    for (kind, what) in
        [(Kind::Equal, "equal sides are told apart"), (Kind::Slower, "a tenth slower is not found")]
    {
        let (right, least, most) = count(said, kind);
        let wrong = times - right;
        println!("{what}: {wrong} of {times}; ratios of the medians from {least:.3} to {most:.3}");
        goals.push(Goal::new(format!("{what} at most once in 20"), right >= enough));
    }
    for goal in &goals {
        println!("{}", goal.line());
    }
    let rows: Vec<Value> = said
        .iter()
        .map(|one| json!({ "equal": one.kind == Kind::Equal, "verdict": one.verdict, "ratio": one.ratio }))
        .collect();
    let json = json!({
        "times": times, "round": args.round, "said": rows,
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("verdicts.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}

#[cfg(test)]
mod tests {
    use super::{Kind, count, read};
    use serde_json::json;

    #[test]
    fn what_is_right_depends_on_the_sides() {
        let check = |kind, verdict: &str, right: usize| {
            let said = read(kind, &json!({ "verdict": verdict, "typical": { "ratio": 1.1 } }));
            assert_eq!(count(&[said.expect("complete")], kind).0, right, "{verdict}");
        };
        check(Kind::Equal, "no-difference-shown", 1);
        check(Kind::Equal, "faster", 0);
        check(Kind::Equal, "slower", 0);
        check(Kind::Slower, "slower", 1);
        check(Kind::Slower, "no-difference-shown", 0);
        check(Kind::Slower, "faster", 0);
        assert!(read(Kind::Equal, &json!({ "verdict": "slower" })).is_none());
    }
}
