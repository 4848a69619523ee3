//! Colour, or none.

use anstyle::{AnsiColor, Style};

use crate::Status;

pub(super) const PLAIN: Style = Style::new();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const CONTEXT: Style = AnsiColor::Cyan.on_default();
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Wraps `text` in the escape sequences of `style`; without `color` hands it back untouched.
pub(super) fn paint(text: &str, style: Style, color: bool) -> String {
    if color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// How a status word looks.
pub(super) const fn style_of(status: Status) -> Style {
    match status {
        Status::Pass => AnsiColor::Green.on_default(),
        Status::Info => AnsiColor::Cyan.on_default(),
        Status::Warn => AnsiColor::Yellow.on_default(),
        Status::Fail | Status::Error => ERROR,
        Status::Blind => AnsiColor::Magenta.on_default(),
        Status::Skip => DIM,
    }
}
