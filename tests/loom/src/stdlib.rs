use crate::runtime::{Completion, Context};
use crate::value::Value;

pub mod shared_channels {
    include!(concat!(env!("OUT_DIR"), "/shared_channels.rs"));
}

/// As the built-ins that wait for a channel begin.
pub fn waiting(cx: &mut dyn Context) -> (Value, Completion, shared_channels::Done) {
    shared_channels::waiting(cx)
}
