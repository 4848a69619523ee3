//! The seeds of the fuzzer, and every text that it once found fault with.

mod exercise;

use std::path::Path;

use pgrefit_sql::{Split, parse, split};

#[test]
fn nothing_in_the_corpus_breaks_anything() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> =
        folder.read_dir().expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() > 20, "{} files", files.len());
    for file in files {
        println!("{}", file.display());
        let text = String::from_utf8_lossy(&std::fs::read(&file).expect("a file")).into_owned();
        exercise::script(&text);
        exercise::bodies(&text);
        if let Ok(Split::Parts(parts)) = split(&text, 18) {
            for part in parts {
                assert_eq!(parse(&part.sql).errors(), [], "{}", part.sql);
            }
        }
    }
}
