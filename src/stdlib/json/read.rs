//! Reading JSON: the tokens are a library's business, the values ours. Objects become
//! records by shape.

use crate::runtime::pace::Pace;
use crate::runtime::{Context, Fallible, Fault, number_text};
use crate::stdlib::formats::{Entries, Gathered, MAX_LEVELS, bad_text, character, without_mark};
use crate::stdlib::limits::new_text;
use crate::value::Value;
use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, NumberAny, NumberInt, Peek};

/// The value of a JSON text, which stays in memory meanwhile.
pub fn read(cx: &mut dyn Context, name: &'static str, text: &str) -> Fallible {
    let text = without_mark(text);
    let gathered = Gathered::new(cx, name);
    let mut reader = Reader {
        name,
        text,
        tokens: Jiter::new(text.as_bytes()),
        start: 0,
        gathered,
        pace: Pace::new(),
    };
    let first = reader.tokens.peek().map_err(|e| reader.fault(e))?;
    let value = reader.value(cx, first, 0)?;
    match reader.tokens.finish() {
        Ok(()) => Ok(value),
        Err(error) => Err(reader.fault(error)),
    }
}

struct Reader<'t> {
    name: &'static str,
    text: &'t str,
    tokens: Jiter<'t>,
    /// Where in the text the tokens begin.
    start: usize,
    gathered: Gathered,
    pace: Pace,
}

impl Reader<'_> {
    fn value(&mut self, cx: &mut dyn Context, next: Peek, depth: u32) -> Fallible {
        self.pace.step(cx)?;
        match next {
            Peek::String => {
                let text = match self.tokens.known_str() {
                    Ok(text) => text,
                    Err(error) => return Err(self.fault(error)),
                };
                self.pace.bytes(cx, text.len())?;
                new_text(cx, self.name, text)
            }
            Peek::Object => self.object(cx, depth + 1),
            Peek::Array => self.array(cx, depth + 1),
            Peek::True | Peek::False => match self.tokens.known_bool(next) {
                Ok(value) => Ok(Value::bool(value)),
                Err(error) => Err(self.fault(error)),
            },
            Peek::Null => match self.tokens.known_null() {
                Ok(()) => Ok(Value::NULL),
                Err(error) => Err(self.fault(error)),
            },
            _ if next.is_num() => self.number(cx, next),
            _ => Err(self.unexpected(self.at())),
        }
    }

    fn array(&mut self, cx: &mut dyn Context, depth: u32) -> Fallible {
        self.check_depth(depth)?;
        let mark = self.gathered.mark();
        let mut next = self.tokens.known_array().map_err(|e| self.fault(e))?;
        while let Some(peek) = next {
            let element = self.value(cx, peek, depth)?;
            self.gathered.push(cx, element)?;
            next = self.tokens.array_step().map_err(|e| self.fault(e))?;
        }
        self.gathered.array(cx, mark)
    }

    fn object(&mut self, cx: &mut dyn Context, depth: u32) -> Fallible {
        self.check_depth(depth)?;
        let mut entries = Entries::new(&self.gathered);
        let mut key = self.tokens.known_object();
        loop {
            let slot = match key {
                Ok(Some(key)) => entries.slot(cx, &self.gathered, key)?,
                Ok(None) => return Ok(entries.finish(cx, &self.gathered)),
                Err(error) => return Err(self.fault(error)),
            };
            let next = self.tokens.peek().map_err(|e| self.fault(e))?;
            let value = self.value(cx, next, depth)?;
            entries.set(cx, &self.gathered, slot, value)?;
            key = self.tokens.next_key();
        }
    }

    fn number(&mut self, cx: &mut dyn Context, first: Peek) -> Fallible {
        let at = self.at();
        match self.tokens.known_number(first) {
            Ok(NumberAny::Int(NumberInt::Int(i))) => Ok(crate::runtime::bigint::int_value(cx, i)),
            Ok(NumberAny::Float(f)) if f.is_finite() => Ok(Value::float(f)),
            Ok(NumberAny::Float(_)) => Err(self.bad("a number beyond the range of floats", at)),
            Err(error) => match error.error_type {
                JiterErrorType::JsonError(JsonErrorType::NumberOutOfRange) => self.long(cx, at),
                _ => Err(self.fault(error)),
            },
        }
    }

    /// A number at `at` that has more digits than the library reads; its tokens begin
    /// again after it.
    #[cold]
    fn long(&mut self, cx: &mut dyn Context, at: usize) -> Fallible {
        let Some((number, is_int)) = number_at(&self.text[at..]) else {
            return Err(self.bad("an invalid number", at));
        };
        let value = if is_int {
            let int = number_text::parse_int(cx, number, 10)?;
            int.expect("digits are an int")
        } else {
            match number.parse::<f64>() {
                Ok(f) if f.is_finite() => Value::float(f),
                _ => return Err(self.bad("a number beyond the range of floats", at)),
            }
        };
        self.start = at + number.len();
        self.tokens = Jiter::new(&self.text.as_bytes()[self.start..]);
        Ok(value)
    }

    /// Where in the text the next token begins.
    fn at(&self) -> usize {
        self.start + self.tokens.current_index()
    }

    fn check_depth(&self, depth: u32) -> Fallible<()> {
        if depth > MAX_LEVELS {
            let what = format!("more than {MAX_LEVELS} levels");
            return Err(self.bad(&what, self.at()));
        }
        Ok(())
    }

    #[cold]
    fn bad(&self, what: &str, at: usize) -> Box<Fault> {
        bad_text(self.name, "JSON", what, self.text, at)
    }

    #[cold]
    fn unexpected(&self, at: usize) -> Box<Fault> {
        self.bad(&character(self.text, at), at)
    }

    /// The library's error in our words.
    #[cold]
    fn fault(&self, error: JiterError) -> Box<Fault> {
        use JsonErrorType as E;
        let at = self.start + error.index;
        let JiterErrorType::JsonError(kind) = error.error_type else {
            return self.unexpected(at);
        };
        let what = match kind {
            E::EofWhileParsingList
            | E::EofWhileParsingObject
            | E::EofWhileParsingString
            | E::EofWhileParsingValue => "the end of the text",
            E::TrailingComma => "trailing comma",
            E::InvalidEscape | E::UnexpectedEndOfHexEscape => "an invalid escape",
            E::InvalidUnicodeCodePoint | E::LoneLeadingSurrogateInHexEscape => {
                "half of a surrogate pair"
            }
            E::InvalidNumber => "an invalid number",
            E::ControlCharacterWhileParsingString => "a control character in a string",
            _ => return self.unexpected(at),
        };
        self.bad(what, at)
    }
}

/// The JSON number at the start of a text, and whether it is an int.
fn number_at(text: &str) -> Option<(&str, bool)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let rest = bytes[from..].iter();
        let count = rest.take_while(|b| b.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let first = usize::from(text.starts_with('-'));
    let int_end = digits(first)?;
    if bytes[first] == b'0' && int_end > first + 1 {
        return None;
    }
    let mut end = int_end;
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        end = digits(end + 1 + usize::from(sign))?;
    }
    Some((&text[..end], end == int_end))
}
