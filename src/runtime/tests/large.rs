//! Very large ints, whose operations are taken apart: the crate's own, in one go, are
//! the model. And texts that are worked on by stretches.

use super::*;
use crate::runtime::bigint::{self, Bits};
use crate::runtime::number_text;
use crate::runtime::pace::{self, STRETCH};
use dashu_int::ops::{DivRem, Gcd, UnsignedAbs};
use dashu_int::{IBig, UBig};

/// A number of so many words with long runs of ones and zeros in it.
fn number(words: usize, mut seed: u64) -> IBig {
    let mut word = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        match seed % 13 {
            0 | 1 => u64::MAX,
            2 => 0,
            _ => seed,
        }
    };
    let words: Vec<u64> = (0..words).map(|_| word()).collect();
    IBig::from(UBig::from_words(&words))
}

fn value(v: Value) -> IBig {
    if v.is_int() {
        IBig::from(v.as_int())
    } else {
        v.big_int().clone()
    }
}

#[test]
fn products_are_those_of_the_crate() {
    let mut cx = Machine::new();
    for (a, b) in [
        (20_000, 20_000),
        (33_000, 40_000),
        (40_000, 33_000),
        (70_000, 33_000),
        (120_000, 3),
        (33_000, 70),
    ] {
        let (a, b) = (-number(a, 5), number(b, 9));
        let product = bigint::mul(&mut cx, &a, &b).unwrap();
        assert!(value(product) == &a * &b);
    }
    // Sums of products as large as they may be.
    let ones = IBig::from(UBig::ones(64 * 33_000));
    let square = bigint::mul(&mut cx, &ones, &ones).unwrap();
    assert!(value(square) == &ones * &ones);
}

#[test]
fn quotients_are_those_of_the_crate() {
    let mut cx = Machine::new();
    for (a, b) in [
        (20_000, 1),
        (20_000, 4_000),
        (20_000, 9_001),
        (17_000, 16_990),
        (40_000, 20_000),
        (17_000, 17_000),
    ] {
        let (a, b) = (-number(a, 5), number(b, 9) + 1);
        let exact: IBig = &a * &b;
        for a in [a, &exact + 1, exact.clone(), exact - 1] {
            let (q, r) = (&a).div_rem(&b);
            let quotient = bigint::div(&mut cx, &a, &b).unwrap();
            assert!(value(quotient) == q);
            let rest = bigint::rem(&mut cx, &a, &b).unwrap();
            assert!(value(rest) == r);
        }
    }
}

#[test]
fn digits_are_those_of_the_crate() {
    let mut cx = Machine::new();
    let power = |n: usize| IBig::from(10).pow(n);
    for n in [
        power(65_536),
        power(65_536) - 1,
        power(131_072),
        power(131_072) - 1,
        -power(200_000),
        number(7_000, 1),
        -number(25_000, 3),
    ] {
        let digits = n.to_string();
        let mut out = "x".to_string();
        bigint::push_digits(&mut cx, &mut out, &n).unwrap();
        assert!(out[1..] == digits);
        let unsigned = digits.trim_start_matches('-');
        let read = bigint::read_digits(&mut cx, unsigned, 10).unwrap();
        assert!(read == (&n).unsigned_abs());
        let zeros = "0".repeat(100_000) + unsigned;
        let read = bigint::read_digits(&mut cx, &zeros, 10).unwrap();
        assert!(read == (&n).unsigned_abs());
    }
    let n = number(14_000, 7).unsigned_abs();
    let digits = n.in_radix(36).to_string();
    assert!(bigint::read_digits(&mut cx, &digits, 36).unwrap() == n);
}

#[test]
fn powers_are_those_of_the_crate() {
    let mut cx = Machine::new();
    for (base, exponent) in [(3u64, 1_000_003usize), (u64::MAX - 58, 50_001)] {
        let (base, exponent) = (-IBig::from(base), exponent);
        let power = bigint::pow(&mut cx, &base, &IBig::from(exponent)).unwrap();
        assert!(value(power) == base.pow(exponent));
    }
}

