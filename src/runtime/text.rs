//! The text of values.
