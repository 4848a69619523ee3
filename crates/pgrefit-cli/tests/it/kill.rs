//! Runners that die: whatever is killed, whenever, a rerun ends in the same place.
