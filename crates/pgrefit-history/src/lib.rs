//! Schema migrations on top of refinery: files, history, checksums, guarded apply.
