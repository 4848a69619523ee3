//! What a store says when it refuses, sorted, and without anything that could be a secret.

use std::fmt;
use std::io::{self, ErrorKind};

use crate::error::StoreProblem;

/// What a store, or the system under it, said.
#[derive(Debug)]
pub(crate) struct StoreCause(String);

impl fmt::Display for StoreCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreCause {}

impl StoreCause {
    /// Signatures are in queries of URLs, if anywhere.
    pub(crate) fn new(error: &object_store::Error) -> Self {
        let text = error.to_string();
        let words = text.split(' ').map(|word| match word.split_once('?') {
            Some((url, _)) if url.contains("://") => format!("{url}?…"),
            _ => word.to_owned(),
        });
        Self(words.collect::<Vec<_>>().join(" "))
    }
}

impl StoreProblem {
    pub(crate) fn of(error: &object_store::Error) -> Self {
        use object_store::Error as E;
        match error {
            E::NotFound { .. } => return Self::Missing,
            E::PermissionDenied { .. } | E::Unauthenticated { .. } => return Self::Denied,
            _ => {}
        }
        match io_kind(error) {
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => return Self::NoSpace,
            Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => return Self::Denied,
            Some(ErrorKind::NotFound) => return Self::Missing,
            _ => {}
        }
        let text = error.to_string();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["NoSuchBucket", "ContainerNotFound"]) {
            Self::Missing
        } else if says(&["QuotaExceeded", "StorageFull", "InsufficientStorage"]) {
            Self::NoSpace
        } else if says(&["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"]) {
            Self::Denied
        } else {
            Self::Other
        }
    }
}

fn io_kind(error: &object_store::Error) -> Option<ErrorKind> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.into() }
    }

    #[test]
    fn problems_are_sorted() {
        let check = |error: object_store::Error, expected| assert_eq!(StoreProblem::of(&error), expected);
        let io = |kind: ErrorKind| object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(io::Error::from(kind)),
        };
        check(io(ErrorKind::StorageFull), StoreProblem::NoSpace);
        check(io(ErrorKind::PermissionDenied), StoreProblem::Denied);
        check(io(ErrorKind::NotFound), StoreProblem::Missing);
        check(generic("<Code>NoSuchBucket</Code>"), StoreProblem::Missing);
        check(generic("<Code>InvalidAccessKeyId</Code>"), StoreProblem::Denied);
        check(generic("connection reset"), StoreProblem::Other);
    }

    #[test]
    fn signatures_are_not_repeated() {
        let cause =
            StoreCause::new(&generic("error sending request for url (https://h/c/k?sig=abc&se=1) now"));
        assert!(cause.to_string().contains("https://h/c/k?… now"), "{cause}");
        assert!(!cause.to_string().contains("abc"), "{cause}");
    }
}
