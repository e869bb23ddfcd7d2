//! Operations that go through the words of their operands once: sums, bits, shifts, copies.
//! The result is written where it stays. Numbers of millions of digits are written a
//! stretch at a time, with a look between, so that an interrupt is seen.

use super::{MAX_INT_BITS, Number, bit_length, check_room, number, too_large};
use crate::runtime::{Context, Fallible};
use crate::value::Value;
use dashu_int::{IBig, Sign};
use std::cmp::Ordering;
use std::mem::MaybeUninit;

/// Words that are written without a look around.
const STRETCH: usize = 1 << 16;

/// The int with this sign whose `len` words `write` writes, the least significant ones
/// first: as many as it is given, from the number of a word on. The most significant ones
/// may be 0.
///
/// # Safety
/// `write` writes all of the words that it is given.
unsafe fn written(
    cx: &mut dyn Context,
    sign: Sign,
    len: usize,
    mut write: impl FnMut(usize, &mut [MaybeUninit<u64>]),
) -> Fallible {
    let len = len.max(1);
    let mut int = cx.heap().int_to_fill(len);
    if len <= STRETCH {
        write(0, int.words());
    } else {
        for (i, part) in int.words().chunks_mut(STRETCH).enumerate() {
            cx.poll()?;
            write(i * STRETCH, part);
        }
    }
    // SAFETY: all of them are written.
    Ok(unsafe { int.finish(sign) })
}

/// The part of a number in these words; it may end before them, or within.
fn part(words: &[u64], from: usize, len: usize) -> &[u64] {
    let from = from.min(words.len());
    &words[from..words.len().min(from + len)]
}

/// A number as an int with this sign.
pub fn copied(cx: &mut dyn Context, sign: Sign, words: &[u64]) -> Fallible {
    // SAFETY: writes all words.
    unsafe {
        written(cx, sign, words.len(), |from, out| {
            copy(part(words, from, out.len()), out);
        })
    }
}

/// Copies words, and writes zeros after them.
fn copy(words: &[u64], out: &mut [MaybeUninit<u64>]) {
    let (copied, rest) = out.split_at_mut(words.len());
    for (to, &word) in copied.iter_mut().zip(words) {
        to.write(word);
    }
    for to in rest {
        to.write(0);
    }
}

/// `a + b`. Our own loop is about half again as fast as the crate's, whose carry goes
/// through memory.
pub fn add(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    add_signed(cx, "+", a.as_sign_words(), b.as_sign_words())
}

/// `a - b`.
pub fn sub(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    let (y, q) = b.as_sign_words();
    add_signed(cx, "-", a.as_sign_words(), (-y, q))
}

/// `-a`.
pub fn neg(cx: &mut dyn Context, a: &IBig) -> Fallible {
    let (sign, words) = a.as_sign_words();
    check_room(cx, 64 * words.len())?;
    copied(cx, -sign, words)
}

/// `~a`, which is `-a - 1`.
pub fn not(cx: &mut dyn Context, a: &IBig) -> Fallible {
    let (sign, words) = a.as_sign_words();
    add_signed(cx, "~", (-sign, words), (Sign::Negative, &[1]))
}

/// The sum of two numbers given as sign and magnitude.
fn add_signed(
    cx: &mut dyn Context,
    op: &str,
    (x, p): (Sign, &[u64]),
    (y, q): (Sign, &[u64]),
) -> Fallible {
    let order = compare_words(p, q);
    let (sign, long, short) = match order {
        Ordering::Less => (y, q, p),
        _ => (x, p, q),
    };
    let bits = 64 * (long.len() + 1);
    check_room(cx, bits)?;
    let sum = if x == y {
        combined::<false>(cx, sign, long, short)?
    } else if order == Ordering::Equal {
        return Ok(Value::ZERO);
    } else {
        combined::<true>(cx, sign, long, short)?
    };
    if bits > MAX_INT_BITS
        && let Some(Number::Big(big)) = number(sum)
        && bit_length(big) > MAX_INT_BITS
    {
        return Err(too_large(op, bit_length(big) as u128));
    }
    Ok(sum)
}

/// `long + short`, or `long - short` if `SUB` (then `long` is the greater).
fn combined<const SUB: bool>(
    cx: &mut dyn Context,
    sign: Sign,
    long: &[u64],
    short: &[u64],
) -> Fallible {
    let mut carry = 0;
    // SAFETY: writes as many words as the longer number has, and one more for the carry.
    unsafe {
        written(cx, sign, long.len() + 1, |from, out| {
            let (p, q) = (part(long, from, out.len()), part(short, from, out.len()));
            let (sum, top) = out.split_at_mut(p.len());
            carry = combine::<SUB>(p, q, sum, carry);
            if let [top] = top {
                top.write(if SUB { 0 } else { carry as u64 });
            }
        })
    }
}

/// The order of magnitudes.
fn compare_words(p: &[u64], q: &[u64]) -> Ordering {
    p.len()
        .cmp(&q.len())
        .then_with(|| p.iter().rev().cmp(q.iter().rev()))
}

