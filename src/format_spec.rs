//! The format of a value in an interpolation, `"${x:>10.2f}"`: its grammar
//!
//! ```text
//! [[fill]<|^|>][+][0][width][,][.precision][d|f|e|x|X|o|b|s|%]
//! ```
//!
//! and what it says. The parser checks it, and the library lays values out by it;
//! nothing here knows values.

/// Where a value is placed in a wider field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Center,
    Right,
}

impl Align {
    fn of(ch: char) -> Option<Align> {
        Some(match ch {
            '<' => Align::Left,
            '^' => Align::Center,
            '>' => Align::Right,
            _ => return None,
        })
    }
}

/// A format, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormatSpec {
    pub fill: char,
    /// `None`: numbers to the right, everything else to the left.
    pub align: Option<Align>,
    pub plus: bool,
    pub zeros: bool,
    pub width: usize,
    /// Commas between groups of three digits.
    pub groups: bool,
    pub precision: Option<usize>,
    pub letter: Option<char>,
}

impl FormatSpec {
    /// Takes the text after the `:` apart; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<FormatSpec, String> {
        let mut spec = FormatSpec {
            fill: ' ',
            align: None,
            plus: false,
            zeros: false,
            width: 0,
            groups: false,
            precision: None,
            letter: None,
        };
        let mut rest = text;
        let mut chars = text.chars();
        if let Some(first) = chars.next() {
            let second = chars.next().and_then(Align::of);
            if second.is_some() {
                spec.fill = first;
                spec.align = second;
                rest = chars.as_str();
            } else if let Some(align) = Align::of(first) {
                spec.align = Some(align);
                rest = &text[1..];
            }
        }
        spec.plus = take(&mut rest, '+');
        spec.zeros = take(&mut rest, '0');
        spec.width = number(&mut rest)?.unwrap_or(0);
        spec.groups = take(&mut rest, ',');
        if take(&mut rest, '.') {
            let digits = number(&mut rest)?;
            spec.precision = Some(digits.ok_or("a number of digits must follow the `.`")?);
        }
        let mut letters = rest.chars();
        spec.letter = letters.next();
        match spec.letter {
            None | Some('d' | 'f' | 'e' | 'x' | 'X' | 'o' | 'b' | 's' | '%') => {}
            Some(other) => return Err(format!("`{other}` does not belong there")),
        }
        if let Some(other) = letters.next() {
            return Err(format!("`{other}` does not belong after the letter"));
        }
        spec.check()?;
        // `.2` alone is `.2f`.
        if spec.precision.is_some() && spec.letter.is_none() {
            spec.letter = Some('f');
        }
        Ok(spec)
    }

    /// Refuses parts that mean nothing together.
    fn check(&self) -> Result<(), String> {
        let Some(letter) = self.letter else {
            return Ok(());
        };
        if self.precision.is_some() && matches!(letter, 'd' | 'x' | 'X' | 'o' | 'b') {
            return Err(format!("`{letter}` takes no precision"));
        }
        if self.groups && !matches!(letter, 'd' | 'f' | 'e' | '%') {
            return Err(format!("`{letter}` takes no `,`"));
        }
        if letter == 's' && (self.plus || self.zeros) {
            return Err("`+` and `0` belong to numbers".into());
        }
        Ok(())
    }
}

fn take(rest: &mut &str, ch: char) -> bool {
    match rest.strip_prefix(ch) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

/// The number at the beginning, if there is one.
fn number(rest: &mut &str) -> Result<Option<usize>, String> {
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 {
        return Ok(None);
    }
    let (number, after) = rest.split_at(digits);
    *rest = after;
    match number.parse() {
        Ok(number) if number <= MOST => Ok(Some(number)),
        _ => Err(format!("{number} is more than {MOST}")),
    }
}

/// The greatest width and precision: as long as a string can be.
const MOST: usize = 1 << 30;

#[cfg(test)]
mod tests {
    use super::{Align, FormatSpec};

    #[test]
    fn every_part_may_be_left_out() {
        let full = FormatSpec::parse("*^+010,.2f").unwrap();
        assert_eq!((full.fill, full.align), ('*', Some(Align::Center)));
        assert!(full.plus && full.zeros && full.groups);
        assert_eq!((full.width, full.precision), (10, Some(2)));
        assert_eq!(full.letter, Some('f'));
        let empty = FormatSpec::parse("").unwrap();
        assert_eq!((empty.fill, empty.width, empty.letter), (' ', 0, None));
        assert_eq!(FormatSpec::parse(".2").unwrap().letter, Some('f'));
        assert_eq!(FormatSpec::parse("<<5").unwrap().fill, '<');
        assert_eq!(FormatSpec::parse(">5").unwrap().align, Some(Align::Right));
    }

    #[test]
    fn malformed_ones_are_refused() {
        for text in [
            "q",
            "5q",
            ".f",
            "dd",
            "-5",
            ".2d",
            ",s",
            "+s",
            "5 ",
            "99999999999999999999",
        ] {
            assert!(FormatSpec::parse(text).is_err(), "{text}");
        }
    }
}
