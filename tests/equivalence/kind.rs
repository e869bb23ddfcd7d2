//! The kind that the generator expects a value to have. The engine knows nothing
//! of it, and a program may break the expectation; then it throws, in every mode
//! alike.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Int,
    Float,
    /// An int or a float.
    Num,
    Bool,
    Str,
    /// Anything, but containers hold no containers of unknown depth.
    Any,
    Arr(Item),
    Dict(Item),
    /// Instance of the struct or class of this number.
    Inst(usize),
    /// Value of the enum of this number.
    Enum(usize),
    /// Function of this number in the generator's list.
    Fun(usize),
    /// Generator or lazy iterator.
    Iter(Item),
    /// `Some(int)` or `None`.
    Opt,
    /// `Ok(int)` or `Err(text)`.
    Res,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    Int,
    Num,
    Str,
    /// A scalar of any kind.
    Any,
    /// An array of ints.
    Row,
    Inst(usize),
}

impl Item {
    pub fn kind(self) -> Kind {
        match self {
            Item::Int => Kind::Int,
            Item::Num => Kind::Num,
            Item::Str => Kind::Str,
            Item::Any => Kind::Any,
            Item::Row => Kind::Arr(Item::Int),
            Item::Inst(ty) => Kind::Inst(ty),
        }
    }
}

impl Kind {
    /// Whether a value of kind `other` will do where one of this kind is expected.
    pub fn takes(self, other: Kind) -> bool {
        self == other
            || match self {
                Kind::Any => matches!(
                    other,
                    Kind::Int | Kind::Float | Kind::Num | Kind::Bool | Kind::Str
                ),
                Kind::Num => matches!(other, Kind::Int | Kind::Float),
                _ => false,
            }
    }

    /// The simplest expressions of the kind, as text; the first is a safe one.
    pub fn simplest(self) -> &'static [&'static str] {
        match self {
            Kind::Int | Kind::Num => &["0", "1"],
            Kind::Float => &["0.5"],
            Kind::Bool => &["false", "true"],
            Kind::Str => &["\"\"", "\"a\""],
            Kind::Any => &["null", "0", "0.5", "\"a\""],
            Kind::Arr(Item::Int | Item::Num | Item::Any) => &["[]", "[1]", "[1, 2]"],
            Kind::Arr(Item::Str) => &["[]", "[\"a\"]"],
            Kind::Arr(Item::Row) => &["[]", "[[1]]"],
            Kind::Arr(Item::Inst(_)) => &["[]"],
            Kind::Dict(_) => &["({})", "({a: 1})"],
            Kind::Iter(_) => &["[].iter()"],
            Kind::Opt => &["None", "Some(0)"],
            Kind::Res => &["Ok(0)", "Err(\"a\")"],
            Kind::Inst(_) | Kind::Enum(_) | Kind::Fun(_) => &[],
        }
    }
}
