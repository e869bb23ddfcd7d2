//! Operators.

use super::super::arith::*;
use super::super::bigint::{MAX_INT_BITS, Number, number};
use super::super::text::display;
use super::super::{Context, ErrorKind, Fallible, ops};
use super::{Machine, fault};
use crate::heap::object::SHARED;
use crate::value::{INT_MAX, INT_MIN, Value};
use BinaryOp::*;
use dashu_int::IBig;
use proptest::prelude::*;

const OPS: [BinaryOp; 11] = [
    Add, Sub, Mul, Div, Mod, Pow, Shl, Shr, BitAnd, BitXor, BitOr,
];

/// The exact result of an operator on ints, by another way.
fn exact(op: BinaryOp, a: &IBig, b: &IBig) -> Option<IBig> {
    let small = |b: &IBig| usize::try_from(b).ok();
    Some(match op {
        Add => a + b,
        Sub => a - b,
        Mul => a * b,
        Div if b.is_zero() => return None,
        Div => a / b,
        Mod if b.is_zero() => return None,
        Mod => a - (a / b) * b,
        Pow => (0..small(b)?).fold(IBig::ONE, |power, _| power * a),
        Shl => a * IBig::from(2).pow(small(b)?),
        Shr => {
            let divisor = IBig::from(2).pow(small(b)?);
            let quotient = a / &divisor;
            if &quotient * &divisor > *a {
                quotient - 1
            } else {
                quotient
            }
        }
        BitAnd => a & b,
        BitXor => a ^ b,
        BitOr => a | b,
    })
}

fn fast(op: BinaryOp, a: Value, b: Value) -> Option<Value> {
    if !Value::both_int(a, b) {
        return None;
    }
    match op {
        Add => ops::add_ints(a, b),
        Sub => ops::sub_ints(a, b),
        Mul => ops::mul_ints(a, b),
        Div => ops::div_ints(a, b),
        Mod => ops::rem_ints(a, b),
        Pow => None,
        Shl => ops::shl_ints(a, b),
        Shr => ops::shr_ints(a, b),
        BitAnd => ops::and_ints(a, b),
        BitXor => ops::xor_ints(a, b),
        BitOr => ops::or_ints(a, b),
    }
}

fn to_big(v: Value) -> IBig {
    match number(v).expect("a number") {
        Number::Int(i) => IBig::from(i),
        Number::Big(big) => big.clone(),
        Number::Float(f) => panic!("{f} is no int"),
    }
}

fn check(m: &mut Machine, op: BinaryOp, a: &IBig, b: &IBig) {
    if matches!(op, Pow | Shl | Shr) && !(IBig::ZERO..IBig::from(300)).contains(b) {
        return;
    }
    let (x, y) = (m.heap.new_int(a.clone()), m.heap.new_int(b.clone()));
    let result = binary(m, op, x, y);
    let quick = fast(op, x, y);
    match exact(op, a, b) {
        None => {
            assert_eq!(fault(result).0, ErrorKind::Arithmetic);
            assert_eq!(quick, None);
        }
        Some(expected) => {
            let result = result.expect("a result");
            assert_eq!(to_big(result), expected, "{a} {} {b}", op.text());
            // One form for every int.
            assert_eq!(
                result.is_int(),
                (IBig::from(INT_MIN)..=IBig::from(INT_MAX)).contains(&expected)
            );
            if let Some(quick) = quick {
                assert_eq!(quick, result, "fast {a} {} {b}", op.text());
            }
        }
    }
}

#[test]
fn ints_are_exact_around_every_width() {
    let mut m = Machine::new();
    let mut edges = Vec::new();
    for width in [
        0, 1, 15, 25, 31, 32, 49, 50, 51, 52, 53, 62, 63, 64, 127, 128,
    ] {
        let power = IBig::from(2).pow(width);
        for offset in -1..=1 {
            edges.push(&power + offset);
            edges.push(-&power + offset);
        }
    }
    for op in OPS {
        for a in &edges {
            for b in &edges {
                check(&mut m, op, a, b);
            }
        }
    }
}

fn any_int() -> impl Strategy<Value = IBig> {
    (
        any::<bool>(),
        prop::collection::vec(any::<u64>(), 0..40),
        0..64usize,
    )
        .prop_map(|(negative, words, cut)| {
            let sign = if negative {
                dashu_int::Sign::Negative
            } else {
                dashu_int::Sign::Positive
            };
            IBig::from_sign_words(sign, &words) >> cut
        })
}

