//! Arrays of ints and of floats are put in order as words: each number becomes a word whose
//! order is the one wanted, the words are sorted, and become numbers again. So no comparison
//! looks at what it compares, and none needs a branch, which a sort of scattered numbers
//! would often take wrongly.

use crate::value::{DOUBLE_OFFSET, Value};

/// One in so many neighbours at most is out of order where a sort that merges runs is faster.
const FEW: usize = 32;

/// An order of numbers of one kind. NaN comes last in each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbers {
    Ints,
    Floats,
    DescendingInts,
    DescendingFloats,
}

impl Numbers {
    /// The ascending order of elements that are all inline ints, or all floats.
    pub fn of(elements: &[Value]) -> Option<Numbers> {
        match elements {
            [first, ..] if first.is_int() => {
                (elements.iter().all(|v| v.is_int())).then_some(Numbers::Ints)
            }
            [first, ..] if first.is_float() => {
                (elements.iter().all(|v| v.is_float())).then_some(Numbers::Floats)
            }
            _ => None,
        }
    }

    /// The descending order instead of the ascending one.
    pub fn descending(self) -> Numbers {
        match self {
            Numbers::Ints | Numbers::DescendingInts => Numbers::DescendingInts,
            Numbers::Floats | Numbers::DescendingFloats => Numbers::DescendingFloats,
        }
    }

    /// A number that is less for what comes first, and the same for equals.
    #[inline(always)]
    pub fn place(self, v: Value) -> i64 {
        match self {
            Numbers::Ints => v.bits() as i64,
            Numbers::DescendingInts => !(v.bits() as i64),
            Numbers::Floats => float_order(v.as_float()),
            Numbers::DescendingFloats => descending(float_order(v.as_float())),
        }
    }

    /// Sorts numbers of the kind; stable.
    pub fn sort(self, numbers: &mut [Value]) {
        let int = |word: i64| Value::from_bits(word as u64);
        match self {
            Numbers::Ints => sort_words(numbers, |v| v.bits() as i64, int),
            Numbers::DescendingInts => {
                sort_words(numbers, |v| !(v.bits() as i64), |word| int(!word))
            }
            // They are equal, and words would tell them apart.
            _ if has_both_zeros(numbers) => numbers.sort_by_key(|&v| self.place(v)),
            Numbers::Floats => sort_words(numbers, word_of_float, float_of_word),
            Numbers::DescendingFloats => sort_words(
                numbers,
                |v| descending(word_of_float(v)),
                |word| float_of_word(descending(word)),
            ),
        }
    }
}

/// Sorts values by the words that `word` makes of them and `value` makes values again. The
/// words are in the values' places meanwhile.
fn sort_words(values: &mut [Value], word: impl Fn(Value) -> i64, value: impl Fn(i64) -> Value) {
    for v in values.iter_mut() {
        *v = Value::from_bits(word(*v) as u64);
    }
    let word = |v: &Value| v.bits() as i64;
    let falls = (values.iter().zip(&values[1.min(values.len())..]))
        .fold(0, |falls, (a, b)| falls + usize::from(word(a) > word(b)));
    if falls.min(values.len() - falls) <= values.len() / FEW {
        values.sort_by_key(word);
    } else {
        values.sort_unstable_by_key(word);
    }
    for v in values.iter_mut() {
        *v = value(word(v));
    }
}

/// The word of NaN.
const NAN: i64 = 0x7FF8_0000_0000_0000;

/// The place of a float in the order of floats, with NaN after all others.
#[inline(always)]
pub fn float_order(x: f64) -> i64 {
    if x.is_nan() {
        return NAN;
    }
    // The two zeros are equal.
    by_magnitude((x + 0.0).to_bits() as i64)
}

/// The same, but zero with a sign comes before the other one.
#[inline(always)]
fn word_of_float(v: Value) -> i64 {
    by_magnitude(v.as_float().to_bits() as i64)
}

#[inline(always)]
fn float_of_word(word: i64) -> Value {
    Value::from_bits(by_magnitude(word) as u64 + DOUBLE_OFFSET)
}

/// Turns the bits of a float into a word in its order, and back: the order of negative ones
/// is the other way round.
#[inline(always)]
fn by_magnitude(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// Turns the word of a float into that for descending order, and back: NaN stays last.
#[inline(always)]
fn descending(word: i64) -> i64 {
    match word {
        NAN => i64::MAX,
        i64::MAX => NAN,
        word => !word,
    }
}

/// Whether there is a zero with a sign and one without.
fn has_both_zeros(floats: &[Value]) -> bool {
    let has = |zero: f64| {
        let zero = Value::float(zero).bits();
        floats.iter().fold(false, |has, v| has | (v.bits() == zero))
    };
    has(-0.0) && has(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOATS: [f64; 12] = [
        f64::NEG_INFINITY,
        -1e300,
        -2.0,
        -1.5,
        -5e-324,
        0.0,
        5e-324,
        1.5,
        2.0,
        1e300,
        f64::INFINITY,
        f64::NAN,
    ];

    /// So many values, taken from `from` in no order.
    fn scattered(from: &[Value], count: usize) -> Vec<Value> {
        (0..count)
            .map(|i| from[i.wrapping_mul(7919) % 8191 % from.len()])
            .collect()
    }

    #[test]
    fn words_are_in_the_order_of_floats() {
        let floats = FLOATS.map(Value::float);
        for pair in floats.windows(2) {
            assert!(word_of_float(pair[0]) < word_of_float(pair[1]));
            assert!(Numbers::Floats.place(pair[0]) < Numbers::Floats.place(pair[1]));
        }
        for float in floats.into_iter().chain([Value::float(-0.0)]) {
            assert_eq!(float_of_word(word_of_float(float)), float);
            assert_eq!(
                descending(descending(word_of_float(float))),
                word_of_float(float)
            );
        }
    }

    #[test]
    fn every_order_is_stable() {
        let zeros = [-1.0, -0.0, 0.0, 1.0, f64::NAN].map(Value::float);
        let floats = FLOATS.map(Value::float);
        let ints = [-3, 7, 0, crate::value::INT_MIN, crate::value::INT_MAX].map(Value::int);
        for from in [&zeros[..], &floats, &ints] {
            for count in [0, 1, 2, 3, 20, 100, 3000] {
                let mut values = scattered(from, count);
                if count % 3 == 0 {
                    // Nearly in order.
                    values.sort_by_key(|v| v.bits());
                    values.reverse();
                }
                let Some(ascending) = Numbers::of(&values) else {
                    assert_eq!(count, 0);
                    continue;
                };
                for order in [ascending, ascending.descending()] {
                    let mut model = values.clone();
                    model.sort_by_key(|&v| order.place(v));
                    let mut sorted = values.clone();
                    order.sort(&mut sorted);
                    assert_eq!(sorted, model, "{order:?}");
                }
            }
        }
    }

    #[test]
    fn nan_comes_last_in_both_orders() {
        for order in [Numbers::Floats, Numbers::DescendingFloats] {
            let mut floats = [f64::NAN, 1.0, f64::INFINITY, -1.0].map(Value::float);
            order.sort(&mut floats);
            assert!(floats[3].as_float().is_nan());
        }
    }
}
