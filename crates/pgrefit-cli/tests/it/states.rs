//! The Doc Server in each state in which it is found, as superuser and as the owner of one schema.
