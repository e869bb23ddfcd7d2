//! The effects that an instruction or a built-in function may have beyond its
//! operands: which code of the program it may run, and what it may reach that is not
//! its own. The table of opcodes ([`bytecode::op`](crate::bytecode::op)) and the
//! tables of built-ins ([`stdlib`](crate::stdlib)) both say it, in these words, for
//! every entry; nothing else lists effects. The compiler decides by them what has to
//! be protected from a call; a machine with debug assertions checks that no entry
//! says too little.

use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

/// A set of effects.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Effects(u16);

impl Effects {
    /// Runs no code of the program and reaches nothing but its operands.
    pub const NONE: Effects = Effects(0);
    /// Calls operator methods (`op_…`) of the program's types.
    pub const OPERATORS: Effects = Effects(1 << 0);
    /// Calls `to_string` methods of the program's types, and reads the fields of what
    /// has none.
    pub const TEXTS: Effects = Effects(1 << 1);
    /// Evaluates default values of fields.
    pub const DEFAULTS: Effects = Effects(1 << 2);
    /// Asks a generator or an iterator for an element: any code may run.
    pub const PULLS: Effects = Effects(1 << 3);
    /// Calls a function that is not known from the text: any code may run.
    pub const CALLS: Effects = Effects(1 << 4);
    /// Calls what its operands name: a function, a built-in, a method.
    pub const CALLEE: Effects = Effects(1 << 5);
    /// Reads or writes a variable of another function, or a global.
    pub const OUTSIDE: Effects = Effects(1 << 6);
    /// Reads a field, perhaps of a class instance that others reach too.
    pub const READS: Effects = Effects(1 << 7);
    /// Writes a field, perhaps of such an instance.
    pub const WRITES: Effects = Effects(1 << 8);

    /// Calls `op_index` and `op_set_index` of the program's types.
    pub const INDEXES: Effects = Effects(1 << 9);
    /// Calls `len` and `iter` of the program's types: of what is measured, walked
    /// through, or asked for its truth.
    pub const CONTENTS: Effects = Effects(1 << 10);

    /// All effects of running code of the program.
    pub const CODE: Effects = Effects(
        Effects::OPERATORS.0
            | Effects::TEXTS.0
            | Effects::DEFAULTS.0
            | Effects::PULLS.0
            | Effects::CALLS.0
            | Effects::CALLEE.0
            | Effects::INDEXES.0
            | Effects::CONTENTS.0,
    );

    pub const fn with(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }

    /// Whether any of these is among them.
    #[inline]
    pub const fn any_of(self, other: Effects) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether code of the program may run.
    #[inline]
    pub const fn runs_code(self) -> bool {
        self.any_of(Effects::CODE)
    }
}

impl BitOr for Effects {
    type Output = Effects;

    fn bitor(self, other: Effects) -> Effects {
        self.with(other)
    }
}

impl BitOrAssign for Effects {
    fn bitor_assign(&mut self, other: Effects) {
        *self = *self | other;
    }
}

impl BitAnd for Effects {
    type Output = Effects;

    fn bitand(self, other: Effects) -> Effects {
        Effects(self.0 & other.0)
    }
}

impl Sub for Effects {
    type Output = Effects;

    fn sub(self, other: Effects) -> Effects {
        Effects(self.0 & !other.0)
    }
}

/// The effects that a table's entry names. An entry has to name at least one word;
/// `none` says that there are no effects.
macro_rules! effects {
    (none) => { $crate::effects::Effects::NONE };
    ($($word:ident)+) => {
        $crate::effects::Effects::NONE$(.with($crate::effects::effects!(@ $word)))+
    };
    (@ operators) => { $crate::effects::Effects::OPERATORS };
    (@ texts) => { $crate::effects::Effects::TEXTS };
    (@ defaults) => { $crate::effects::Effects::DEFAULTS };
    (@ pulls) => { $crate::effects::Effects::PULLS };
    (@ calls) => { $crate::effects::Effects::CALLS };
    (@ callee) => { $crate::effects::Effects::CALLEE };
    (@ outside) => { $crate::effects::Effects::OUTSIDE };
    (@ reads) => { $crate::effects::Effects::READS };
    (@ indexes) => { $crate::effects::Effects::INDEXES };
    (@ contents) => { $crate::effects::Effects::CONTENTS };
    (@ writes) => { $crate::effects::Effects::WRITES };
}

pub(crate) use effects;
