//! Patterns that fit values.

use super::*;

impl<'a> Model<'a> {
    /// A pattern that fits the value.
    pub(super) fn pattern(&mut self, value: &Value, pick: u8, refutable: bool) -> Pattern {
        let (a, b) = (self.fresh("v"), self.fresh("v"));
        let names = vec![a.clone(), b.clone()];
        let (shape, text, names) = match value {
            Value::Array(items) if !items.is_empty() && !pick.is_multiple_of(4) => {
                (Shape::Array, format!("[{a}, ...{b}]"), names)
            }
            Value::Dict(entries)
                if !entries.is_empty() && !pick.is_multiple_of(4) || !refutable =>
            {
                match value {
                    Value::Dict(entries) => {
                        let key = &entries[usize::from(pick) % entries.len()].0;
                        let Some(key) = crate::text::KEYS.iter().find(|k| *k == key) else {
                            return Pattern {
                                text: a.to_string(),
                                shape: Shape::All,
                                names: vec![a],
                            };
                        };
                        let text = if refutable {
                            format!("{{\"{key}\": {a}, ...{b}}}")
                        } else {
                            format!("{{{key}: {a}, ...{b}}}")
                        };
                        (Shape::Dict(key), text, names)
                    }
                    _ => (Shape::Array, format!("[{a}, ...{b}]"), names),
                }
            }
            Value::Struct(_) if !pick.is_multiple_of(4) => {
                (Shape::Struct, format!("P {{ f: {a}, g: {b} }}"), names)
            }
            Value::Tagged(tag, payload) => {
                let name = crate::value::TAGS[usize::from(*tag)];
                match **payload {
                    Value::Array(ref items) if !items.is_empty() && !pick.is_multiple_of(2) => (
                        Shape::TaggedArray(*tag),
                        format!("{name}([{a}, ...{b}])"),
                        names,
                    ),
                    _ => (Shape::Tagged(*tag), format!("{name}({a})"), vec![a]),
                }
            }
            _ => (Shape::All, a.to_string(), vec![a]),
        };
        Pattern { text, shape, names }
    }
}

/// The parts that a pattern binds, if it fits.
pub(super) fn fit<'a>(shape: Shape, value: Value<'a>) -> Option<Vec<Value<'a>>> {
    match (shape, value) {
        (Shape::Array, Value::Array(mut items)) if !items.is_empty() => {
            let first = items.remove(0);
            Some(vec![first, Value::Array(items)])
        }
        (Shape::Dict(key), Value::Dict(mut entries)) => {
            let at = entries.iter().position(|(k, _)| k == key)?;
            let one = entries.remove(at).1;
            Some(vec![one, Value::Dict(entries)])
        }
        (Shape::Struct, Value::Struct(fields)) => Some(fields[..2].to_vec()),
        (Shape::Tagged(tag), Value::Tagged(other, payload)) if tag == other => Some(vec![*payload]),
        (Shape::TaggedArray(tag), Value::Tagged(other, payload)) if tag == other => {
            fit(Shape::Array, *payload)
        }
        (Shape::All, value) => Some(vec![value]),
        _ => None,
    }
}
