//! Protection of containers that Rust code walks through while code of the program
//! may run: a write meanwhile makes a copy, so the walk sees the value as it
//! was when it began.

use crate::heap::object::BORROWED;
use crate::value::Value;

/// A container borrowed from its owners for as long as this lives.
pub struct Borrow {
    object: Value,
    set: bool,
}

impl Borrow {
    #[inline]
    pub fn of(v: Value) -> Borrow {
        let set = v.is_value_object() && v.header().flags & BORROWED == 0;
        if set {
            v.header().set_flags(BORROWED);
        }
        Borrow { object: v, set }
    }
}

impl Drop for Borrow {
    #[inline]
    fn drop(&mut self) {
        if self.set {
            self.object.header().clear_flags(BORROWED);
        }
    }
}
