//! The fast paths of arithmetic and comparison
//! ([`operands`](super::operands) says how these macros come into the loop).

// The formatter does not know macros that define macros.
#[rustfmt::skip]
macro_rules! define_numbers {
    ($d:tt $vm:ident $frame:ident $pc:ident $w:ident $fault:lifetime) => {
        macro_rules! arith {
            ($d x:expr, $d y:expr, $d op:ident, $d ints:ident, $d float:tt) => {{
                let (x, y): (Value, Value) = ($d x, $d y);
                if Value::both_int(x, y) {
                    if let Some(result) = ops::$d ints(x, y) {
                        reg!(a!()) = result;
                        continue;
                    }
                } else if ops::both_floats(x, y) {
                    feedback($w, $pc, SEEN_FLOAT);
                    reg!(a!()) = Value::float(x.as_float() $d float y.as_float());
                    continue;
                } else if let Some((x, y)) = ops::mixed(x, y) {
                    feedback($w, $pc, SEEN_FLOAT);
                    reg!(a!()) = Value::float(x $d float y);
                    continue;
                }
                (*$frame).pc = $pc;
                match $vm.binary_slow(BinaryOp::$d op, x, y, $pc) {
                    Ok(value) => reg!(a!()) = value,
                    Err(fault) => break $fault fault,
                }
            }};
        }
        macro_rules! div {
            ($d x:expr, $d y:expr) => {{
                let (x, y): (Value, Value) = ($d x, $d y);
                if Value::both_int(x, y) {
                    if let Some(result) = ops::div_ints(x, y) {
                        reg!(a!()) = result;
                        continue;
                    }
                } else if ops::both_floats(x, y) {
                    if y.as_float() != 0.0 {
                        feedback($w, $pc, SEEN_FLOAT);
                        reg!(a!()) = Value::float(x.as_float() / y.as_float());
                        continue;
                    }
                } else if let Some((x, y)) = ops::mixed(x, y)
                    && y != 0.0
                {
                    feedback($w, $pc, SEEN_FLOAT);
                    reg!(a!()) = Value::float(x / y);
                    continue;
                }
                reg!(a!()) = slow!($vm.binary_slow(BinaryOp::Div, x, y, $pc));
            }};
        }
        // An operation on ints only.
        macro_rules! ints {
            ($d x:expr, $d y:expr, $d op:ident, $d ints:ident) => {{
                let (x, y): (Value, Value) = ($d x, $d y);
                if Value::both_int(x, y)
                    && let Some(result) = ops::$d ints(x, y)
                {
                    reg!(a!()) = result;
                    continue;
                }
                reg!(a!()) = slow!($vm.binary_slow(BinaryOp::$d op, x, y, $pc));
            }};
        }
        // The truth of a comparison.
        macro_rules! compared {
            ($d x:expr, $d y:expr, $d op:ident) => {{
                let (x, y): (Value, Value) = ($d x, $d y);
                if Value::both_int(x, y) {
                    ops::compare_ints(CompareOp::$d op, x, y)
                } else if x.is_float() && y.is_float() {
                    feedback($w, $pc, SEEN_FLOAT);
                    ops::compare_floats(CompareOp::$d op, x.as_float(), y.as_float())
                } else {
                    slow!($vm.compare_slow(CompareOp::$d op, x, y))
                }
            }};
        }
        macro_rules! equal {
            ($d x:expr, $d y:expr) => {{
                let (x, y): (Value, Value) = ($d x, $d y);
                match ops::equal_bits(x, y) {
                    Some(equal) => equal,
                    None => slow!($vm.equal_slow(x, y)),
                }
            }};
        }
        macro_rules! unequal {
            ($d x:expr, $d y:expr) => {{
                let (x, y): (Value, Value) = ($d x, $d y);
                if Value::both_int(x, y) {
                    x != y
                } else {
                    slow!($vm.not_equal_slow(x, y))
                }
            }};
        }
        // A comparison that decides whether the jump word is taken.
        macro_rules! test {
            ($d holds:expr) => {{
                let holds = $d holds;
                jump_if!(holds == (c!() != 0));
            }};
        }
        macro_rules! truth {
            ($d v:expr) => {{
                let v: Value = $d v;
                if v.is_bool() {
                    v == Value::TRUE
                } else {
                    slow!(compare::truth($vm, v))
                }
            }};
        }
    };
}

pub(super) use define_numbers;
