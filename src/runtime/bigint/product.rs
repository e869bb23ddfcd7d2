//! Products of very large ints, in steps between which an interrupt is seen. The crate
//! multiplies in one go, which takes seconds for numbers of millions of digits; here the
//! pieces of the numbers are taken for coefficients of polynomials, which are multiplied
//! by a number-theoretic transform modulo the prime `2^64 - 2^32 + 1`.
//!
//! The transform of a polynomial is its values at all the roots of unity. A step splits
//! `f mod (x^(2n) - c^2)` into `f mod (x^n - c)` and `f mod (x^n + c)`, whose coefficients
//! lie side by side; then each half is split in the same way. `c` depends on the number of
//! the block alone, so one table of `c`s, by block numbers, serves every level.

use super::super::limits::check_room;
use super::{Context, Fallible, STEP, room_for};
use dashu_int::UBig;

/// The modulus. Numbers modulo it are kept in 64 bits, perhaps above it.
const P: u64 = 0xffff_ffff_0000_0001;
/// `2^64` modulo it.
const EPSILON: u64 = 0xffff_ffff;
/// Generates the multiplicative group.
const GENERATOR: u64 = 7;
/// Coefficients of a range that is worked on without a look around.
const RANGE: usize = STEP / 16;
/// Bits of a piece at least. Sums of `2^32` products of such pieces stay below the modulus.
const LEAST_PIECE: usize = 16;

/// The product of two numbers.
pub fn product(cx: &mut dyn Context, a: &[u64], b: &[u64]) -> Fallible<UBig> {
    cx.poll()?;
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    if short.len() <= STEP / 32 && long.len() <= STEP / 8 {
        return Ok(UBig::from_words(long) * UBig::from_words(short));
    }
    if short.len() > STEP / 32 && long.len() <= 2 * short.len() {
        return transformed(cx, long, short);
    }
    // Pieces of the longer one, each of which is a product that is worth its while.
    let len = short.len().max(STEP / 32);
    let mut sum: Vec<u64> = room_for(long.len() + short.len() + 1)?;
    fill_up(cx, &mut sum, long.len() + short.len() + 1)?;
    for (i, piece) in long.chunks(len).enumerate() {
        let part = product(cx, piece, short)?;
        add_into(&mut sum[i * len..], part.as_words());
    }
    Ok(UBig::from_words(&sum))
}

/// Appends zeros up to a length, for which there is room.
fn fill_up(cx: &mut dyn Context, out: &mut Vec<u64>, len: usize) -> Fallible<()> {
    while out.len() < len {
        cx.poll()?;
        out.resize(len.min(out.len() + STEP), 0);
    }
    Ok(())
}

/// Adds to a number with room for the carry.
fn add_into(sum: &mut [u64], part: &[u64]) {
    let mut carry = false;
    let (low, high) = sum.split_at_mut(part.len());
    for (s, &p) in low.iter_mut().zip(part) {
        let (next, one) = s.overflowing_add(p);
        let (next, two) = next.overflowing_add(carry as u64);
        *s = next;
        carry = one | two;
    }
    for s in high {
        if !carry {
            break;
        }
        (*s, carry) = s.overflowing_add(1);
    }
}

fn transformed(cx: &mut dyn Context, a: &[u64], b: &[u64]) -> Fallible<UBig> {
    let words = a.len() + b.len();
    let (piece, len) = shape(words * 64, b.len() * 64);
    check_room(cx, 8 * (2 * len + len / 2 + words))?;
    let mut table = room_for(len / 2)?;
    let mut x = room_for(len)?;
    pieces(cx, &mut x, a, piece, len)?;
    fill_table(cx, &mut table, len, false)?;
    forward(cx, &mut x, &table, 0)?;
    if a == b {
        for range in x.chunks_mut(RANGE) {
            cx.poll()?;
            range.iter_mut().for_each(|x| *x = mul(*x, *x));
        }
    } else {
        let mut y = room_for(len)?;
        pieces(cx, &mut y, b, piece, len)?;
        forward(cx, &mut y, &table, 0)?;
        for (range, other) in x.chunks_mut(RANGE).zip(y.chunks(RANGE)) {
            cx.poll()?;
            (range.iter_mut().zip(other)).for_each(|(x, &y)| *x = mul(*x, y));
        }
    }
    fill_table(cx, &mut table, len, true)?;
    backward(cx, &mut x, &table, 0)?;
    drop(table);
    let mut out = room_for(words)?;
    carried(cx, &mut x, &mut out, piece, words)?;
    Ok(UBig::from_words(&out))
}

/// Bits of a piece, and the length of the transform: a power of two, the shortest that
/// sums of products of pieces allow.
fn shape(bits: usize, short: usize) -> (usize, usize) {
    let mut best = (LEAST_PIECE, bits.div_ceil(LEAST_PIECE).next_power_of_two());
    for piece in LEAST_PIECE + 1..=28 {
        let count = short.div_ceil(piece) as u128;
        let largest = (1u128 << piece) - 1;
        let len = (bits.div_ceil(piece) + 1).next_power_of_two();
        if count * largest * largest < P as u128 && len < best.1 {
            best = (piece, len);
        }
    }
    best
}

/// Writes the pieces of a number, least significant first, filled up with zeros.
fn pieces(
    cx: &mut dyn Context,
    out: &mut Vec<u64>,
    words: &[u64],
    piece: usize,
    len: usize,
) -> Fallible<()> {
    let mask = (1u64 << piece) - 1;
    let (mut held, mut bits) = (0u128, 0);
    for range in words.chunks(RANGE) {
        cx.poll()?;
        for &word in range {
            held |= (word as u128) << bits;
            bits += 64;
            while bits >= piece {
                out.push(held as u64 & mask);
                held >>= piece;
                bits -= piece;
            }
        }
    }
    out.push(held as u64);
    fill_up(cx, out, len)
}

