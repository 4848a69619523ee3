//! What a SQL script says: statements, directives, and whether two scripts mean the same.
