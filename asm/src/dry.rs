//! An assembler that assembles nothing: for code generators that only want to find out
//! what they would do. Labels and cold blocks work, everything else is dropped.

use crate::buffer::Buffer;
use crate::code::CodePtr;
use crate::frame::Frame;
use crate::masm::{Branch, Call, Float, Int, Machine, Memory};
use crate::note::Label;
use crate::operand::{Alu, Cond, FloatAlu, FloatCond, Load, Mem, Rhs, Shift, Size, W};
use crate::reg::{A0, A1, Fpr, Gpr};

/// The assembler.
#[derive(Debug, Default)]
pub struct Dry {
    /// Without a single byte; it has the labels.
    buffer: Buffer,
}

macro_rules! nothing {
    ($($name:ident($($arg:ty),*);)*) => {
        $(fn $name(&mut self, $(_: $arg),*) {})*
    };
}

impl Machine for Dry {
    const NAME: &'static str = "dry";
    const RESULT: Gpr = A0;
    const RESULT2: Gpr = A1;
    const CALLER_SAVED: &'static [Gpr] = &[];
    const CALLEE_SAVED: &'static [Gpr] = &[];
    const PADDING: i32 = 0;
    const LEAST_SLOTS: u32 = 0;

    fn new() -> Dry {
        Dry::default()
    }

    fn buffer(&mut self) -> &mut Buffer {
        &mut self.buffer
    }
}

impl Int for Dry {
    nothing! {
        mov(W, Gpr, impl Into<Rhs>);
        mov_address(Gpr, u64);
        alu(Alu, W, Gpr, Gpr, Rhs);
        mul(W, Gpr, Gpr, impl Into<Rhs>);
        add_checked(W, Gpr, Gpr, impl Into<Rhs>, Label);
        sub_checked(W, Gpr, Gpr, impl Into<Rhs>, Label);
        mul_checked(W, Gpr, Gpr, impl Into<Rhs>, Label);
        mul_high(Gpr, Gpr, Gpr);
        div(Gpr, Gpr, Gpr);
        rem(Gpr, Gpr, Gpr);
        div_unsigned(Gpr, Gpr, Gpr);
        rem_unsigned(Gpr, Gpr, Gpr);
        shift(Shift, W, Gpr, Gpr, Rhs);
        neg(W, Gpr, Gpr);
        not(W, Gpr, Gpr);
        extend(Load, Gpr, Gpr);
        set(Gpr, Cond, W, Gpr, impl Into<Rhs>);
        select(Gpr, (Gpr, Gpr), Cond, W, Gpr, impl Into<Rhs>);
    }
}

impl Memory for Dry {
    nothing! {
        load(Load, Gpr, Mem);
        store(Size, Mem, Gpr);
        store_imm(Size, Mem, i64);
        load_float(Fpr, Mem);
        store_float(Mem, Fpr);
        lea(Gpr, Mem);
        lea_label(Gpr, Label);
        add_mem(W, Mem, i32);
        add_mem_branch_negative(W, Mem, i32, Label);
    }
}

impl Branch for Dry {
    nothing! {
        jump(Label);
        jump_reg(Gpr);
        branch(Cond, W, Gpr, impl Into<Rhs>, Label);
        branch_mem(Cond, W, Gpr, Mem, Label);
        branch_mem_imm(Cond, Size, Mem, i64, Label);
        branch_mask(bool, W, Gpr, impl Into<Rhs>, Label);
        branch_mem_mask(bool, Mem, u8, Label);
        branch_wide_mask(bool, Gpr, u64, Mem, Label);
        branch_bit(bool, Gpr, u32, Label);
        branch_float(FloatCond, Fpr, Fpr, Label);
        branch_float_zero(Fpr, Label);
        branch_sp_below(Mem, Label);
        trap();
    }
}

impl Float for Dry {
    nothing! {
        mov_float(Fpr, Fpr);
        float_const(Fpr, f64);
        float_from_bits(Fpr, Gpr);
        float_to_bits(Gpr, Fpr);
        alu_float(FloatAlu, Fpr, Fpr, Fpr);
        sqrt(Fpr, Fpr);
        neg_float(Fpr, Fpr);
        abs_float(Fpr, Fpr);
        int_to_float(W, Fpr, Gpr);
        float_to_int(Gpr, Fpr, Label);
        set_float(Gpr, FloatCond, Fpr, Fpr);
    }
}

impl Call for Dry {
    nothing! {
        prologue(&Frame);
        epilogue(&Frame);
        ret();
        call_mem(Mem);
        call_reg(Gpr);
        call_label(Label);
        call_code(CodePtr);
        jump_code(CodePtr);
        add_sp(i32);
        get_sp(Gpr);
        set_sp(Gpr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_run_and_labels_are_different() {
        let mut m = Dry::new();
        let first = m.new_label();
        let mut ran = false;
        let second = m.cold(|m| {
            m.jump(first);
            ran = true;
        });
        assert!(ran);
        assert_ne!(first, second);
        assert!(m.finish().unwrap().bytes().is_empty());
        assert_eq!(m.new_label(), first);
    }
}