#[test]
fn divisors_are_those_of_the_crate() {
    let mut cx = Machine::new();
    for (a, b, common) in [(2_900, 3_000, 100), (5_000, 5_000, 2_500), (9_000, 20, 3)] {
        let common = number(common, 3) + 1;
        let (a, b) = (number(a, 5) * &common, -number(b, 9) * &common);
        let divisor = bigint::gcd(&mut cx, &a, &b).unwrap();
        assert!(value(divisor) == IBig::from((&a).gcd(&b)));
    }
}

#[test]
fn matches_are_found_across_stretches() {
    let mut cx = Machine::new();
    for (unit, part) in [
        ("ab", "ba"),
        ("é…", "…é"),
        ("aaaaa", "aaa"),
        ("abcdefg", "gab"),
    ] {
        let mut text = unit.repeat(2 * STRETCH / unit.len() + 1);
        for more in 0..4 {
            text.push_str(&"-".repeat(more));
            let mut found = Vec::new();
            pace::matches(&mut cx, &text, part, &mut |_, at| {
                found.push(at);
                Ok(true)
            })
            .unwrap();
            assert!(
                found
                    .into_iter()
                    .eq(text.match_indices(part).map(|(at, _)| at))
            );
        }
        let string = pace::new_string(&mut cx, &text).unwrap();
        assert!(cx.heap().str(string) == text);
        assert_eq!(string.string().char_len(), text.chars().count());
    }
}

/// Lengths around those of the stretches in which words are written, and shifts of them.
#[test]
fn linear_operations_are_those_of_the_crate() {
    let mut cx = Machine::new();
    for (long, short) in [
        (65_535, 1),
        (65_536, 65_535),
        (65_537, 65_536),
        (131_072, 131_072),
        (140_000, 70_000),
    ] {
        for (p, q) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] {
            let (a, b) = (number(long, 5) * p, number(short, 9) * q);
            for (a, b) in [(&a, &b), (&b, &a), (&a, &a)] {
                assert!(value(bigint::add(&mut cx, a, b).unwrap()) == a + b);
                assert!(value(bigint::sub(&mut cx, a, b).unwrap()) == a - b);
                assert!(value(bigint::bits(&mut cx, Bits::And, a, b).unwrap()) == a & b);
                assert!(value(bigint::bits(&mut cx, Bits::Or, a, b).unwrap()) == a | b);
                assert!(value(bigint::bits(&mut cx, Bits::Xor, a, b).unwrap()) == a ^ b);
            }
            assert!(value(bigint::neg(&mut cx, &a).unwrap()) == -&a);
            assert!(value(bigint::not(&mut cx, &a).unwrap()) == !&a);
            for count in [0, 1, 63, 64, 65, 64 * 65_536, 64 * 65_536 - 1, 4_194_241] {
                let n = IBig::from(count);
                let shifted = bigint::shl(&mut cx, &a, &n).unwrap();
                assert!(value(shifted) == &a << count, "{count}");
                let shifted = bigint::shr(&mut cx, &a, &n).unwrap();
                assert!(value(shifted) == &a >> count, "{count}");
            }
            // All bits that go are zeros.
            let shifted = bigint::shr(&mut cx, &(&a << 200), &IBig::from(200)).unwrap();
            assert!(value(shifted) == a);
        }
    }
}

#[test]
fn digits_of_bases_are_those_of_the_crate() {
    let mut cx = Machine::new();
    for base in [2, 8, 10, 16, 32] {
        let number = -number(30_001, 3);
        let v = cx.heap.new_int(number.clone());
        let text = number_text::int_in_base(&mut cx, v, base).unwrap();
        assert!(text == number.in_radix(base as u8).to_string(), "{base}");
    }
}
