//! All databases on one page.

use pgrefit_report::{
    Cell, Column, Fact, LivePage, Outcome, Report, Status, Table, counted, render_live_html,
};

use super::{judged, links, refresh_s};
use crate::board::{Board, Seat, Seen, now};
use crate::round::headroom;

pub(super) fn html(board: &Board) -> String {
    let judgements: Vec<Status> = board.seats.iter().map(|seat| seat.read(judged)).collect();
    let worst = Status::worst(judgements.iter().copied()).unwrap_or(Status::Skip);
    let mut report =
        Report::new("serve", board.version, String::new(), Outcome::new(0, worst, summary(&judgements)));
    report.facts = facts(board);
    report.tables = vec![table(board)];
    render_live_html(&LivePage {
        title: "all databases",
        report: &report,
        circumstances: Vec::new(),
        charts: Vec::new(),
        links: links(board, None),
        refresh_s: refresh_s(board),
        edition: String::new(),
    })
}

fn summary(judgements: &[Status]) -> String {
    let of = |status: Status| judgements.iter().filter(|it| **it == status).count();
    let mut said = vec![counted(judgements.len(), "database")];
    for (status, words) in [
        (Status::Error, "cannot be read"),
        (Status::Fail, "with failures"),
        (Status::Blind, "not seen in full"),
        (Status::Warn, "with warnings"),
        (Status::Skip, "not read yet"),
    ] {
        if of(status) > 0 {
            said.push(format!("{} {words}", of(status)));
        }
    }
    said.join(", ")
}

fn facts(board: &Board) -> Vec<Fact> {
    let pending = |seen: &Seen| seen.migrations.as_ref().is_some_and(|it| it.value.pending > 0);
    let behind = board.seats.iter().filter(|seat| seat.read(pending)).count();
    let up = board.seats.iter().filter(|seat| seat.read(|seen| seen.is_up)).count();
    vec![
        Fact::new("up", "up", up),
        Fact::new("behind", "behind on migrations", behind),
        Fact::new("since", "watched since", Cell::Timestamp(super::moment(board.started_at))),
    ]
}

fn table(board: &Board) -> Table {
    let columns = [
        Column::text("status", "status"),
        Column::text("database", "database"),
        Column::text("environment", "environment"),
        Column::number("version", "version"),
        Column::number("pending", "pending"),
        Column::number("fail", "failures"),
        Column::number("warn", "warnings"),
        Column::number("sessions", "sessions"),
        Column::number("headroom_ms", "partitions for"),
        Column::number("age_ms", "read"),
        Column::text("error", "error"),
    ];
    let mut table = Table::new("databases", "Databases", columns);
    for seat in &board.seats {
        table.push(row(seat));
    }
    table
}

fn row(seat: &Seat) -> [Cell; 11] {
    seat.read(|seen| {
        let known = seen.migrations.as_ref().map(|it| &it.value);
        let audit = seen.audit.as_ref().map(|it| &it.value);
        let left = seen.partitions.as_ref().and_then(|sets| headroom(&sets.value, now()));
        let ms = |seconds: i64| Cell::DurationMs(seconds.unsigned_abs().saturating_mul(1000));
        [
            Cell::Status(judged(seen)),
            seat.target.name.clone().into(),
            seat.target.environment.word().into(),
            Cell::from(known.and_then(|it| it.version)),
            Cell::from(known.map(|it| it.pending)),
            Cell::from(audit.map(|it| it.fails)),
            Cell::from(audit.map(|it| it.warns)),
            Cell::from(seen.sessions.as_ref().map(|it| it.value.all())),
            left.map_or(Cell::Missing, ms),
            seen.sessions
                .as_ref()
                .map_or(Cell::Missing, |it| Cell::from(format!("{} ago", super::ago(it.age())))),
            Cell::from(seen.failure.as_ref().map(|failure| failure.message.clone())),
        ]
    })
}
