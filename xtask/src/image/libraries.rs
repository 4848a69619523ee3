//! The shared libraries of a development binary, so that it runs in an empty root as the static one does.

use super::entry::Entry;
use crate::failure::{Failure, Outcome};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Entries for the libraries that a program loads, at the paths at which it looks for them.
pub(crate) fn of(program: &Path) -> Outcome<Vec<Entry>> {
    let failed =
        |cause: String| Failure::because(format!("list the libraries of {}", program.display()), cause);
    let output = Command::new("ldd").arg(program).output().map_err(|cause| failed(cause.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let paths = paths(&String::from_utf8_lossy(&output.stdout));
    let folders: BTreeSet<&str> = paths.iter().flat_map(|path| parents(path)).collect();
    let mut entries: Vec<_> = folders.into_iter().map(|folder| Entry::folder(folder, 0o755)).collect();
    entries.extend(paths.iter().map(|path| Entry::program(path, &Path::new("/").join(path))));
    Ok(entries)
}

/// The paths in what ldd prints, without their first slash.
fn paths(said: &str) -> BTreeSet<String> {
    let path = |line: &str| {
        let target = line.split_once("=>").map_or(line, |(_, target)| target).trim();
        let path = target.split(" (").next()?.strip_prefix('/')?;
        Some(path.to_owned())
    };
    said.lines().filter_map(path).collect()
}

/// Every folder above a path.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::{parents, paths};

    #[test]
    fn libraries_are_read_from_what_ldd_says() {
        let said = "\tlinux-vdso.so.1 (0x00007ffd)\n\
                    \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n\
                    \tlibgone.so => not found\n";
        let found: Vec<_> = paths(said).into_iter().collect();
        assert_eq!(found, ["lib/x86_64-linux-gnu/libc.so.6", "lib64/ld-linux-x86-64.so.2"]);
        assert_eq!(paths("\tstatically linked\n").len(), 0);
        assert_eq!(parents("lib/x/libc.so.6").collect::<Vec<_>>(), ["lib", "lib/x"]);
    }
}
