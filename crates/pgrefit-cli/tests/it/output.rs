//! What is printed: JSON that fits its schema, colour only where it belongs, help, completions.
