//! Texts of values that would never end. A part with several owners is shown wherever it
//! is met, which can be exponentially often. Where the whole text would be longer than a
//! string may be, such parts are shown once more and after that as `...`; a text that fits
//! is never cut.

use super::Context;
use super::memo::{Memo, Part, has_more_owners};
use super::operators::method_of;
use crate::heap::MAX_STRING;
use crate::heap::object::Kind;
use crate::heap::types::Special;
use crate::value::Value;
use std::collections::HashSet;

/// The text written instead of a part.
pub const CUT: &str = "...";
/// Bytes of text that are written before the length of the whole is asked for.
const PATIENCE: usize = 1 << 20;

/// Repeated parts, as the walk that writes a text knows them.
pub struct Repeats {
    /// The value whose text is written.
    whole: Value,
    /// Whether structs with a method `to_string` are shown by it.
    by_method: bool,
    state: State,
}

enum State {
    Unasked,
    Fits,
    /// It does not fit; these parts have been shown since that was found out.
    Cuts(HashSet<Value>),
}

impl Repeats {
    pub fn new(whole: Value, by_method: bool) -> Repeats {
        Repeats {
            whole,
            by_method,
            state: State::Unasked,
        }
    }

    /// Whether the part `v`, a container or instance, is to be left out of a text of which
    /// so many bytes are written.
    #[inline]
    pub fn leaves_out(&mut self, cx: &mut dyn Context, v: Value, written: usize) -> bool {
        match self.state {
            State::Unasked if written < PATIENCE => false,
            State::Fits => false,
            _ => self.is_known(cx, v),
        }
    }

    #[cold]
    fn is_known(&mut self, cx: &mut dyn Context, v: Value) -> bool {
        if let State::Unasked = self.state {
            let mut lengths = Lengths {
                memo: Memo::new(),
                active: HashSet::new(),
                by_method: self.by_method,
            };
            let fits = lengths.least(cx, self.whole, 0) <= MAX_STRING as u64;
            self.state = if fits {
                State::Fits
            } else {
                State::Cuts(HashSet::new())
            };
        }
        match &mut self.state {
            State::Cuts(shown) => has_more_owners(v) && !shown.insert(v),
            _ => false,
        }
    }
}

/// A walk that measures texts.
struct Lengths {
    memo: Memo<Value, u64>,
    /// The class instances that the walk is inside of.
    active: HashSet<Value>,
    by_method: bool,
}

impl Lengths {
    /// A length in bytes that the text of a value has at least.
    fn least(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> u64 {
        let elements = match v.kind() {
            None => return 1,
            Some(Kind::String) => return v.string().byte_len() as u64,
            // At least a digit a byte.
            Some(Kind::Bytes) => return v.bytes().len() as u64,
            Some(Kind::Array) => v.elements().len(),
            Some(Kind::Queue | Kind::Stack) => v.queue().elements().len(),
            Some(Kind::Heap) => v.priority().len(),
            Some(Kind::Set) => v.set().len(),
            Some(Kind::Dict) => cx.heap().dict_len(v),
            Some(Kind::Tagged) => v.tagged_parts().len(),
            Some(Kind::Struct | Kind::Object) => {
                if self.by_method && method_of(v, Special::ToString).is_some() {
                    return 0;
                }
                v.instance_type().visible
            }
            Some(_) => return 1,
        };
        match self.memo.begin(v, &[v], elements, depth) {
            Part::Known(length) => length,
            // Writing the text fails there.
            Part::TooDeep => 0,
            Part::New(begun) => {
                if v.is_kind(Kind::Object) && !self.active.insert(v) {
                    return CUT.len() as u64;
                }
                let length = self.least_of_parts(cx, v, depth + 1);
                self.active.remove(&v);
                self.memo.end(cx, &begun, v, &[v], length);
                length
            }
        }
    }

    fn least_of_parts(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> u64 {
        // Brackets, and a separator before every part but the first.
        let mut length = 0u64;
        let mut add = |this: &mut Self, cx: &mut dyn Context, part: Value| {
            length = length
                .saturating_add(2)
                .saturating_add(this.least(cx, part, depth));
        };
        match v.header().kind {
            Kind::Array => {
                for &x in v.elements() {
                    add(self, cx, x);
                }
            }
            Kind::Queue | Kind::Stack => {
                for &x in v.queue().elements() {
                    add(self, cx, x);
                }
            }
            Kind::Heap => {
                for x in v.priority().in_order() {
                    add(self, cx, x);
                }
            }
            Kind::Set => {
                let mut cursor = 0;
                while let Some((x, _, next)) = v.set().next(cursor) {
                    cursor = next;
                    add(self, cx, x);
                }
            }
            Kind::Dict => {
                let mut cursor = 0;
                while let Some((_, x, next)) = cx.heap().dict_next(v, cursor) {
                    cursor = next;
                    add(self, cx, x);
                }
            }
            Kind::Tagged => {
                for &x in v.tagged_parts() {
                    add(self, cx, x);
                }
            }
            _ => {
                for slot in 0..v.instance_type().visible {
                    add(self, cx, v.instance_field(slot));
                }
            }
        }
        length
    }
}
