//! One byte of a file or an object that changes is found, at whatever stage; nothing is dropped.

use std::fs;
use std::path::{Path, PathBuf};

use pgrefit_archive::{Error, State, list, verify};
use pgrefit_catalog::Name;

use crate::place::{Place, chain};

fn documents() -> Name {
    Name::new("public", "documents_2024")
}

/// The files under a folder whose names end so.
fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.display().to_string().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// Changes one bit of the only such file.
fn flip(dir: &Path, ending: &str, place: f64) {
    let all = files(dir, ending);
    let [path] = all.as_slice() else { panic!("not one file: {all:?}") };
    let mut bytes = fs::read(path).expect("read");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "any byte will do"
    )]
    let at = ((bytes.len() - 1) as f64 * place) as usize;
    bytes[at] ^= 4;
    fs::write(path, bytes).expect("written");
}

#[tokio::test]
async fn a_bit_of_the_work_file_is_found_at_each_stage() {
    let place = Place::docserver().await;
    for (number, state) in
        [State::Exported, State::FileVerified, State::RestoredVerified].into_iter().enumerate()
    {
        let work = place.work();
        let mut once = true;
        place.then(state, move || {
            if std::mem::take(&mut once) {
                flip(&work, ".parquet", [0.0, 0.4, 1.0][number]);
            }
        });
        let error = place.run(&documents()).await.expect_err("flipped");
        assert!(
            matches!(error, Error::FileChanged { .. } | Error::ObjectChanged { .. }),
            "{state}: {}",
            chain(&error)
        );
        assert_eq!(place.state(&documents()).await, "detached", "{state}");
        assert_eq!(place.ask("SELECT count(*) FROM documents_2024").await, "366");
    }
    *place.hook.lock().expect("a hook") = None;
    assert_eq!(place.run(&documents()).await.expect("archived").record.state, State::Dropped);
}

#[tokio::test]
async fn a_work_folder_that_is_gone_is_made_again() {
    let mut place = Place::docserver().await;
    let (work, stop) = (place.work(), place.stop.clone());
    place.then(State::Exported, move || {
        fs::remove_dir_all(&work).expect("removed");
        stop.request();
    });
    let error = place.run(&documents()).await.expect_err("stopped");
    assert!(matches!(error, Error::Stopped), "{}", chain(&error));
    *place.hook.lock().expect("a hook") = None;
    place.stop = pgrefit_pg::Stop::default();
    let error = place.run(&documents()).await.expect_err("the file is gone");
    assert!(matches!(error, Error::Io { .. }), "{}", chain(&error));
    assert_eq!(place.run(&documents()).await.expect("archived").record.state, State::Dropped);
}

#[tokio::test]
async fn a_bit_of_an_object_is_found_before_the_drop_and_later() {
    for (ending, at) in [(".parquet", 0.5), (".json", 0.9)] {
        let mut place = Place::docserver().await;
        let stop = place.stop.clone();
        place.then(State::Uploaded, move || stop.request());
        place.run(&documents()).await.expect_err("stopped");
        *place.hook.lock().expect("a hook") = None;
        place.stop = pgrefit_pg::Stop::default();
        flip(&place.store_dir(), ending, at);
        let error = place.run(&documents()).await.expect_err("flipped");
        assert!(matches!(error, Error::ObjectChanged { .. } | Error::Unreadable { .. }), "{}", chain(&error));
        assert_eq!(place.ask("SELECT count(*) FROM documents_2024").await, "366");
        flip(&place.store_dir(), ending, at);
        place.run(&documents()).await.expect("archived");
        flip(&place.store_dir(), ending, at);
        let what = documents().to_string();
        let error = place.with_job(async |job| verify(job, &what, None).await).await.expect_err("flipped");
        assert!(matches!(error, Error::ObjectChanged { .. } | Error::Unreadable { .. }), "{}", chain(&error));
        let error = place.restore(&what).await.expect_err("flipped");
        assert!(matches!(error, Error::ObjectChanged { .. } | Error::Unreadable { .. }), "{}", chain(&error));
        assert_eq!(place.ask("SELECT to_regclass('documents_2024')").await, "NULL");
        assert_eq!(fs::read_dir(place.work()).expect("a folder").count(), 0);
        fs::remove_file(&files(&place.store_dir(), ending)[0]).expect("removed");
        let listed = place.with_job(list).await.expect("listed");
        assert!(matches!(listed[0].standing, pgrefit_archive::Standing::Missing { .. }), "{listed:?}");
    }
}
