//! What a command gives back, and how it reaches the user: results on standard output, errors on standard error.

use std::ffi::OsStr;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::path::Path;

use pgrefit_report::{
    Failure, Outcome, Report, Status, TextOptions, render_failure, render_github, render_html, render_junit,
    render_markdown, render_prometheus, render_sarif, render_text,
};

use crate::arguments::{Color, Format};
use crate::{Context, Exit, Failed, telemetry};

/// The result of a command that worked.
#[derive(Debug)]
pub(crate) enum Output {
    /// A report, and the exit code that goes with it.
    Report(Exit, Box<Report>),
    /// The same with notes that are many: people are told how to see them, in these words.
    Brief(Exit, Box<Report>, String),
    /// Text for another program: a URL, a completion script.
    Plain(String),
}

/// Prints a result or a failure and returns the exit code.
pub(crate) fn print(result: Result<Output, Failed>, context: &Context) -> Exit {
    let mut advice = None;
    let (exit, report, failed) = match result {
        Ok(Output::Plain(text)) => return write_out(&text, Exit::Done),
        Ok(Output::Report(exit, report)) => (exit, *report, None),
        Ok(Output::Brief(exit, report, words)) => {
            advice = Some(words);
            (exit, *report, None)
        }
        Err(failed) => {
            let shown = failed.report.as_deref().cloned();
            let outcome =
                Outcome::failed(failed.exit.code(), failed.failure.message.clone(), *failed.failure.clone());
            let mut report = shown.clone().unwrap_or_else(|| context.report(outcome.clone()));
            report.outcome = outcome;
            (failed.exit, report, Some((failed.failure, shown)))
        }
    };
    let saved = context.global.report.as_deref().map_or(Ok(()), |path| save(&report, path));
    let for_people = |report: &Report| render_text(report, &text_options(context, stdout().is_terminal()));
    let exit = match (rendered(&report, context.global.format), failed) {
        (Some(text), _) => write_out(&text, exit),
        (None, None) => match advice {
            Some(advice) => write_out(&for_people(&without_notes(report.clone(), &advice)), exit),
            None => write_out(&for_people(&report), exit),
        },
        (None, Some((failure, shown))) => {
            // What there is to show besides the failure ends with a summary of its own, such as "2 are pending".
            if let Some(shown) = shown {
                write_out(&for_people(&shown), exit);
            }
            print_failure(&failure, context);
            exit
        }
    };
    let exit = match saved {
        Ok(()) => {
            if let (Some(path), Format::Text, false) =
                (&context.global.report, context.global.format, context.global.quiet)
            {
                let _ = writeln!(stdout().lock(), "report: {}", path.display());
            }
            exit
        }
        Err(failed) => {
            print_failure(&failed.failure, context);
            if exit == Exit::Done { failed.exit } else { exit }
        }
    };
    telemetry::tell(&report, exit, context);
    exit
}

/// The report without its notes, and with what to do about that in its last line.
fn without_notes(mut report: Report, advice: &str) -> Report {
    report.findings.retain(|finding| finding.status != Status::Info);
    report.outcome.summary = format!("{}; {advice}", report.outcome.summary);
    report
}

/// The report in a form that is for programs; `None` for the text, which depends on the terminal.
fn rendered(report: &Report, format: Format) -> Option<String> {
    Some(match format {
        Format::Text => return None,
        Format::Json => report.to_json(),
        Format::Markdown => render_markdown(report),
        Format::Sarif => render_sarif(report),
        Format::Junit => render_junit(report),
        Format::Github => render_github(report),
        Format::Html => render_html(report),
        Format::Prometheus => render_prometheus(report),
    })
}

/// The report in the form that the name of its file asks for.
fn rendered_for(report: &Report, path: &Path) -> String {
    match path.extension().and_then(OsStr::to_str) {
        Some("md") => render_markdown(report),
        Some("sarif") => render_sarif(report),
        Some("xml") => render_junit(report),
        Some("html" | "htm") => render_html(report),
        Some("prom") => render_prometheus(report),
        _ => report.to_json(),
    }
}

fn print_failure(failure: &Failure, context: &Context) {
    let text = render_failure(failure, &text_options(context, stderr().is_terminal()));
    let _ = stderr().lock().write_all(text.as_bytes());
}

fn save(report: &Report, path: &Path) -> Result<(), Failed> {
    let text = rendered_for(report, path);
    write_beside(path, &text).map_err(|error| {
        Failed::new(Exit::Usage, format!("failed to write the report {}: {error}", path.display()))
    })
}

/// Writes a file beside its final name first, so that a reader never sees half of it.
pub(crate) fn write_beside(path: &Path, text: &str) -> std::io::Result<()> {
    // A device, a pipe, or a link to something: not ours to replace.
    let special = std::fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_file());
    if special {
        return std::fs::write(path, text);
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.partial", std::process::id()));
    path.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&draft, text))
        .and_then(|()| std::fs::rename(&draft, path))
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&draft);
        })
}

/// Prints a result. A reader that went away early (`pgrefit status | head -1`) is no error; a full disk is.
fn write_out(text: &str, exit: Exit) -> Exit {
    match stdout().lock().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = writeln!(stderr().lock(), "error: failed to write the result: {error}");
            if exit == Exit::Done { Exit::Usage } else { exit }
        }
        _ => exit,
    }
}

fn text_options(context: &Context, terminal: bool) -> TextOptions {
    let color = match context.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = if terminal { terminal_size::terminal_size().map(|(width, _)| width.0.into()) } else { None };
    TextOptions { color, width: width.unwrap_or(110).max(40), verbose: context.global.verbose > 0 }
}
