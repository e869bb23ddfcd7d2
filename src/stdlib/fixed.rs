//! Floats as decimal texts with a fixed number of digits after the point: of the
//! exact binary value, ties away from zero.

use dashu_int::IBig;

/// More decimals than any float has.
const MOST_DECIMALS: usize = 1074;

/// `x`, which is finite, with `decimals` decimals.
pub fn decimal(x: f64, decimals: usize) -> String {
    // A tie between two texts has exactly one more binary digit after the point
    // than there are decimals, and so one more decimal, a 5.
    if decimals < MOST_DECIMALS && fraction_bits(x) == decimals + 1 {
        let mut digits = format!("{x:.*}", decimals + 1).into_bytes();
        digits.pop();
        if decimals == 0 {
            digits.pop();
        }
        increment(&mut digits);
        return String::from_utf8(digits).expect("digits are ASCII");
    }
    format!("{x:.decimals$}")
}

/// Binary digits after the point, without trailing zeros.
fn fraction_bits(x: f64) -> usize {
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = match exponent {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, exponent - 1075),
    };
    if mantissa == 0 {
        return 0;
    }
    let exponent = exponent + mantissa.trailing_zeros() as i64;
    (-exponent).max(0) as usize
}

/// Adds one to the last digit of a decimal text.
fn increment(text: &mut Vec<u8>) {
    for at in (0..text.len()).rev() {
        match text[at] {
            b'9' => text[at] = b'0',
            b'0'..=b'8' => {
                text[at] += 1;
                return;
            }
            _ => {}
        }
    }
    let first_digit = text.iter().position(u8::is_ascii_digit).unwrap_or(0);
    text.insert(first_digit, b'1');
}

/// `x` rounded to `digits` decimals; a negative count rounds left of the point.
pub fn round(x: f64, digits: i64) -> f64 {
    if !x.is_finite() || x == 0.0 || digits >= MOST_DECIMALS as i64 {
        return x;
    }
    if digits >= 0 {
        let text = decimal(x, digits as usize);
        return text.parse().expect("a decimal text is a float");
    }
    // Beyond this, half a unit is more than any float.
    if digits < -309 {
        return 0.0_f64.copysign(x);
    }
    let unit = IBig::from(10).pow(digits.unsigned_abs() as usize);
    // Half a unit is whole, so the fraction of x decides nothing.
    let whole: IBig = format!("{:.0}", x.abs().trunc())
        .parse()
        .expect("digits are an int");
    let rounded: IBig = (whole + &unit / IBig::from(2)) / &unit * unit;
    let size = rounded.to_f64().value();
    size.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_away_from_zero() {
        for (x, decimals, text) in [
            (0.125, 2, "0.13"),
            (-0.125, 2, "-0.13"),
            (2.5, 0, "3"),
            (9.5, 0, "10"),
            (-9.5, 0, "-10"),
            (99.5, 0, "100"),
            (0.5, 0, "1"),
            (1.005, 2, "1.00"),
            (2.675, 2, "2.67"),
            (0.0, 2, "0.00"),
            (1e21, 1, "1000000000000000000000.0"),
            (1.0, 0, "1"),
        ] {
            assert_eq!(decimal(x, decimals), text);
        }
    }

    #[test]
    fn rounds_on_both_sides_of_the_point() {
        for (x, digits, rounded) in [
            (2.675, 2, 2.67),
            (1250.0, -2, 1300.0),
            (-1250.0, -2, -1300.0),
            (1249.999, -2, 1200.0),
            (49.0, -2, 0.0),
            (50.0, -2, 100.0),
            (1e300, -400, 0.0),
            (0.1, 5000, 0.1),
            (f64::MAX, 2, f64::MAX),
            (6e307, -308, 1e308),
        ] {
            assert_eq!(round(x, digits), rounded, "round({x}, {digits})");
        }
        assert!(round(f64::NAN, 2).is_nan());
    }
}