/// One word of a sum, or of a difference if `SUB`, with the carry.
#[inline(always)]
fn step<const SUB: bool>(a: u64, b: u64, carry: &mut u8) -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_addcarry_u64, _subborrow_u64};
        let mut out = 0;
        *carry = if SUB {
            _subborrow_u64(*carry, a, b, &mut out)
        } else {
            _addcarry_u64(*carry, a, b, &mut out)
        };
        out
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let (first, one) = if SUB {
            a.overflowing_sub(b)
        } else {
            a.overflowing_add(b)
        };
        let (second, two) = if SUB {
            first.overflowing_sub(*carry as u64)
        } else {
            first.overflowing_add(*carry as u64)
        };
        *carry = (one | two) as u8;
        second
    }
}

/// Writes `long + short`, or `long - short` if `SUB`, into `out`, which has as many words as
/// `long`, with a carry from below; the carry at the end.
fn combine<const SUB: bool>(
    long: &[u64],
    short: &[u64],
    out: &mut [MaybeUninit<u64>],
    carry: u8,
) -> u8 {
    #[cfg(target_arch = "x86_64")]
    if short.len() >= WIDE_FROM && std::arch::is_x86_feature_detected!("avx512f") {
        let whole = short.len() & !(LANES - 1);
        let (low, high) = out.split_at_mut(whole);
        // SAFETY: the processor has the instructions.
        let carry = unsafe { combine_wide::<SUB>(&long[..whole], &short[..whole], low, carry) };
        return combine_narrow::<SUB>(&long[whole..], &short[whole..], high, carry);
    }
    combine_narrow::<SUB>(long, short, out, carry)
}

/// [`combine`] a word at a time.
fn combine_narrow<const SUB: bool>(
    long: &[u64],
    short: &[u64],
    out: &mut [MaybeUninit<u64>],
    mut carry: u8,
) -> u8 {
    let n = short.len();
    let (a, a_rest) = long[..n].as_chunks::<16>();
    let (b, b_rest) = short.as_chunks::<16>();
    let (c, c_rest) = out[..n].as_chunks_mut::<16>();
    for ((a, b), c) in a.iter().zip(b).zip(c) {
        for i in 0..16 {
            c[i].write(step::<SUB>(a[i], b[i], &mut carry));
        }
    }
    for ((a, b), c) in a_rest.iter().zip(b_rest).zip(c_rest) {
        c.write(step::<SUB>(*a, *b, &mut carry));
    }
    for (a, c) in long[n..].iter().zip(&mut out[n..]) {
        c.write(step::<SUB>(*a, 0, &mut carry));
    }
    carry
}

/// Words that an instruction of [`combine_wide`] works on.
#[cfg(target_arch = "x86_64")]
const LANES: usize = 8;
/// From so many words on the wide instructions are worth it.
#[cfg(target_arch = "x86_64")]
const WIDE_FROM: usize = 32;

/// [`combine`] of two numbers with as many words, a multiple of [`LANES`]: eight words at
/// once, then the carries between them, which a sum of two small numbers finds. The carry
/// at the end.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn combine_wide<const SUB: bool>(
    a: &[u64],
    b: &[u64],
    out: &mut [MaybeUninit<u64>],
    carry: u8,
) -> u8 {
    use std::arch::x86_64::*;
    let (one, all) = (_mm512_set1_epi64(1), _mm512_set1_epi64(-1));
    let mut carry = carry as u32;
    let parts = a.as_chunks::<LANES>().0.iter();
    let parts = parts.zip(b.as_chunks::<LANES>().0);
    for ((a, b), out) in parts.zip(out.as_chunks_mut::<LANES>().0) {
        // SAFETY: the loads and the store are of a whole chunk each.
        unsafe {
            let (a, b) = (
                _mm512_loadu_si512(a.as_ptr().cast()),
                _mm512_loadu_si512(b.as_ptr().cast()),
            );
            // Words that give a carry by themselves, and those that pass one on.
            let (sum, gives, passes) = if SUB {
                let sum = _mm512_sub_epi64(a, b);
                let passes = _mm512_testn_epi64_mask(sum, sum);
                (sum, _mm512_cmplt_epu64_mask(a, b), passes)
            } else {
                let sum = _mm512_add_epi64(a, b);
                let passes = _mm512_cmpeq_epi64_mask(sum, all);
                (sum, _mm512_cmplt_epu64_mask(sum, a), passes)
            };
            // A carry runs through the words that pass it on as through the digits of a sum.
            let run = ((gives as u32) << 1 | carry) + passes as u32;
            let gets = (run ^ passes as u32) as u8;
            carry = run >> LANES;
            let word = if SUB {
                _mm512_mask_sub_epi64(sum, gets, sum, one)
            } else {
                _mm512_mask_add_epi64(sum, gets, sum, one)
            };
            _mm512_storeu_si512(out.as_mut_ptr().cast(), word);
        }
    }
    carry as u8
}

/// An operation on bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    And,
    Or,
    Xor,
}

