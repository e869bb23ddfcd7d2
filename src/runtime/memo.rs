//! The memory of a walk through values. A part with several owners can be reached by
//! exponentially many paths; a walk that remembers what it has found out about such parts
//! goes through each once, so that its time is linear in the number of objects.
//!
//! Most walks are short, so nothing is remembered before a number of steps, nor ever of
//! parts that have one owner or are about as quick to walk through again.

use super::Context;
use super::limits::MAX_DEPTH;
use crate::heap::object::{Kind, SHARED};
use crate::value::Value;
use std::collections::HashMap;
use std::hash::Hash;

/// Elements that a walk looks at before it begins to remember.
const PATIENCE: usize = 2000;
/// Elements that a part must have, with all below it, to be remembered.
const WORTH: usize = 64;

/// The memory of one walk: results by what they are about. It has to be a local variable,
/// where the collector sees `objects`.
pub struct Memo<K, R> {
    /// Elements looked at.
    steps: usize,
    /// The deepest level that was reached since the innermost open part began.
    deepest: u32,
    /// Results, and how many levels are below each.
    known: Option<HashMap<K, (R, u32)>>,
    /// An array of what `known` is about, or null. An operator method may drop objects,
    /// and no other object must take the place of one that is remembered.
    objects: Value,
}

/// A part that a walk comes to.
pub enum Part<R> {
    Known(R),
    New(Begun),
    /// It reaches down more levels than a walk may go.
    TooDeep,
}

/// A part that is being walked through.
pub struct Begun {
    /// The count of the walk before.
    steps: usize,
    depth: u32,
    /// `deepest` of the part around it.
    outside: u32,
    remembers: bool,
}

/// Whether more than one path may lead to an object.
pub fn has_more_owners(v: Value) -> bool {
    v.is_kind(Kind::Object) || v.is_value_object() && v.header().flags & SHARED != 0
}

impl<K, R> Default for Memo<K, R> {
    fn default() -> Self {
        Memo {
            steps: 0,
            deepest: 0,
            known: None,
            objects: Value::NULL,
        }
    }
}

impl<K: Hash + Eq, R: Copy> Memo<K, R> {
    pub fn new() -> Self {
        Memo::default()
    }

    /// Comes to a part with so many elements. `objects` is what `key` is about.
    #[inline]
    pub fn begin(&mut self, key: K, objects: &[Value], elements: usize, depth: u32) -> Part<R> {
        if depth >= MAX_DEPTH {
            return Part::TooDeep;
        }
        let steps = self.steps;
        self.steps += 1 + elements;
        if steps >= PATIENCE {
            if objects.iter().any(|&v| has_more_owners(v)) {
                return self.recall(key, steps, depth);
            }
            self.deepest = self.deepest.max(depth);
        }
        Part::New(Begun {
            steps,
            depth,
            outside: 0,
            remembers: false,
        })
    }

    #[cold]
    fn recall(&mut self, key: K, steps: usize, depth: u32) -> Part<R> {
        if let Some(known) = &self.known
            && let Some(&(result, below)) = known.get(&key)
        {
            if depth + below >= MAX_DEPTH {
                return Part::TooDeep;
            }
            self.deepest = self.deepest.max(depth + below);
            return Part::Known(result);
        }
        Part::New(Begun {
            steps,
            depth,
            outside: std::mem::replace(&mut self.deepest, depth),
            remembers: true,
        })
    }

    /// Has been through a part, with this result.
    #[inline]
    pub fn end(
        &mut self,
        cx: &mut dyn Context,
        begun: &Begun,
        key: K,
        objects: &[Value],
        result: R,
    ) {
        if begun.remembers {
            let below = self.deepest - begun.depth;
            self.deepest = self.deepest.max(begun.outside);
            if self.steps - begun.steps >= WORTH {
                self.remember(cx, key, objects, (result, below));
            }
        }
    }

    #[cold]
    fn remember(&mut self, cx: &mut dyn Context, key: K, objects: &[Value], found: (R, u32)) {
        if self.objects.is_null() {
            self.objects = cx.heap().new_array(0);
        }
        for &object in objects {
            if cx.heap().array_push(self.objects, object).is_err() {
                return;
            }
        }
        let known = self.known.get_or_insert_default();
        known.insert(key, found);
    }
}

/// In which sense two parts were found equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `==`
    Equal,
    /// As a set tells values apart.
    Same,
    /// By `<` and the like.
    Compared,
    /// In the order of `sort`.
    Ordered,
}

/// Parts that a comparison has found equal.
pub type Pairs = Memo<(Value, Value, Relation), ()>;
