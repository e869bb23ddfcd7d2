//! Arithmetic beyond the inline fast paths.
