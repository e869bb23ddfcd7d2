//! The greatest common divisor of very large ints, in steps between which an interrupt
//! is seen (Lehmer): the leading words say what many steps of Euclid's do, and those are
//! then done to the whole numbers at once.

use super::quotient::div_rem;
use super::{Context, Fallible, STEP};
use dashu_int::UBig;
use dashu_int::ops::Gcd;

/// Numbers of so many words are left to the crate.
const LEAF: usize = 1 << 11;

/// The greatest common divisor of magnitudes.
pub fn gcd(cx: &mut dyn Context, a: UBig, b: UBig) -> Fallible<UBig> {
    let (mut a, mut b) = if a >= b { (a, b) } else { (b, a) };
    let mut work = 0;
    while b.as_words().len() > LEAF {
        work += a.as_words().len();
        if work >= STEP {
            cx.poll()?;
            work = 0;
        }
        (a, b) = match steps(a.as_words(), b.as_words()) {
            Some([p, q, r, s]) => {
                let next = combined(cx, a.as_words(), b.as_words(), p, q)?;
                (next, combined(cx, a.as_words(), b.as_words(), r, s)?)
            }
            None => {
                let (_, rest) = div_rem(cx, &a, &b)?;
                (b, rest)
            }
        };
    }
    if b.is_zero() {
        return Ok(a);
    }
    let (_, rest) = div_rem(cx, &a, &b)?;
    Ok(if rest.is_zero() { b } else { b.gcd(rest) })
}

/// Steps of Euclid's algorithm that are the same whatever follows the leading bits, as
/// factors: `(a, b)` becomes `(p * a + q * b, r * a + s * b)`.
fn steps(a: &[u64], b: &[u64]) -> Option<[i64; 4]> {
    const MOST: i128 = 1 << 62;
    let shift = a[a.len() - 1].leading_zeros();
    let leading = |x: &[u64]| {
        let word = |i: usize| x.get(a.len() - i).copied().unwrap_or(0);
        let two = (word(1) as u128) << 64 | word(2) as u128;
        let three = (word(3) as u128) << shift >> 64;
        ((two << shift | three) >> 2) as i128
    };
    let (mut x, mut y) = (leading(a), leading(b));
    let [mut p, mut q, mut r, mut s] = [1i128, 0, 0, 1];
    loop {
        if y + r == 0 || y + s == 0 {
            break;
        }
        let times = (x + p) / (y + r);
        if times != (x + q) / (y + s) || times >= MOST {
            break;
        }
        let (next_r, next_s) = (p - times * r, q - times * s);
        if next_r.abs() >= MOST || next_s.abs() >= MOST {
            break;
        }
        (p, q, r, s) = (r, s, next_r, next_s);
        (x, y) = (y, x - times * y);
    }
    (q != 0).then(|| [p, q, r, s].map(|factor| factor as i64))
}

/// `p * a + q * b`, which is not negative and no longer than `a`.
fn combined(cx: &mut dyn Context, a: &[u64], b: &[u64], p: i64, q: i64) -> Fallible<UBig> {
    // One factor is not positive.
    let negative = p <= 0;
    let (add, take) = (p.unsigned_abs(), q.unsigned_abs());
    let mut carry = 0i128;
    let mut out = Vec::with_capacity(a.len());
    for (i, &x) in a.iter().enumerate() {
        if i % STEP == STEP - 1 {
            cx.poll()?;
        }
        let y = b.get(i).copied().unwrap_or(0);
        let x = (add as u128 * x as u128) as i128;
        let y = (take as u128 * y as u128) as i128;
        let sum = carry + if negative { y - x } else { x - y };
        out.push(sum as u64);
        carry = sum >> 64;
    }
    debug_assert_eq!(carry, 0);
    Ok(UBig::from_words(&out))
}
