//! What is known, as a page for people: an overview of all databases, and one page for each.

mod database;
mod overview;

use pgrefit_report::{LiveLink, Status};

use crate::board::{Board, Part, Seat, Seen};

/// Where the page of a database is.
pub(crate) const PATH: &str = "/databases/";

/// The page at `/`: that of the database if there is one only.
pub(crate) fn root(board: &Board) -> String {
    match board.seats.as_slice() {
        [only] => database::html(board, only),
        _ => overview::html(board),
    }
}

/// The page of the database of this name.
pub(crate) fn of(board: &Board, name: &str) -> Option<String> {
    board.seat(name).map(|seat| database::html(board, seat))
}

/// How often it is worth being fetched again, in seconds.
fn refresh_s(board: &Board) -> u32 {
    board.round_s.clamp(1, 60)
}

/// The way to every page.
fn links(board: &Board, here: Option<&str>) -> Vec<LiveLink> {
    if board.seats.len() < 2 {
        return Vec::new();
    }
    let all = LiveLink {
        title: "All".to_owned(),
        path: "/".to_owned(),
        status: Status::worst(board.seats.iter().map(|seat| seat.read(judged))).unwrap_or(Status::Skip),
        is_here: here.is_none(),
    };
    let each = board.seats.iter().map(|seat| {
        let name = seat.target.name.as_str();
        LiveLink {
            title: name.to_owned(),
            path: format!("{PATH}{name}"),
            status: seat.read(judged),
            is_here: here == Some(name),
        }
    });
    std::iter::once(all).chain(each).collect()
}

/// How a database stands, in one word.
fn judged(seen: &Seen) -> Status {
    if seen.rounds.iter().sum::<u64>() == 0 {
        return Status::Skip;
    }
    if !seen.is_up {
        return Status::Error;
    }
    let migrations = seen.migrations.as_ref().map(|it| match &it.value {
        it if it.diverged > 0 => Status::Fail,
        it if it.last_ended().and_then(|run| run.exit_code).is_some_and(|code| code != 0) => Status::Fail,
        it if it.pending > 0 => Status::Warn,
        _ => Status::Pass,
    });
    let partitions = seen.partitions.as_ref().map(|it| {
        let any = it.value.iter().any(|set| set.warnings_count > 0);
        if any { Status::Warn } else { Status::Pass }
    });
    let audit = seen.audit.as_ref().map(|it| match &it.value {
        it if it.fails > 0 => Status::Fail,
        it if it.blind_checks > 0 => Status::Blind,
        it if it.warns > 0 => Status::Warn,
        _ => Status::Pass,
    });
    let problem = (!seen.problems.is_empty()).then_some(Status::Blind);
    let known = [migrations, partitions, audit, problem].into_iter().flatten();
    Status::worst(known).unwrap_or(Status::Pass)
}

/// The same in a sentence.
fn sentence(seat: &Seat, seen: &Seen) -> String {
    let name = &seat.target.name;
    if seen.rounds.iter().sum::<u64>() == 0 {
        return format!("{name} is being read for the first time");
    }
    if !seen.is_up {
        return match &seen.sessions {
            Some(last) => format!("{name} cannot be read; what is shown is {} old", ago(last.age())),
            None => format!("{name} cannot be read"),
        };
    }
    let mut said = Vec::new();
    if let Some(known) = &seen.migrations {
        let known = &known.value;
        said.extend(counted(known.diverged, "diverged migration"));
        said.extend(counted(known.pending, "pending migration"));
    }
    if let Some(audit) = &seen.audit {
        said.extend(counted(audit.value.fails, "failure"));
        said.extend(counted(audit.value.warns, "warning"));
    }
    if let Some(sets) = &seen.partitions {
        said.extend(counted(sets.value.iter().map(|set| set.warnings_count).sum(), "warning of partitions"));
    }
    said.extend(seen.problems.keys().map(|part| unread(*part).to_owned()));
    if said.is_empty() {
        format!("{name} is as it should be")
    } else {
        format!("{name}: {}", said.join(", "))
    }
}

fn unread(part: Part) -> &'static str {
    match part {
        Part::Sessions => "sessions not read",
        Part::Migrations => "migrations not read",
        Part::Partitions => "partitions not read",
        Part::Records => "backups and evidence not read",
        Part::Audit => "the last audit failed",
    }
}

fn counted(number: usize, word: &str) -> Option<String> {
    let plural = word.replacen("warning of", "warnings of", 1);
    match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ if plural != word => Some(format!("{number} {plural}")),
        _ => Some(format!("{number} {word}s")),
    }
}

/// Seconds as people say them.
fn ago(seconds: f64) -> String {
    if seconds < 0.5 {
        return "0 s".to_owned();
    }
    let duration = std::time::Duration::try_from_secs_f64(seconds.max(0.0).round()).unwrap_or_default();
    pgrefit_report::human_duration(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// A moment in seconds since 1970 as RFC 3339.
fn moment(at: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(at).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn several_are_many() {
        let check = |number: usize, word: &str, expected: Option<&str>| {
            assert_eq!(counted(number, word).as_deref(), expected);
        };
        check(0, "failure", None);
        check(1, "failure", Some("1 failure"));
        check(2, "pending migration", Some("2 pending migrations"));
        check(3, "warning of partitions", Some("3 warnings of partitions"));
    }
}