proptest! {
    #[test]
    fn small_ints_agree_with_wide_ones(a: i64, b: i64, shift in 0..64u32) {
        let (a, b) = (a >> shift, b >> (63 - shift));
        let mut m = Machine::new();
        for op in OPS {
            if op != Pow {
                check(&mut m, op, &IBig::from(a), &IBig::from(b));
            }
        }
        let (x, y) = (m.heap.new_int(IBig::from(a)), m.heap.new_int(IBig::from(b)));
        let product = binary(&mut m, Mul, x, y).unwrap();
        prop_assert_eq!(to_big(product), IBig::from(a as i128 * b as i128));
    }

    #[test]
    fn large_ints_agree_with_the_crate(a in any_int(), b in any_int()) {
        let mut m = Machine::new();
        for op in [Add, Sub, Mul, Div, Mod, BitAnd, BitOr, BitXor] {
            check(&mut m, op, &a, &b);
            check(&mut m, op, &a, &a);
            check(&mut m, op, &a, &-&a);
        }
        let x = m.heap.new_int(a.clone());
        let negated = neg(&mut m, x).unwrap();
        prop_assert_eq!(to_big(negated), -&a);
        let inverted = bit_not(&mut m, x).unwrap();
        prop_assert_eq!(to_big(inverted), -&a - 1);
    }

    #[test]
    fn floats_agree_with_the_processor(a: f64, b: f64, i in -1000i64..1000) {
        let mut m = Machine::new();
        for (x, y) in [(Value::float(a), Value::float(b)), (Value::int(i), Value::float(b)), (Value::float(a), Value::int(i))] {
            let f = |v: Value| if v.is_int() { v.as_int() as f64 } else { v.as_float() };
            let (p, q) = (f(x), f(y));
            prop_assert_eq!(ops::as_f64(x).to_bits(), p.to_bits());
            prop_assert_eq!(ops::mixed(x, y).map(|pair| pair.1.to_bits()), Some(q.to_bits()));
            for (op, expected) in [(Add, p + q), (Sub, p - q), (Mul, p * q)] {
                prop_assert_eq!(binary(&mut m, op, x, y).unwrap(), Value::float(expected));
            }
            if q != 0.0 {
                for (op, expected) in [(Div, p / q), (Mod, p % q)] {
                    prop_assert_eq!(binary(&mut m, op, x, y).unwrap(), Value::float(expected));
                }
            }
        }
    }
}

#[test]
fn carries_run_through_long_sums() {
    let mut m = Machine::new();
    for words in [8, 9, 15, 16, 17, 33, 64, 65, 130] {
        let ones = IBig::from_sign_words(dashu_int::Sign::Positive, &vec![u64::MAX; words]);
        let power = &ones + 1;
        let short = IBig::from_sign_words(dashu_int::Sign::Positive, &[u64::MAX; 8]);
        for (a, b) in [
            (&ones, &ones),
            (&ones, &short),
            (&power, &short),
            (&power, &ones),
        ] {
            for (a, b) in [(a, b), (b, a)] {
                check(&mut m, Add, a, b);
                check(&mut m, Sub, a, b);
                check(&mut m, Add, &-a, b);
                check(&mut m, Sub, &-a, b);
            }
        }
    }
}

/// Runs of words that give a carry and of words that pass one on, in any order, at lengths
/// around those of wide instructions.
#[test]
fn carries_run_between_words_of_all_sorts() {
    let mut m = Machine::new();
    let mut state = 1u64;
    let mut word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        match state >> 61 {
            0..2 => u64::MAX,
            2..4 => 0,
            4 => 1,
            _ => state,
        }
    };
    for round in 0..400 {
        let mut number = |len: usize| {
            let words: Vec<u64> = (0..len).map(|_| word()).collect();
            IBig::from_sign_words(dashu_int::Sign::Positive, &words)
        };
        let (a, b) = (number(30 + round % 50), number(30 + round % 37));
        check(&mut m, Add, &a, &b);
        check(&mut m, Sub, &a, &b);
        check(&mut m, Sub, &b, &a);
    }
}

#[test]
fn zero_divides_nothing() {
    let mut m = Machine::new();
    let big = m.big("123456789012345678901234567890");
    for a in [Value::int(1), Value::float(1.5), big] {
        for b in [Value::ZERO, Value::float(0.0), Value::float(-0.0)] {
            let division = (ErrorKind::Arithmetic, "Division by zero".to_string());
            let modulo = (ErrorKind::Arithmetic, "Modulo by zero".to_string());
            assert_eq!(fault(binary(&mut m, Div, a, b)), division);
            assert_eq!(fault(binary(&mut m, Mod, a, b)), modulo);
            assert_eq!((fast(Div, a, b), fast(Mod, a, b)), (None, None));
        }
    }
    for zero in [Value::ZERO, Value::float(0.0)] {
        let result = binary(&mut m, Pow, zero, Value::int(-1));
        assert_eq!(fault(result).0, ErrorKind::Arithmetic);
    }
}

