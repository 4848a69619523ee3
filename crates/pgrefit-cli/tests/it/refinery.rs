//! Databases that refinery manages, before and after.
