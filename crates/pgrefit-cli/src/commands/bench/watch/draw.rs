//! Draws the live view; what it says is in `view.rs`.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Gauge, Paragraph, Sparkline};

use super::view::View;

/// The whole view, as far as it fits.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View) {
    let rows = [
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(6),
        Constraint::Length(5),
        Constraint::Fill(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ];
    let [head, progress, numbers, guard, throughput, slow_end, foot] =
        Layout::vertical(rows).areas(frame.area());
    frame.render_widget(Paragraph::new(view.headline()), head);
    let (share, words) = view.progress();
    frame.render_widget(Gauge::default().ratio(share.clamp(0.0, 1.0)).label(words), progress);
    lines(frame, " load ", view.numbers(), numbers);
    lines(frame, " guard ", view.guard(), guard);
    sparkline(
        frame,
        " answered a second ",
        &view.throughput(inner_width(throughput)),
        Color::Green,
        throughput,
    );
    sparkline(frame, " p99 of each second ", &view.slow_end(inner_width(slow_end)), Color::Yellow, slow_end);
    frame.render_widget(Paragraph::new("q or Ctrl-C stops the run and keeps what was measured"), foot);
}

fn lines(frame: &mut Frame<'_>, title: &str, lines: Vec<String>, area: Rect) {
    let text: Vec<Line<'_>> = lines.into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(text).block(Block::bordered().title(title)), area);
}

fn sparkline(frame: &mut Frame<'_>, title: &str, data: &[u64], color: Color, area: Rect) {
    let widget = Sparkline::default().data(data).style(Style::new().fg(color));
    frame.render_widget(widget.block(Block::bordered().title(title)), area);
}

fn inner_width(area: Rect) -> usize {
    area.width.saturating_sub(2).into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pgrefit_bench::benchmark::{Event, Phase};
    use pgrefit_bench::guard::Pressure;
    use pgrefit_load::{Tick, Window};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn tick(second: u64, done: u64) -> Tick {
        let ms = Duration::from_millis;
        let window = Window { done, failed: 1, p50: ms(2), p95: ms(5), p99: ms(12) };
        Tick { second, warm_up: second == 0, window, connected: 4, waiting: 2 }
    }

    fn screen(view: &View, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, view)).unwrap();
        terminal.backend().to_string()
    }

    fn running() -> View {
        let mut view = View::new("docserver", 12);
        view.take(&Event::Phase(Phase::Running));
        view.take(&Event::Round { number: 2, total: 6, side: Some("B") });
        for second in 0..3 {
            view.take(&Event::Tick(&tick(second, 10 * second)));
        }
        let look = Pressure {
            probe: Duration::from_micros(800),
            active: None,
            waiting: Some(3),
            ..Pressure::default()
        };
        view.take(&Event::Look(&look));
        view
    }

    #[test]
    fn the_screen_says_what_is_known() {
        let screen = screen(&running(), 80, 24);
        for part in [
            "docserver: running, round 2 of 6, B",
            "3 of 12 s",
            "20 answered, 1 failed",
            "p50 2.00 ms  p95 5.00 ms  p99 12 ms",
            "4 open, 2 requests wait",
            "30 answered, 2 failed",
            "probe         0.80 ms",
            "not seen active, 3 wait for locks",
            "q or Ctrl-C",
        ] {
            assert!(screen.contains(part), "{part:?} is missing in\n{screen}");
        }
    }

    #[test]
    fn any_terminal_will_do() {
        let mut empty = View::new("a\u{1b}[31m name with controls \u{7}", 0);
        for (width, height) in [(1, 1), (10, 3), (40, 10), (300, 100)] {
            assert!(!screen(&running(), width, height).contains('\u{1b}'));
            assert!(!screen(&empty, width, height).contains('\u{1b}'));
        }
        assert!(screen(&empty, 80, 24).contains("nothing has been measured yet"));
        empty.stopping();
        assert!(screen(&empty, 80, 24).contains("stopping"));
    }

    #[test]
    fn only_the_last_seconds_are_kept() {
        let mut view = View::new("w", 1000);
        (0..1000).for_each(|second| view.take(&Event::Tick(&tick(second, second))));
        assert_eq!(view.throughput(3), [997, 998, 999]);
        assert_eq!(view.throughput(usize::MAX).len(), 300);
        assert_eq!(view.slow_end(1), [12_000]);
    }
}
