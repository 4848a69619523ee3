//! Any byte of a backup that is not as it was.

use std::fs;
use std::path::{Path, PathBuf};

use pgrefit_backup::{Comparison, Content, Error, Look, Restoring, Thoroughness, restore, reverify, take};
use pgrefit_pg::digest::Encoding;

use crate::place::Place;

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

/// Flips one bit; flipping it again restores the file.
fn flip(path: &Path, at: usize, bit: u8) {
    let mut bytes = fs::read(path).expect("read");
    bytes[at] ^= 1 << bit;
    fs::write(path, bytes).expect("written");
}

#[tokio::test]
async fn the_manifest_notices_every_change() {
    let place = Place::nasty().await;
    let source = place.connector();
    let taken = place.with_job(&source, async |job| take(job).await).await.expect("taken");
    let all: Vec<_> = files(&taken.dir).into_iter().filter(|path| !path.ends_with("manifest.json")).collect();
    assert!(all.len() > 10);
    for path in &all {
        let length = fs::metadata(path).expect("it is there").len();
        for (part, bit) in [(0, 0), (1, 3), (2, 7)] {
            let at = usize::try_from(length.saturating_sub(1) * part / 2).expect("a position");
            flip(path, at, bit);
            let error = reverify(&taken.dir).expect_err("changed");
            let Error::FilesChanged { what: "changed", files, .. } = &error else { panic!("{error:?}") };
            assert!(files.len() == 1 && path.ends_with(&files[0]), "{files:?}");
            flip(path, at, bit);
        }
    }
    reverify(&taken.dir).expect("as it was");
    let kept = fs::read(&all[0]).expect("read");
    fs::remove_file(&all[0]).expect("removed");
    assert!(matches!(reverify(&taken.dir), Err(Error::FilesChanged { what: "missing", .. })));
    fs::write(&all[0], kept).expect("written");
    fs::write(taken.dir.join("dump/extra"), "x").expect("written");
    assert!(matches!(reverify(&taken.dir), Err(Error::FilesChanged { what: "unexpected", .. })));
}

/// Without the hashes: a byte of a table's data is flipped, the manifest made to fit, and the backup restored. Either the restore
/// fails, or the copy differs, or its content is that of the source.
#[tokio::test]
async fn the_comparison_notices_what_the_restore_does_not() {
    let place = Place::nasty().await;
    let source = place.connector();
    let taken = place.with_job(&source, async |job| take(job).await).await.expect("taken");
    let expected = content(&place, &source).await;
    let mut data: Vec<_> = files(&taken.dir.join("dump"));
    data.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).expect("it is there").len()));
    let unharmed = restored(&place, &taken.dir).await.expect("what was not flipped comes back");
    assert!(Comparison::between(&expected, &unharmed, Thoroughness::Full, true).is_equal());
    let (mut failed, mut differs) = (0, 0);
    for (path, part) in data.iter().take(3).flat_map(|path| [(path, 3), (path, 7)]) {
        let at =
            usize::try_from(fs::metadata(path).expect("it is there").len() * part / 10).expect("a position");
        flip(path, at, 0);
        forge(&taken.dir);
        match restored(&place, &taken.dir).await {
            Err(_) => failed += 1,
            Ok(copy) => {
                let comparison = Comparison::between(&expected, &copy, Thoroughness::Full, true);
                differs += usize::from(!comparison.is_equal());
                assert!(!comparison.is_equal() || is_harmless(path), "{}: byte {at}", path.display());
            }
        }
        flip(path, at, 0);
    }
    assert!(failed + differs > 0, "nothing was noticed");
}

/// Parts of the table of contents, such as the time of the dump, are no content.
fn is_harmless(path: &Path) -> bool {
    path.ends_with("toc.dat")
}

/// Has the manifest say that the files are right.
fn forge(dir: &Path) {
    let path = dir.join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    for (name, entry) in manifest["files"].as_object_mut().expect("files") {
        let hashed = std::process::Command::new("sha256sum").arg(dir.join(name)).output().expect("hashed");
        let sha256 = String::from_utf8_lossy(&hashed.stdout).split(' ').next().expect("a hash").to_owned();
        entry["sha256"] = sha256.into();
    }
    fs::write(path, manifest.to_string()).expect("written");
}

async fn restored(place: &Place, dir: &Path) -> Result<Content, Error> {
    let target = place.scratch();
    let how = Restoring {
        target: &target,
        tools: place.tools(),
        jobs: 2,
        name: "pgrefit/test",
        limit: place.limits.tool,
        stop: &place.stop,
        on_event: &|_| {},
    };
    let copy = restore(dir, &how).await?;
    Ok(content(place, copy.as_superuser()).await)
}

async fn content(place: &Place, connector: &pgrefit_pg::Connector) -> Content {
    let look = Look {
        connector,
        snapshot_id: None,
        jobs: 2,
        encoding: Encoding::Binary,
        thoroughness: Thoroughness::Full,
        limit: place.limits.digest,
        lock: place.limits.lock,
        stop: &place.stop,
        on_event: &|_| {},
    };
    Content::read(&look, None, Error::Target).await.expect("content")
}
