//! Deep nesting ends in an error, not in a crash.

use super::super::compare::{equal, order};
use super::super::limits::MAX_DEPTH;
use super::super::repr::{debug_text, repr, repr_short};
use super::super::text::display;
use super::super::{ErrorKind, tags};
use super::{Machine, fault};
use crate::value::Value;

#[test]
fn the_depth_limit_is_the_same_for_every_walk() {
    let run = || {
        let mut m = Machine::new();
        let nest = |m: &mut Machine, depth: u32| {
            let mut v = Value::int(1);
            for _ in 0..depth {
                v = m.array(&[v]);
            }
            v
        };
        let (a, b) = (nest(&mut m, MAX_DEPTH), nest(&mut m, MAX_DEPTH));
        assert!(equal(&mut m, a, b).unwrap());
        assert!(order(&mut m, a, b).unwrap().is_eq());
        assert_eq!(
            display(&mut m, a).unwrap().len(),
            2 * MAX_DEPTH as usize + 1
        );
        assert_eq!(repr(&mut m, a).unwrap().len(), 2 * MAX_DEPTH as usize + 1);
        let (a, b) = (m.array(&[a]), m.array(&[b]));
        assert_eq!(fault(equal(&mut m, a, b)).0, ErrorKind::StackOverflow);
        assert_eq!(fault(order(&mut m, a, b)).0, ErrorKind::StackOverflow);
        assert_eq!(fault(display(&mut m, a)).0, ErrorKind::StackOverflow);
        assert_eq!(fault(repr(&mut m, a)).0, ErrorKind::StackOverflow);
        assert_eq!(fault(debug_text(&mut m, a)).0, ErrorKind::StackOverflow);
        assert_eq!(repr_short(&mut m, a).len(), 80);
        let ty = m.ty("Node", false, &["next"], &[]);
        let key = m.heap.intern("k");
        for kind in 0..3 {
            let mut v = Value::NULL;
            for _ in 0..=MAX_DEPTH {
                v = match kind {
                    0 => m.instance(ty, &[v]),
                    1 => m.dict(&[(key, v)]),
                    _ => m.heap.new_tagged(tags::SOME, &[v]),
                };
            }
            assert_eq!(fault(equal(&mut m, v, v)).0, ErrorKind::StackOverflow);
            assert_eq!(fault(display(&mut m, v)).0, ErrorKind::StackOverflow);
            assert_eq!(fault(repr(&mut m, v)).0, ErrorKind::StackOverflow);
        }
    };
    // The main thread of a program has 8 MB.
    std::thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no panic");
}