#[test]
fn powers() {
    let mut m = Machine::new();
    let mut power = |a: Value, b: Value| {
        let result = binary(&mut m, BinaryOp::Pow, a, b).unwrap();
        display(&mut m, result).unwrap()
    };
    assert_eq!(power(Value::int(2), Value::int(-1)), "0.5");
    assert_eq!(power(Value::int(0), Value::int(0)), "1");
    assert_eq!(
        power(Value::int(2), Value::int(100)),
        "1267650600228229401496703205376"
    );
    assert_eq!(
        power(Value::int(-2), Value::int(63)),
        "-9223372036854775808"
    );
    assert_eq!(power(Value::int(-1), Value::int(INT_MAX)), "-1");
    assert_eq!(
        power(Value::int(2), Value::float(0.5)),
        "1.4142135623730951"
    );
    assert_eq!(
        power(Value::int(10), Value::int(20)),
        "100000000000000000000"
    );
    assert_eq!(power(Value::float(f64::INFINITY), Value::int(2)), "inf");
    let limit = MAX_INT_BITS as i64;
    let result = binary(&mut m, BinaryOp::Pow, Value::int(2), Value::int(limit - 1)).unwrap();
    assert!(result.is_big_int());
    let huge = m.big("100000000000000000000000000000000");
    for (a, b) in [(2, Value::int(limit)), (10, Value::int(limit)), (-3, huge)] {
        let result = binary(&mut m, BinaryOp::Pow, Value::int(a), b);
        assert_eq!(fault(result).0, ErrorKind::Overflow);
    }
    assert_eq!(
        binary(&mut m, BinaryOp::Pow, Value::int(-1), huge).unwrap(),
        Value::int(1)
    );
}

#[test]
fn shifts_stop_at_the_limit() {
    let mut m = Machine::new();
    let huge = m.big("100000000000000000000000000000000");
    let negative = m.big("-100000000000000000000000000000000");
    for count in [Value::int(MAX_INT_BITS as i64), Value::int(INT_MAX), huge] {
        let result = binary(&mut m, Shl, Value::int(1), count);
        assert_eq!(fault(result).0, ErrorKind::Overflow);
        assert_eq!(
            binary(&mut m, Shl, Value::ZERO, count).unwrap(),
            Value::ZERO
        );
        assert_eq!(binary(&mut m, Shr, huge, count).unwrap(), Value::ZERO);
        assert_eq!(
            binary(&mut m, Shr, negative, count).unwrap(),
            Value::int(-1)
        );
    }
    for count in [Value::int(-1), negative] {
        for op in [Shl, Shr] {
            assert_eq!(fault(binary(&mut m, op, huge, count)).0, ErrorKind::Value);
        }
    }
    let half = binary(
        &mut m,
        Shl,
        Value::int(1),
        Value::int(MAX_INT_BITS as i64 / 2 + 1),
    )
    .unwrap();
    assert_eq!(
        fault(binary(&mut m, Mul, half, half)).0,
        ErrorKind::Overflow
    );
}

#[test]
fn a_big_int_beyond_the_floats_becomes_infinite() {
    let mut m = Machine::new();
    let big = binary(&mut m, Pow, Value::int(10), Value::int(400)).unwrap();
    let sum = binary(&mut m, Add, big, Value::float(1.0)).unwrap();
    assert_eq!(sum, Value::float(f64::INFINITY));
    let nan = binary(&mut m, Sub, sum, sum).unwrap();
    assert!(nan.as_float().is_nan());
}

#[test]
fn strings_add_and_repeat() {
    let mut m = Machine::new();
    let (a, b) = (m.string("ab"), m.string("cd"));
    let sum = binary(&mut m, Add, a, b).unwrap();
    assert_eq!(m.heap.str(sum), "abcd");
    let big = m.big("100000000000000000000");
    let small = m.big("-100000000000000000000");
    let empty = m.string("");
    for (x, y, expected) in [
        (a, Value::int(3), "ababab"),
        (Value::int(2), a, "abab"),
        (a, Value::int(-1), ""),
        (a, small, ""),
        (empty, big, ""),
    ] {
        let result = binary(&mut m, Mul, x, y).unwrap();
        assert_eq!(m.heap.str(result), expected);
    }
    assert_eq!(
        fault(binary(&mut m, Mul, a, big)).1,
        "* expects a result of at most 1073741824 bytes; got 200000000000000000000"
    );
    let (kind, message) = fault(binary(&mut m, Mul, a, Value::int(INT_MAX)));
    assert_eq!(kind, ErrorKind::Overflow, "{message}");
}

