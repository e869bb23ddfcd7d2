//! The optimiser's knowledge that jobs share: of types, which fields always have a value,
//! which is a fact, and values of which kinds they had when instances were met last, which
//! is a guess; of functions, the copy that was made last.

use super::function::Function;
use crate::bytecode::Op;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Fields by slot, as bits; later ones are never in it.
pub type Fields = u64;

/// Types by the shape of their instances.
pub type Types = BTreeMap<u32, Rc<KnownType>>;

/// Knowledge that a job takes over from those before it, and leaves to the next.
#[derive(Default)]
pub struct Known {
    pub types: Types,
    /// Functions by number, as they were when they were copied last.
    pub functions: BTreeMap<u32, Rc<Function>>,
}

/// The facts and guesses about a type.
#[derive(Clone, Debug)]
pub struct KnownType {
    /// Fields that always have a value outside `init`.
    pub present: Fields,
    /// The number of the function `init`.
    pub init: Option<u32>,
    /// By slot: the value that the field had, if there was one.
    pub fields: Vec<Option<Met>>,
}

/// A value that was met.
#[derive(Clone, PartialEq, Debug)]
pub struct Met {
    /// Kinds as in a [`Type`](super::ir::Type).
    pub kinds: u32,
    /// Of an instance.
    pub shape: Option<u32>,
    /// An element of an array.
    pub element: Option<Box<Met>>,
}

/// The place of a sample in a job's samples.
pub type SampleId = u32;

/// The kind of a value that was found, and samples of what is in it.
#[derive(Debug)]
pub struct Sample {
    /// Kinds as in a [`Type`].
    pub kinds: u32,
    /// Of an instance.
    pub shape: Option<u32>,
    /// The fields of an instance, where they had values.
    pub fields: Vec<Option<SampleId>>,
    /// An element of an array.
    pub element: Option<SampleId>,
    /// The number of a function of the program.
    pub function: Option<u32>,
}

impl Sample {
    /// A value of which nothing but its kind is known.
    pub fn new(kinds: u32) -> Sample {
        Sample {
            kinds,
            shape: None,
            fields: Vec::new(),
            element: None,
            function: None,
        }
    }

    /// The part of it that later jobs are told.
    pub fn met(&self, samples: &[Sample]) -> Met {
        let element = self.element.map(|element| &samples[element as usize]);
        Met {
            kinds: self.kinds,
            shape: self.shape,
            element: element.map(|element| Box::new(element.met(samples))),
        }
    }
}

/// The fields that always have a value where anything but `init` can see the instance. A
/// field is absent only until `init` has assigned it, and nothing else sees the instance
/// until `init` hands it on, to a call, a closure, another variable: so it is those that
/// are assigned on all ways to such places. When `init` is done all fields have values.
/// `from_start` has the fields with a default, `slot` gives the slot of a field by the bits
/// of its name.
pub fn present(init: &Function, from_start: Fields, slot: impl Fn(u64) -> Option<usize>) -> Fields {
    if !init.handlers.is_empty() {
        return from_start;
    }
    let blocks = &init.flow.blocks;
    let mut before: Vec<Option<Fields>> = vec![None; blocks.len()];
    before[0] = Some(from_start);
    let mut seen = Fields::MAX;
    let mut work = vec![0];
    while let Some(number) = work.pop() {
        let block = &blocks[number];
        let mut assigned = before[number].expect("it is reached");
        let mut at = block.start as usize;
        while at < block.end as usize {
            let word = init.words[at];
            match word.op() {
                Op::SetField if word.a() == 0 && word.c() != 0 => {
                    let name = init.consts[usize::from(word.b())].bits;
                    if let Some(slot) = slot(name).filter(|&slot| slot < Fields::BITS as usize) {
                        assigned |= 1 << slot;
                    }
                }
                Op::GetField if word.b() == 0 && word.a() != 0 => {}
                Op::FieldMut if word.b() == 0 && word.a() != 0 => {}
                _ => {
                    let (mut reads, mut changes) = (false, false);
                    init.with_code(|code| {
                        code.reads(at, &mut |register| reads |= register == 0);
                        code.changes(at, &mut |register| changes |= register == 0);
                    });
                    if changes {
                        // Fields that are assigned from here on may belong to another.
                        return from_start;
                    }
                    if reads {
                        seen &= assigned;
                    }
                }
            }
            at = crate::bytecode::flow::after(&init.words, at);
        }
        for &next in &block.successors {
            let next = next as usize;
            let met = before[next].map_or(assigned, |known| known & assigned);
            if before[next] != Some(met) {
                before[next] = Some(met);
                work.push(next);
            }
        }
    }
    seen
}
