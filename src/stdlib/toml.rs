//! TOML (STDLIB 15): a library reads it, with the positions of what is wrong, and we
//! write it.

use super::declare::*;

#[cfg(feature = "formats")]
mod document;
#[cfg(not(feature = "formats"))]
mod document {
    super::left_out!("formats": parse_toml to_toml);

    pub fn excess(_: &str) -> Option<usize> {
        None
    }
}

pub use document::excess;

natives! {
    /// The dict that a TOML document stands for.
    ///
    /// Dates are strings. Ints are exact. Text that is not TOML and more than 512 levels
    /// throw `parse` with line and column.
    pure fn [none] parse_toml(s: STRING) -> "dict" = document::parse_toml;
    /// The dict as a TOML document.
    ///
    /// Plain entries come before tables. It takes the values that `to_json` takes, and
    /// NaN and infinities too; null throws `type`, an int beyond 64 bits `value`.
    pure fn [reads] to_toml(d: DICT) -> "string" = document::to_toml;
}
