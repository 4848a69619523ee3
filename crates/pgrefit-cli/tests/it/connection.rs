//! Every way a connection can be asked for, and can fail, as the user sees it.