#[test]
fn what_does_not_fit_says_so() {
    let mut m = Machine::new();
    let (text, array) = (m.string("a"), m.array(&[]));
    for (op, a, b, expected) in [
        (
            Add,
            text,
            Value::int(1),
            "string + int (use to_string(x) or \"${x}\")",
        ),
        (
            Add,
            Value::NULL,
            text,
            "null + string (use to_string(x) or \"${x}\")",
        ),
        (Sub, text, text, "string - string"),
        (Mul, text, Value::float(2.0), "string * float"),
        (
            Add,
            array,
            Value::TRUE,
            "array + bool (use xs.push(x), or [...xs, x] for a new array)",
        ),
        (
            Add,
            array,
            text,
            "array + string (use xs.push(x), or [...xs, x] for a new array)",
        ),
        (BitOr, Value::float(1.0), Value::int(1), "float | int"),
        (Shl, Value::int(1), Value::float(1.0), "int << float"),
    ] {
        let expected = format!("Invalid binary operation: {expected}");
        assert_eq!(fault(binary(&mut m, op, a, b)), (ErrorKind::Type, expected));
    }
    let expected = (
        ErrorKind::Type,
        "Invalid unary operation: -string".to_string(),
    );
    assert_eq!(fault(neg(&mut m, text)), expected);
    assert_eq!(fault(bit_not(&mut m, Value::float(1.0))).0, ErrorKind::Type);
}

#[test]
fn arrays_add_without_changing_their_operands() {
    let mut m = Machine::new();
    let inner = m.array(&[Value::int(1)]);
    let a = m.array(&[inner]);
    let b = m.array(&[Value::int(2), inner]);
    let sum = binary(&mut m, Add, a, b).unwrap();
    assert_eq!(display(&mut m, sum).unwrap(), "[[1], 2, [1]]");
    assert_eq!((a.elements().len(), b.elements().len()), (1, 2));
    assert!(inner.header().flags & SHARED != 0 && sum.header().flags & SHARED == 0);
}

#[test]
fn an_array_of_ones_own_is_extended_in_place() {
    let mut m = Machine::new();
    let a = m.array(&[Value::int(1)]);
    let b = m.array(&[Value::int(2); 100]);
    assert_eq!(add_consume(&mut m, a, b).unwrap(), a);
    assert_eq!(a.elements().len(), 101);
    let doubled = add_consume(&mut m, a, a).unwrap();
    assert_eq!((a.elements().len(), doubled.elements().len()), (101, 202));
    a.share();
    let copy = add_consume(&mut m, a, b).unwrap();
    assert_eq!((a.elements().len(), copy.elements().len()), (101, 201));
    assert_eq!(
        add_consume(&mut m, Value::int(1), Value::int(2)).unwrap(),
        Value::int(3)
    );
}

fn first_field_plus(cx: &mut dyn Context, args: &[Value]) -> Fallible {
    binary(cx, Add, args[0].instance_field(0), args[1])
}

#[test]
fn structs_define_operators() {
    let mut m = Machine::new();
    let ty = m.ty(
        "V",
        false,
        &["x"],
        &[
            ("op_add", first_field_plus),
            ("op_rmul", first_field_plus),
            ("op_not", |_, _| Ok(Value::int(5))),
        ],
    );
    let plain = m.ty("P", false, &[], &[]);
    let (v, p) = (m.instance(ty, &[Value::int(10)]), m.instance(plain, &[]));
    assert_eq!(
        binary(&mut m, Add, v, Value::int(1)).unwrap(),
        Value::int(11)
    );
    assert_eq!(
        binary(&mut m, Mul, Value::int(2), v).unwrap(),
        Value::int(12)
    );
    assert_eq!(not_op(&mut m, v).unwrap(), Value::int(5));
    assert_eq!(not_op(&mut m, p).unwrap(), Value::FALSE);
    assert_eq!(
        fault(binary(&mut m, Add, Value::int(1), v)).1,
        "Invalid binary operation: int + V"
    );
    assert_eq!(
        fault(binary(&mut m, Mul, v, Value::int(1))).0,
        ErrorKind::Type
    );
    assert_eq!(fault(neg(&mut m, p)).0, ErrorKind::Type);
    // A struct on the left without op_mul leaves it to the right one.
    assert_eq!(
        fault(binary(&mut m, Mul, p, v)).1,
        "Invalid binary operation: int + P"
    );
}
