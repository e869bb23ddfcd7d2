//! YAML 1.2 with the core schema (STDLIB 15): `read` makes values, `write` texts, `scalar`
//! says what a plain word means.

#[cfg(feature = "formats")]
mod document;
#[cfg(feature = "formats")]
mod events;
#[cfg(feature = "formats")]
mod read;
#[cfg(feature = "formats")]
mod scalar;
#[cfg(feature = "formats")]
mod write;
#[cfg(not(feature = "formats"))]
mod document {
    super::left_out!("formats": parse_yaml to_yaml);
}

use super::declare::*;

natives! {
    /// The value that a YAML document stands for.
    ///
    /// YAML 1.2 with the core schema: `yes` is a string. Ints are exact. Keys are strings
    /// and ints; bools, null and floats become strings there. Anchors are resolved, up to a
    /// million nodes in all. An empty text gives null; equal keys, a second document, other
    /// tags and more than 512 levels throw `parse`.
    pure fn [none] parse_yaml(s: STRING) = document::parse_yaml;
    /// The value as YAML in block style.
    ///
    /// It takes the values that `to_json` takes, and NaN and infinities too.
    pure fn [reads] to_yaml(x: ANY) -> "string" = document::to_yaml;
}
