//! Values: whole numbers, arrays, and a few constants.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    Absent,
    Null,
    Bool(bool),
    Int(i64),
    Array(&'static [Value]),
}

impl Value {
    pub const ABSENT: Value = Value::Absent;
    pub const NULL: Value = Value::Null;
    pub const TRUE: Value = Value::Bool(true);

    pub fn int(number: i64) -> Value {
        Value::Int(number)
    }

    pub fn is_absent(self) -> bool {
        self == Value::Absent
    }

    pub fn elements(self) -> &'static [Value] {
        match self {
            Value::Array(elements) => elements,
            _ => panic!("an array"),
        }
    }
}
