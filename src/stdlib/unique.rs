//! The values that `unique` has seen, told apart as sets do.

use super::limits::no_room;
use crate::heap::table::Table;
use crate::runtime::arith::{check_room, system_out_of_memory};
use crate::runtime::hash::{hash, same};
use crate::runtime::{Context, Fallible};
use crate::value::Value;

/// Most bytes of an entry and of what finds it.
const ENTRY: usize = size_of::<(u32, Value)>() + 12;

/// The values seen so far. They have to be reachable for the collector elsewhere.
#[derive(Default)]
pub struct Seen {
    /// With their hashes.
    entries: Vec<(u32, Value)>,
    table: Table,
}

/// Puts a hash where the table looks.
fn wide(hash: u32) -> u64 {
    u64::from(hash) | u64::from(hash) << 32
}

impl Seen {
    pub fn new() -> Seen {
        Seen::default()
    }

    /// Whether no value equal to `v` was seen before; from now on, one was.
    pub fn is_new(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<bool> {
        let hash = hash(cx, v)?;
        let entries = &self.entries;
        let known = self.table.find(wide(hash), |number| {
            let (other, w) = entries[number as usize];
            other == hash && same(cx, v, w)
        });
        if known.is_some() {
            return Ok(false);
        }
        let number = self.entries.len();
        if number == self.entries.capacity() {
            // They are copied into a list of twice the size, and so is the table soon.
            check_room(cx, 3 * ENTRY * number.max(8))?;
            let grown = self.entries.try_reserve(number.max(8));
            grown.map_err(|_| system_out_of_memory())?;
        }
        self.entries.push((hash, v));
        let entries = &self.entries;
        let hash_of = |number: u32| wide(entries[number as usize].0);
        let watch = &cx.heap().watch;
        let added = (self.table).insert_growing(wide(hash), number as u32, hash_of, watch);
        if let Err(why) = added {
            self.entries.pop();
            return Err(no_room("unique", why));
        }
        Ok(true)
    }
}
