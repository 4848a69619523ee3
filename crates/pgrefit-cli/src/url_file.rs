//! A connection URL in a file of its own, as Kubernetes mounts a secret: it stands in no process's environment.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::{Exit, Failed};

/// In bytes. No URL is that long: what is longer is another file.
const LENGTH_MAX: u64 = 16 * 1024;

/// The URL in a file; the end of its line does not belong to it.
///
/// # Errors
/// When the file cannot be read, or holds something else than one line. Nothing of what it holds is in the message.
pub(crate) fn read(path: &Path) -> Result<String, Failed> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LENGTH_MAX + 1).read_to_string(&mut text))
        .map_err(|cause| refuse(path, &cause.to_string()))?;
    let line = text.trim();
    if line.is_empty() {
        return Err(refuse(path, "it is empty"));
    }
    if line.lines().count() > 1 || text.len() as u64 > LENGTH_MAX {
        return Err(refuse(path, "it must hold one line, the URL"));
    }
    Ok(line.to_owned())
}

fn refuse(path: &Path, cause: &str) -> Failed {
    let mut failed = Failed::new(Exit::Usage, format!("failed to read a URL from {}", path.display()));
    failed.failure.causes.push(cause.to_owned());
    failed.hint("name a file that holds the URL of the database and nothing else")
}

#[cfg(test)]
mod tests {
    use super::read;

    fn check(text: &str, expected: Result<&str, &str>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let place = file.path().display().to_string();
        let found = read(file.path()).map_err(|failed| failed.line().replace(&place, "F"));
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text:.40}");
    }

    #[test]
    fn a_file_holds_one_url() {
        check("postgres://u:secret@h/d", Ok("postgres://u:secret@h/d"));
        check("postgres://h/d\n", Ok("postgres://h/d"));
        check("  host=h dbname=d \r\n\n", Ok("host=h dbname=d"));
        check("\n", Err("failed to read a URL from F: it is empty"));
        let lines = Err("failed to read a URL from F: it must hold one line, the URL");
        check("postgres://u:secret@h/d\npostgres://u:secret@h/e\n", lines);
        check(&"x".repeat(20_000), lines);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let failed = read("/no/such/file".as_ref()).unwrap_err();
        let cause = "failed to read a URL from /no/such/file: No such file or directory (os error 2)";
        assert_eq!(failed.line(), cause);
    }
}
