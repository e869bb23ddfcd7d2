//! JSON (STDLIB 15): `read` makes values, `write` texts.

pub(super) mod read;
pub(super) mod write;

use super::declare::*;
use super::limits::*;
use super::operands::*;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, Fallible};

natives! {
    /// The value that a JSON text stands for.
    ///
    /// Ints of any length are exact. Of equal keys the last wins. Anything that is not JSON,
    /// more than 512 levels and numbers beyond the range of floats throw `parse` with line
    /// and column.
    pure fn [none] parse_json | from_json (s: STRING) = parse_json;
    /// The value as JSON without white space.
    ///
    /// Structs and instances are written by their fields, sets, queues and stacks as arrays,
    /// `Some(v)` as `v`, `None` as null. NaN, infinities, cycles and more than 512 levels
    /// throw `value`; what JSON cannot hold throws `type` and names the place.
    pure fn [reads] to_json(x: ANY) -> "string" = to_json;
    /// The value as JSON with a line for each part.
    ///
    /// `{}` and `[]` stay on one line; there is no final line end.
    pure fn [reads] to_json_pretty(x: ANY, indent: or(WHOLE, "2")) -> "string" = to_json_pretty;
}

fn parse_json(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    read::read(cx, "parse_json", text)
}

fn to_json(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = write::write(cx, "to_json", args.get(0), None)?;
    new_text(cx, "to_json", &text)
}

fn to_json_pretty(cx: &mut dyn Context, args: Args) -> Fallible {
    let indent = match args.get(1) {
        indent if indent.is_absent() => 2,
        indent => clamped(indent),
    };
    let Ok(indent) = usize::try_from(indent) else {
        return Err(value_error(
            cx,
            "to_json_pretty",
            "indent",
            "at least 0",
            args.get(1),
        ));
    };
    let text = write::write(cx, "to_json_pretty", args.get(0), Some(indent))?;
    new_text(cx, "to_json_pretty", &text)
}
