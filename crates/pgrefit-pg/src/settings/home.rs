//! Where libpq keeps a user's own files.

use std::path::PathBuf;

/// `~/<unix>`, or `%APPDATA%\postgresql\<windows>` on Windows; none when there is no home.
pub(super) fn user_file(env: &dyn Fn(&str) -> Option<String>, unix: &str, windows: &str) -> Option<PathBuf> {
    let (variable, relative) =
        if cfg!(windows) { ("APPDATA", format!("postgresql/{windows}")) } else { ("HOME", unix.to_owned()) };
    let home = env(variable).filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(relative))
}
