//! Patterns: the tests of values, the parts taken out of them; `e?`.

use super::helper;
use crate::bytecode::Op;
use crate::bytecode::op::{INCLUSIVE, SHARE};
use crate::heap::object::*;
use crate::value::Value;
use crate::vm::{Vm, index, pattern};

helper! {
    fn test_pattern(vm, at) {
        let value = at.get(at.a());
        let fits = match at.op() {
            Op::TestTag => Vm::test_tag(value, at.constant(at.c()), at.word.b()),
            Op::TestRecord => {
                matches!(value.kind(), Some(Kind::Dict | Kind::Struct | Kind::Object))
            }
            Op::TestKey => vm.test_key(value, at.constant(at.c())),
            Op::TestType => pattern::is_instance(value, at.get(at.b()))?,
            Op::TestLit => vm.test_literal(value, at.constant(at.c()))?,
            Op::TestIndexed => index::is_indexed(value),
            Op::TestRange => {
                let (lo, hi) = (at.constant(at.b()), at.constant(at.c()));
                vm.test_range(value, lo, hi, at.has(INCLUSIVE))?
            }
            Op::TestArray => {
                value.is_kind(Kind::Array) && {
                    let len = value.array().len as usize;
                    if at.c() == 0 { len == at.b() } else { len >= at.b() }
                }
            }
            op => unreachable!("{op:?} tests no pattern"),
        };
        Ok(fits as i64)
    }

    fn rest_array(vm, at) {
        at.set(at.a(), vm.slice(at.get(at.b()), Value::int(at.c() as i64), Value::NULL)?);
        Ok(0)
    }

    fn rest_dict(vm, at) {
        at.set(at.a(), vm.rest_dict(at.get(at.b()), Vm::key_list(at.constant(at.c())))?);
        Ok(0)
    }

    fn unwrap(vm, at) {
        match vm.unwrap(at.get(at.b()), at.has(SHARE))? {
            Some(payload) => {
                at.set(at.a(), payload);
                Ok(1)
            }
            None => Ok(0),
        }
    }
}