/// The number whose pieces, not carried yet, are the coefficients divided by their count.
fn carried(
    cx: &mut dyn Context,
    x: &mut [u64],
    out: &mut Vec<u64>,
    piece: usize,
    words: usize,
) -> Fallible<()> {
    let scale = power(x.len() as u64, P - 2);
    let mask = (1u64 << piece) - 1;
    // Of the sums the low bits are a piece, and the rest goes on.
    let (mut carry, mut held, mut bits) = (0u64, 0u128, 0);
    for range in x.chunks(RANGE) {
        cx.poll()?;
        for &x in range {
            let sum = canonical(mul(x, scale)) as u128 + carry as u128;
            carry = (sum >> piece) as u64;
            held |= ((sum as u64 & mask) as u128) << bits;
            bits += piece;
            if bits >= 64 {
                if out.len() < words {
                    out.push(held as u64);
                }
                held >>= 64;
                bits -= 64;
            }
        }
    }
    while out.len() < words {
        out.push(held as u64);
        held = 0;
    }
    Ok(())
}

/// The `c`s of all blocks, or what is inverse to them: of block 1 a root of order 4, of
/// the blocks from `2^k` on those from 0 on times a root of order `2^(k+2)`.
fn fill_table(
    cx: &mut dyn Context,
    table: &mut Vec<u64>,
    len: usize,
    inverse: bool,
) -> Fallible<()> {
    table.clear();
    table.push(1);
    let mut order = 4;
    while table.len() < len / 2 {
        let mut root = power(GENERATOR, (P - 1) / order);
        if inverse {
            root = power(root, P - 2);
        }
        let len = table.len();
        for from in (0..len).step_by(RANGE) {
            cx.poll()?;
            for i in from..len.min(from + RANGE) {
                table.push(mul(table[i], root));
            }
        }
        order *= 2;
    }
    Ok(())
}

fn forward(cx: &mut dyn Context, x: &mut [u64], table: &[u64], block: usize) -> Fallible<()> {
    if x.len() > RANGE {
        let (low, high) = x.split_at_mut(x.len() / 2);
        for (low, high) in low.chunks_mut(RANGE).zip(high.chunks_mut(RANGE)) {
            cx.poll()?;
            split(low, high, table[block]);
        }
        forward(cx, low, table, 2 * block)?;
        return forward(cx, high, table, 2 * block + 1);
    }
    let (mut len, mut first) = (x.len(), block);
    while len >= 2 {
        for (i, x) in x.chunks_exact_mut(len).enumerate() {
            let (low, high) = x.split_at_mut(len / 2);
            split(low, high, table[first + i]);
        }
        len /= 2;
        first *= 2;
    }
    Ok(())
}

fn backward(cx: &mut dyn Context, x: &mut [u64], table: &[u64], block: usize) -> Fallible<()> {
    if x.len() > RANGE {
        let (low, high) = x.split_at_mut(x.len() / 2);
        backward(cx, low, table, 2 * block)?;
        backward(cx, high, table, 2 * block + 1)?;
        for (low, high) in low.chunks_mut(RANGE).zip(high.chunks_mut(RANGE)) {
            cx.poll()?;
            join(low, high, table[block]);
        }
        return Ok(());
    }
    let mut len = 2;
    while len <= x.len() {
        let first = block * (x.len() / len);
        for (i, x) in x.chunks_exact_mut(len).enumerate() {
            let (low, high) = x.split_at_mut(len / 2);
            join(low, high, table[first + i]);
        }
        len *= 2;
    }
    Ok(())
}

#[inline(always)]
fn split(low: &mut [u64], high: &mut [u64], c: u64) {
    for (a, b) in low.iter_mut().zip(high) {
        let t = mul(*b, c);
        (*a, *b) = (add(*a, t), sub(*a, t));
    }
}

#[inline(always)]
fn join(low: &mut [u64], high: &mut [u64], inverse: u64) {
    for (a, b) in low.iter_mut().zip(high) {
        (*a, *b) = (add(*a, *b), mul(sub(*a, *b), inverse));
    }
}

#[inline(always)]
fn add(a: u64, b: u64) -> u64 {
    let (sum, over) = a.overflowing_add(b);
    let (sum, over) = sum.overflowing_add(EPSILON * over as u64);
    sum.wrapping_add(EPSILON * over as u64)
}

#[inline(always)]
fn sub(a: u64, b: u64) -> u64 {
    let (rest, under) = a.overflowing_sub(b);
    let (rest, under) = rest.overflowing_sub(EPSILON * under as u64);
    rest.wrapping_sub(EPSILON * under as u64)
}

#[inline(always)]
fn mul(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    let (low, high) = (product as u64, (product >> 64) as u64);
    // 2^64 is 2^32 - 1, and 2^96 is -1.
    let (rest, under) = low.overflowing_sub(high >> 32);
    let rest = rest.wrapping_sub(EPSILON * under as u64);
    let (sum, over) = rest.overflowing_add((high & EPSILON) * EPSILON);
    sum.wrapping_add(EPSILON * over as u64)
}

fn canonical(a: u64) -> u64 {
    if a >= P { a - P } else { a }
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = mul(result, base);
        }
        base = mul(base, base);
        exponent >>= 1;
    }
    canonical(result)
}
