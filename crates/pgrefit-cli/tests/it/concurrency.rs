//! Many runners at once: one works, the others wait and find nothing to do.
