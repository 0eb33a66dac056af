//! The kinds of value an option can have, read from and written to text.
