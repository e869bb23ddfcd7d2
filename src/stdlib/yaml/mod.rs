//! YAML 1.2 with the core schema (STDLIB 15): `read` makes values, `write` texts, `scalar`
//! says what a plain word means.

mod read;
mod scalar;
mod write;

use super::declare::*;
use super::limits::*;
use super::operands::*;
use crate::runtime::{Args, Context, Fallible};

natives! {
    /// The value that a YAML document stands for.
    ///
    /// YAML 1.2 with the core schema: `yes` is a string. Ints are exact. Keys are strings
    /// and ints; bools, null and floats become strings there. Anchors are resolved, up to a
    /// million nodes in all. An empty text gives null; equal keys, a second document, other
    /// tags and more than 512 levels throw `parse`.
    pure fn [none] parse_yaml(s: STRING) = parse_yaml;
    /// The value as YAML in block style.
    ///
    /// What it takes is as for `to_json`, and NaN and infinities too.
    pure fn [reads] to_yaml(x: ANY) -> "string" = to_yaml;
}

fn parse_yaml(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    read::read(cx, text)
}

fn to_yaml(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = write::write(cx, args.get(0))?;
    new_text(cx, "to_yaml", &text)
}
