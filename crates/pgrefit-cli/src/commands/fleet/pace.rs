//! How fast a fleet is gone through: canaries, waves, how many at once, and when to stop.

use std::time::Duration;

use clap::Args;
use pgrefit_fleet::{Schedule, Size, StopRule, waves};

use super::members::Member;
use crate::span::duration;

/// Canaries, waves, and when to stop.
#[derive(Debug, Args)]
pub(super) struct Pace {
    /// How many go first and alone, of which none may fail [default: those marked in the list, else 1].
    #[arg(long, value_name = "N")]
    canary: Option<usize>,
    /// The size of each wave behind them, as a number or a share, repeated or separated by commas; the rest is the last.
    #[arg(long, value_name = "N|P%", value_delimiter = ',', default_values = ["5%", "25%"])]
    wave: Vec<Size>,
    /// How many databases at once, at most 64.
    #[arg(long, value_name = "N", default_value = "4", value_parser = parallel)]
    pub(super) parallel: usize,
    /// How long to wait between two waves, such as 10min.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pause: Duration,
    /// Take no further database after so many failures.
    #[arg(long, value_name = "N", conflicts_with = "stop_ratio", value_parser = clap::value_parser!(u64).range(1..))]
    stop_after: Option<u64>,
    /// Take no further database when more than this share has failed by the end of a wave [default: 10%].
    #[arg(long, value_name = "P%", value_parser = percent)]
    stop_ratio: Option<u8>,
    /// How often to try a database again whose failure may pass by itself (exit code 75), each time after a longer wait.
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u32).range(..=20))]
    retry: u32,
}

/// How many at once.
pub(super) fn parallel(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=64).contains(number));
    number.ok_or_else(|| format!("`{text}` is not a number from 1 to 64"))
}

fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim_end();
    let percent = number.parse().ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| format!("`{text}` is no share, such as 10%"))
}

impl Pace {
    /// How the members are gone through; those that are `done` are not.
    pub(super) fn schedule(&self, members: &[Member], done: impl Fn(&Member) -> bool) -> Schedule {
        let mut waves = waves(members.len(), &self.canaries(members), &self.wave);
        for wave in &mut waves {
            wave.members.retain(|index| !done(&members[*index]));
        }
        waves.retain(|wave| !wave.members.is_empty());
        Schedule {
            waves,
            parallel: self.parallel,
            pause: self.pause,
            rule: self.rule(),
            retries: self.retry,
            backoff: Duration::from_secs(1),
        }
    }

    /// Those that are marked, then as many others as are asked for, in the order of the list.
    fn canaries(&self, members: &[Member]) -> Vec<usize> {
        let places =
            |marked: bool| (0..members.len()).filter(move |index| members[*index].entry.canary == marked);
        let marked = places(true).count();
        let wanted = self.canary.unwrap_or(if marked > 0 { marked } else { 1 });
        places(true).chain(places(false)).take(wanted).collect()
    }

    fn rule(&self) -> StopRule {
        match (self.stop_after, self.stop_ratio) {
            (Some(count), _) => StopRule::After(usize::try_from(count).unwrap_or(usize::MAX)),
            (None, ratio) => StopRule::Ratio(ratio.unwrap_or(10)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::Parser;

    use super::*;
    use crate::databases::{Entry, Source};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        pace: Pace,
    }

    fn pace(words: &str) -> Result<Pace, clap::Error> {
        Line::try_parse_from(std::iter::once("pgrefit").chain(words.split_whitespace())).map(|line| line.pace)
    }

    fn members(count: usize, marked: &[usize]) -> Vec<Member> {
        let entry = |place: usize| Entry {
            name: format!("d{place}"),
            source: Source::Variable("URL".to_owned()),
            labels: BTreeMap::new(),
            canary: marked.contains(&place),
            environment: None,
        };
        (0..count).map(|place| Member { place, entry: entry(place) }).collect()
    }

    #[test]
    fn waves_are_as_they_were_asked_for() {
        let check = |words: &str, marked: &[usize], expected: &str| {
            let schedule = pace(words).unwrap().schedule(&members(50, marked), |_| false);
            let found: Vec<String> =
                schedule.waves.iter().map(|wave| format!("{}:{}", wave.number, wave.members.len())).collect();
            assert_eq!(found.join(" "), expected, "{words}");
        };
        check("", &[], "0:1 1:3 2:13 3:33");
        check("", &[7, 9], "0:2 1:3 2:12 3:33");
        check("--canary 3", &[7], "0:3 1:3 2:12 3:32");
        check("--canary 0 --wave 50%", &[], "1:25 2:25");
        check("--wave 1,10 --wave 20", &[], "0:1 1:1 2:10 3:20 4:18");
    }

    #[test]
    fn marked_ones_are_the_first_canaries() {
        let check = |words: &str, marked: &[usize], expected: &[usize]| {
            let schedule = pace(words).unwrap().schedule(&members(5, marked), |_| false);
            assert_eq!(schedule.waves[0].members, expected, "{words}");
        };
        check("", &[], &[0]);
        check("", &[3], &[3]);
        check("--canary 2", &[3], &[0, 3]);
        check("--canary 1", &[3, 4], &[3]);
    }

    #[test]
    fn those_that_are_done_are_left_out() {
        let all = members(5, &[]);
        let schedule = pace("--wave 2").unwrap().schedule(&all, |member| member.place != 4);
        assert_eq!((schedule.waves.len(), schedule.waves[0].number), (1, 2));
        assert_eq!(schedule.waves[0].members, [4]);
    }

    #[test]
    fn wrong_values_are_refused() {
        for words in [
            "--wave 0",
            "--wave 120%",
            "--parallel 0",
            "--parallel 65",
            "--pause soon",
            "--stop-after 0",
            "--stop-ratio 101%",
            "--stop-ratio 10% --stop-after 3",
            "--retry 21",
        ] {
            assert!(pace(words).is_err(), "{words}");
        }
        let rule = |words: &str| pace(words).unwrap().rule();
        assert_eq!(rule(""), StopRule::Ratio(10));
        assert_eq!(rule("--stop-after 3"), StopRule::After(3));
        assert_eq!(rule("--stop-ratio 0%"), StopRule::Ratio(0));
    }
}
