//! The live view: takes the terminal over while a benchmark runs, and gives it back however that ends.

mod draw;
mod view;

use std::io::{IsTerminal as _, stdout};
use std::time::Duration;

use pgrefit_bench::benchmark::Event;
use pgrefit_pg::Stop;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event as Key, KeyCode, KeyModifiers};

use crate::{Exit, Failed};
use view::View;

/// The terminal, and what is on it.
pub(super) struct Watch {
    terminal: DefaultTerminal,
    view: View,
    stop: Stop,
}

impl Watch {
    /// Takes the terminal over. A panic gives it back before it is told.
    pub(super) fn begin(stop: Stop, what: &str, seconds: u64) -> Result<Self, Failed> {
        if !stdout().is_terminal() {
            return Err(Failed::new(
                Exit::Usage,
                "failed to show a live view: standard output is no terminal",
            )
            .hint("leave --watch out; --html FILE keeps the same for later"));
        }
        let terminal = ratatui::try_init().map_err(|error| {
            Failed::new(Exit::Usage, format!("failed to take the terminal over for the live view: {error}"))
        })?;
        Ok(Self { terminal, view: View::new(what, seconds), stop })
    }

    /// Takes an event in and draws anew; looks for a key meanwhile, because Ctrl-C is one here.
    pub(super) fn event(&mut self, event: &Event<'_>) {
        self.view.take(event);
        if is_stop_pressed() {
            self.stop.request();
            self.view.stopping();
        }
        let view = &self.view;
        // A terminal that cannot be drawn on is no reason to end a measurement.
        if let Err(error) = self.terminal.draw(|frame| draw::draw(frame, view)) {
            tracing::debug!("the live view was not drawn: {error}");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Whether q, Esc or Ctrl-C was pressed since the last look.
fn is_stop_pressed() -> bool {
    let mut pressed = false;
    // Keys that somebody holds down must not keep us here.
    for _ in 0..100 {
        if !event::poll(Duration::ZERO).unwrap_or(false) {
            break;
        }
        if let Ok(Key::Key(key)) = event::read() {
            let is_ctrl_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            pressed |= is_ctrl_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc);
        }
    }
    pressed
}
