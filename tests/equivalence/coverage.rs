//! The opcodes of generated programs: they must contain every opcode that a
//! program of one file can have, so that no instruction is left untested because
//! the generator stopped writing what it comes from.

use super::{runner, shrink};
use proptest::strategy::{Strategy, ValueTree};
use ruff::engine;
use ruff::engine::SourceFile;
use ruff::tools::Op;
use std::collections::BTreeMap;

/// Opcodes that no program has.
const NEVER: &[Op] = &[Op::Nop];

const PROGRAMS: u64 = 400;

#[test]
fn programs_have_every_opcode() {
    let mut found: BTreeMap<u8, usize> = BTreeMap::new();
    let mut lines = 0;
    for seed in 0..PROGRAMS {
        let tree = shrink::Programs { seed }
            .new_tree(&mut runner(seed))
            .expect("a program");
        let text = tree.current().text();
        lines += text.lines().count();
        let source = SourceFile::new("program.ruff", &text);
        let checked = engine::compile(&source);
        let unit = checked
            .unit
            .as_ref()
            .unwrap_or_else(|| panic!("program {seed} does not compile"));
        for function in &unit.functions {
            let mut at = 0;
            while at < function.code.len() {
                let op = function.code[at].op();
                *found.entry(op as u8).or_default() += 1;
                at += 1 + usize::from(op.has_cache()) + usize::from(op.has_branch());
            }
        }
    }
    println!("{lines} lines in {PROGRAMS} programs");
    for op in Op::ALL {
        println!("{:8} {}", found.get(&(*op as u8)).unwrap_or(&0), op.name());
    }
    let absent = |op: &&Op| !found.contains_key(&(**op as u8)) && !NEVER.contains(op);
    let missing: Vec<&str> = Op::ALL.iter().filter(absent).map(|op| op.name()).collect();
    assert!(missing.is_empty(), "no program has {missing:?}");
}