/// `a & b`, `a | b` or `a ^ b`.
pub fn bits(cx: &mut dyn Context, op: Bits, a: &IBig, b: &IBig) -> Fallible {
    match op {
        Bits::And => bitwise(cx, op, a, b, |x, y| x & y),
        Bits::Or => bitwise(cx, op, a, b, |x, y| x | y),
        Bits::Xor => bitwise(cx, op, a, b, |x, y| x ^ y),
    }
}

fn bitwise(
    cx: &mut dyn Context,
    op: Bits,
    a: &IBig,
    b: &IBig,
    apply: impl Fn(u64, u64) -> u64,
) -> Fallible {
    let ((x, p), (y, q)) = (a.as_sign_words(), b.as_sign_words());
    let negative = |sign| sign == Sign::Negative;
    if !negative(x) && !negative(y) {
        let (long, short) = if p.len() >= q.len() { (p, q) } else { (q, p) };
        // Beyond the shorter number there are zeros.
        let len = if op == Bits::And {
            short.len()
        } else {
            long.len()
        };
        let long = &long[..len];
        check_room(cx, 64 * len)?;
        // SAFETY: writes all words.
        return unsafe {
            written(cx, Sign::Positive, len, |from, out| {
                let (p, q) = (part(long, from, out.len()), part(short, from, out.len()));
                let (both, rest) = out.split_at_mut(q.len());
                for ((to, &p), &q) in both.iter_mut().zip(p).zip(q) {
                    to.write(apply(p, q));
                }
                copy(&p[q.len()..], rest);
            })
        };
    }
    // Negative numbers are their complements of two.
    let sign = apply(negative(x) as u64, negative(y) as u64) == 1;
    let len = match op {
        Bits::And if !negative(x) => p.len(),
        Bits::And if !negative(y) => q.len(),
        _ => p.len().max(q.len()) + sign as usize,
    };
    check_room(cx, 64 * len)?;
    let (mut x, mut y) = (Complement::of(negative(x)), Complement::of(negative(y)));
    let mut magnitude = Complement::of(sign);
    let sign = if sign { Sign::Negative } else { Sign::Positive };
    // SAFETY: writes all words.
    unsafe {
        written(cx, sign, len, |from, out| {
            for (i, to) in out.iter_mut().enumerate() {
                let p = x.word(p.get(from + i).copied().unwrap_or(0));
                let q = y.word(q.get(from + i).copied().unwrap_or(0));
                to.write(magnitude.word(apply(p, q)));
            }
        })
    }
}

/// Turns a magnitude into the complement of two, and such a complement into a magnitude, a
/// word at a time from the least significant one on.
struct Complement {
    /// All ones for a negative number.
    mask: u64,
    carry: bool,
}

impl Complement {
    /// That of a negative number, or nothing to do.
    fn of(negative: bool) -> Complement {
        Complement {
            mask: if negative { u64::MAX } else { 0 },
            carry: negative,
        }
    }

    #[inline(always)]
    fn word(&mut self, word: u64) -> u64 {
        let (word, carry) = (word ^ self.mask).overflowing_add(self.carry as u64);
        self.carry = carry;
        word
    }
}

/// `a << count`. The result is not too large.
pub fn shifted_left(cx: &mut dyn Context, a: &IBig, count: usize) -> Fallible {
    let (sign, words) = a.as_sign_words();
    let (whole, bits) = (count / 64, count % 64);
    let len = words.len() + whole + 1;
    check_room(cx, 64 * len)?;
    // SAFETY: writes all words.
    unsafe {
        written(cx, sign, len, |from, out| {
            for (i, to) in out.iter_mut().enumerate() {
                let at = (from + i).wrapping_sub(whole);
                to.write(two_words(words, at.wrapping_sub(1), at, 64 - bits));
            }
        })
    }
}

/// `a >> count`, rounded down, for a count below the bits of `a`.
pub fn shifted_right(cx: &mut dyn Context, a: &IBig, count: usize) -> Fallible {
    let (sign, words) = a.as_sign_words();
    let (whole, bits) = (count / 64, count % 64);
    let mut carry = sign == Sign::Negative
        && (words[..whole].iter().any(|&word| word != 0) || words[whole] & ((1 << bits) - 1) != 0);
    let len = words.len() - whole + carry as usize;
    check_room(cx, 64 * len)?;
    // SAFETY: writes all words.
    unsafe {
        written(cx, sign, len, |from, out| {
            for (i, to) in out.iter_mut().enumerate() {
                let at = from + i + whole;
                let (word, over) = two_words(words, at, at + 1, bits).overflowing_add(carry as u64);
                carry = over;
                to.write(word);
            }
        })
    }
}

/// The 64 bits from bit `from`, at most 64, of two words on; a number has zeros where it has
/// no words.
#[inline(always)]
fn two_words(words: &[u64], low: usize, high: usize, from: usize) -> u64 {
    let word = |at: usize| words.get(at).copied().unwrap_or(0);
    ((word(low) as u128 | (word(high) as u128) << 64) >> from) as u64
}
