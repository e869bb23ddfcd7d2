//! Reading and writing documents.

use super::{read, write};
use crate::runtime::{Args, Context, Fallible};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;

pub fn parse_yaml(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    read::read(cx, text)
}

pub fn to_yaml(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = write::write(cx, args.get(0))?;
    new_text(cx, "to_yaml", &text)
}
