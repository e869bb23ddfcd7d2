//! The calls whose encodings are kept. Immediates and offsets are on both
//! sides of every limit of either machine.

use ruff_asm::operand::FloatCond;
use ruff_asm::prelude::*;

/// The text of a call, and the call: it is given a label just after it.
pub type Case<M> = (&'static str, fn(&mut M, Label));

/// Calls of methods as text and as functions. `end` is the label after.
macro_rules! calls {
    ($end:ident; $($name:ident($($arg:expr),*);)*) => {
        vec![$((
            concat!(stringify!($name), stringify!(($($arg),*))),
            |m: &mut M, $end: Label| { let _ = $end; m.$name($($arg),*) },
        )),*]
    };
}

/// All of them.
pub fn cases<M: Masm>() -> Vec<Case<M>> {
    [
        moves::<M>(),
        sums::<M>(),
        bits::<M>(),
        products::<M>(),
        shifts::<M>(),
        choices::<M>(),
        memory::<M>(),
        branches::<M>(),
        floats::<M>(),
        calls::<M>(),
    ]
    .concat()
}

fn moves<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        mov(W64, T0, A1);
        mov(W64, S4, S4);
        mov(W32, S4, S4);
        mov(W32, S2, T1);
        mov(W64, T0, 0);
        mov(W64, T1, 1);
        mov(W64, T1, -1);
        mov(W32, T1, -1);
        mov(W64, T0, 0xffff);
        mov(W64, T0, 0x10000);
        mov(W64, T0, 0x12345);
        mov(W64, T0, 0x7fff_ffff);
        mov(W64, T0, 0x8000_0000i64);
        mov(W64, T0, 0xffff_ffffi64);
        mov(W64, T0, 0x1_0000_0000i64);
        mov(W64, T0, -0x8000_0000i64);
        mov(W64, T0, -0x8000_0001i64);
        mov(W64, T0, -0x12345);
        mov(W64, T0, 0xfff8_0000_0000_0000u64);
        mov(W64, T0, 0x1234_5678_9abc_def0i64);
        mov(W64, T0, 0x5555_5555_5555_5555i64);
        mov(W64, T0, 0x1234_0000_5678_0000i64);
        mov(W64, T0, 0xffff_1234_ffff_5678u64);
        mov_address(T1, 0x7fff_1234_5678);
        mov_address(S5, 0);
    ]
}

fn sums<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        add(W64, T0, A1, S2);
        add(W64, T0, T0, S5);
        add(W64, T0, S4, T0);
        add(W64, S5, S5, S5);
        add(W32, T0, S5, S3);
        add(W32, A0, A0, T1);
        add(W64, T0, T0, 0);
        add(W64, T0, T0, 127);
        add(W64, T0, T0, 128);
        add(W64, T0, T0, -128);
        add(W64, T0, T0, -129);
        add(W64, T0, A0, 4095);
        add(W64, T0, A0, 4096);
        add(W64, T0, A0, 4097);
        add(W64, T0, A0, 0xfff000);
        add(W64, T0, A0, 0xfff001);
        add(W64, T0, A0, -4096);
        add(W64, T0, A0, 0x7fff_ffff);
        add(W64, T0, A0, 0x8000_0000i64);
        add(W64, T0, T0, 0x1234_5678_9abc_def0i64);
        add(W32, T0, A0, -1);
        add(W32, T0, T0, 0x8000_0000i64);
        sub(W64, T0, A1, S2);
        sub(W64, T0, T0, S5);
        sub(W64, T0, S4, T0);
        sub(W64, T0, A0, 1);
        sub(W64, T0, A0, 128);
        sub(W64, T0, T0, 128);
        sub(W64, T0, A0, 4097);
        sub(W64, T0, A0, -0x8000_0000i64);
        sub(W64, T0, A0, i64::MIN);
        sub(W32, S1, S2, S3);
        sub(W32, S1, S2, i64::from(i32::MIN));
        add_checked(W64, T0, A1, S2, end);
        add_checked(W32, T0, T0, S2, end);
        add_checked(W64, T0, A1, T0, end);
        add_checked(W64, T0, A1, 1, end);
        add_checked(W64, T0, T0, -4096, end);
        add_checked(W64, T0, T0, 0x1234_5678, end);
        add_checked(W64, T0, T0, i64::MAX, end);
        sub_checked(W64, T0, A1, S2, end);
        sub_checked(W64, T0, A1, T0, end);
        sub_checked(W32, T0, A1, T0, end);
        sub_checked(W32, T0, T0, 1, end);
        sub_checked(W64, T0, A1, i64::MIN, end);
        neg(W64, T0, S5);
        neg(W32, T0, T0);
        not(W64, S5, S5);
        not(W32, S4, T0);
    ]
}

fn bits<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        and(W64, T0, A1, S2);
        and(W32, T0, T0, S2);
        and(W64, T0, A1, T0);
        and(W64, T0, A1, 0xff);
        and(W64, T0, T0, 0x1234);
        and(W64, T0, T0, -8);
        and(W64, T0, T0, 0x0003_ffff_ffff_ffffi64);
        and(W64, T0, T0, 0x0123_4567_89ab_cdefi64);
        and(W32, T0, T0, 0xffff_0000u64);
        and(W32, T0, T0, 0x1_0000_0005i64);
        or(W64, T0, A1, S2);
        or(W32, S4, T0, 1);
        or(W64, T0, T0, 0xfff8_0000_0000_0000u64);
        or(W64, T0, T0, 5);
        xor(W64, T0, A1, S2);
        xor(W64, T0, T0, 1);
        xor(W32, T0, T0, -1);
        xor(W64, T0, T0, i64::MIN);
        extend(Load::U8, T0, S5);
        extend(Load::I8, T0, A0);
        extend(Load::U16, T0, A0);
        extend(Load::I16, S4, A0);
        extend(Load::U32, T0, T0);
        extend(Load::I32, T0, S2);
        extend(Load::W64, T0, T0);
        extend(Load::W64, T0, T1);
    ]
}

fn products<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        mul(W64, T0, A1, S2);
        mul(W64, T0, A1, T0);
        mul(W32, T0, T0, S2);
        mul(W64, T0, A1, 10);
        mul(W64, T0, A1, 1000);
        mul(W32, T0, A1, -1000);
        mul(W64, T0, A1, 0x1_0000_0001i64);
        mul_checked(W64, T0, A1, S2, end);
        mul_checked(W32, T0, A1, S2, end);
        mul_checked(W64, T0, T0, 3, end);
        mul_high(T0, A0, A1);
        mul_high(A2, A0, T0);
        mul_high(A1, T0, A2);
        mul_high(S0, A2, A2);
        div(T0, A0, A1);
        div(A2, T0, A2);
        div(S0, A2, T0);
        rem(T0, A0, A1);
        rem(A2, T0, A2);
        rem(S0, S1, S2);
        div_unsigned(T0, A0, A1);
        div_unsigned(S0, A2, T0);
        rem_unsigned(A2, T0, A2);
        rem_unsigned(S0, S1, S2);
    ]
}

fn shifts<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        shl(W64, T0, A1, 3);
        shl(W64, T0, T0, 64);
        shl(W32, T0, T0, 0);
        shr(W64, T0, T0, 63);
        shr(W32, T0, T0, 33);
        sar(W64, S3, S3, 13);
        sar(W32, S3, T0, 31);
        shl(W64, T0, A1, S2);
        shl(W64, T0, A1, A3);
        shr(W64, A3, A1, T0);
        sar(W64, T0, A3, T0);
        sar(W32, A3, A3, A3);
    ]
}

fn choices<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        set(T0, Cond::Eq, W64, A0, A1);
        set(S5, Cond::Lt, W32, A0, 5);
        set(A0, Cond::Above, W64, A0, 0xffff_ffffi64);
        set(S4, Cond::Ne, W64, S4, 0);
        select(T0, (A0, A1), Cond::Le, W64, A2, A3);
        select(T0, (T0, A1), Cond::Gt, W64, A2, 0);
        select(T0, (S4, T0), Cond::Below, W32, T0, -1);
        select(S5, (S5, S5), Cond::AboveEq, W64, T1, 4096);
    ]
}

fn memory<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        load(Load::W64, T0, Mem::new(S0, 0));
        load(Load::W64, T0, Mem::new(S1, 8));
        load(Load::W64, T0, Mem::new(SP, 127));
        load(Load::W64, T0, Mem::new(S4, 128));
        load(Load::W64, T0, Mem::new(S5, -128));
        load(Load::W64, T0, Mem::new(A0, -129));
        load(Load::W64, T0, Mem::new(A0, 255));
        load(Load::W64, T0, Mem::new(A0, 257));
        load(Load::W64, T0, Mem::new(A0, -256));
        load(Load::W64, T0, Mem::new(A0, -257));
        load(Load::W64, T0, Mem::new(A0, 32760));
        load(Load::W64, T0, Mem::new(A0, 32768));
        load(Load::W64, T0, Mem::new(SP, 0x12345678));
        load(Load::W64, T0, Mem::new(A0, i32::MIN));
        load(Load::W64, T0, Mem::word(S0, T1, 0));
        load(Load::W64, T0, Mem::word(S5, S4, 16));
        load(Load::W64, T0, Mem::word(A0, T0, 0x20000));
        load(Load::W64, T0, Mem::word(SP, A0, 8));
        load(Load::W64, T0, Mem::byte(A0, A1, 0));
        load(Load::U8, T0, Mem::byte(A0, A1, 24));
        load(Load::U8, T0, Mem::word(A0, A1, 0));
        load(Load::U8, T0, Mem::new(A0, 4095));
        load(Load::U8, T0, Mem::new(A0, 4096));
        load(Load::I8, T0, Mem::new(A0, 1));
        load(Load::U16, T0, Mem::new(A0, 8190));
        load(Load::I16, T0, Mem::new(A0, 8192));
        load(Load::U32, T0, Mem::new(A0, 16380));
        load(Load::I32, S4, Mem::new(A0, 2));
        store(Size::B8, Mem::new(S1, 8), T0);
        store(Size::B8, Mem::word(S1, A0, 0), S5);
        store(Size::B8, Mem::word(SP, A0, 0), S5);
        store(Size::B4, Mem::new(S1, 8), S5);
        store(Size::B2, Mem::new(S1, 8), S5);
        store(Size::B1, Mem::new(S1, 8), S5);
        store(Size::B1, Mem::byte(S1, A1, 0), A0);
        store_imm(Size::B8, Mem::new(S1, 8), 0);
        store_imm(Size::B8, Mem::new(S1, 8), -1);
        store_imm(Size::B8, Mem::new(S1, 8), 0x7fff_ffff);
        store_imm(Size::B8, Mem::new(S1, 8), 0x8000_0000);
        store_imm(Size::B8, Mem::word(S1, T0, 0x10000), 0x1234_5678_9abc);
        store_imm(Size::B4, Mem::new(S1, 8), 0xffff_ffff);
        store_imm(Size::B2, Mem::new(S1, 8), 0x8000);
        store_imm(Size::B1, Mem::new(S1, 8), 0x80);
        load_float(F0, Mem::new(S1, 8));
        load_float(FLOATS[13], Mem::word(S1, T0, 0));
        store_float(Mem::new(S1, 1000), FLOATS[8]);
        store_float(Mem::word(S1, T0, 8), F7);
        lea(T0, Mem::new(A0, 0));
        lea(T0, Mem::new(SP, 16));
        lea(T0, Mem::new(A0, 4097));
        lea(T0, Mem::word(A0, T0, 0));
        lea(T0, Mem::word(SP, T0, 0));
        lea(T0, Mem::word(A0, T0, 24));
        lea(T0, Mem::byte(T0, A1, 0x12345));
        lea_label(S4, end);
        alu_mem(Alu::Add, W64, A0, A0, Mem::new(S0, 8));
        alu_mem(Alu::Sub, W64, A0, A1, Mem::new(S0, 0x10000));
        alu_mem(Alu::Xor, W32, S4, A1, Mem::word(S0, A1, 8));
        add_mem(W64, Mem::new(S0, 8), 1);
        add_mem(W32, Mem::new(S0, 0x10000), -5000);
        add_mem(W64, Mem::word(S0, A0, 0x10000), 5000);
        add_mem_branch_negative(W32, Mem::new(S0, 8), -1, end);
    ]
}

fn branches<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        jump(end);
        jump_reg(S4);
        branch(Cond::Eq, W64, A0, A1, end);
        branch(Cond::Ne, W32, S4, S5, end);
        branch(Cond::Lt, W64, A0, 0, end);
        branch(Cond::Le, W64, A0, 1, end);
        branch(Cond::Gt, W64, S3, 127, end);
        branch(Cond::Ge, W64, A0, 128, end);
        branch(Cond::Below, W64, A0, -1, end);
        branch(Cond::BelowEq, W64, A0, 4096, end);
        branch(Cond::Above, W64, A0, 4097, end);
        branch(Cond::AboveEq, W64, A0, 0xfff8_0000_0000_0000u64, end);
        branch(Cond::Eq, W64, A0, 0, end);
        branch(Cond::Ne, W32, A0, 0, end);
        branch(Cond::Eq, W32, S4, -1, end);
        branch(Cond::Eq, W32, A0, 0xffff_ffffu64, end);
        branch(Cond::Eq, W64, A0, i64::MIN, end);
        branch_mem(Cond::Eq, W64, A0, Mem::new(S0, 8), end);
        branch_mem(Cond::Lt, W32, A0, Mem::new(S0, 8), end);
        branch_mem(Cond::AboveEq, W64, A0, Mem::word(S0, A1, 8), end);
        branch_mem_imm(Cond::Eq, Size::B1, Mem::new(A0, 4), 7, end);
        branch_mem_imm(Cond::Lt, Size::B1, Mem::new(A0, 4), 0xff, end);
        branch_mem_imm(Cond::Below, Size::B1, Mem::new(A0, 4), 0xff, end);
        branch_mem_imm(Cond::Ne, Size::B2, Mem::new(A0, 4), 0x1234, end);
        branch_mem_imm(Cond::Eq, Size::B4, Mem::new(A0, 4), 0, end);
        branch_mem_imm(Cond::Gt, Size::B4, Mem::new(A0, 4), 0x12345678, end);
        branch_mem_imm(Cond::Eq, Size::B8, Mem::new(A0, 8), 0, end);
        branch_mem_imm(Cond::Eq, Size::B8, Mem::new(A0, 8), 0x1234_5678_9abc, end);
        branch_mem_mask(Bits::Set, Mem::new(A0, 4), 0x81, end);
        branch_mem_mask(Bits::Clear, Mem::byte(S0, A1, 8), 1, end);
        branch_wide_mask(Bits::Set, A0, 0xffff_0000_0000_0007, Mem::new(S0, 8), end);
        branch_wide_mask(Bits::Clear, S4, 0xffff_0000_0000_0007, Mem::new(A1, 0x400), end);
        branch_mask(Bits::Set, W64, A0, A1, end);
        branch_mask(Bits::Clear, W32, S4, S5, end);
        branch_mask(Bits::Set, W64, A0, 7, end);
        branch_mask(Bits::Set, W64, A0, 5, end);
        branch_mask(Bits::Clear, W64, A0, 0x8000_0000i64, end);
        branch_mask(Bits::Clear, W64, A0, 0xfffe_0000_0000_0002u64, end);
        branch_mask(Bits::Set, W64, A0, -8, end);
        branch_bit(Bits::Set, A0, 0, end);
        branch_bit(Bits::Clear, S5, 31, end);
        branch_bit(Bits::Set, A0, 32, end);
        branch_bit(Bits::Clear, S5, 63, end);
        branch_sp_below(Mem::new(S0, 16), end);
        trap();
    ]
}

fn floats<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        mov_float(F0, FLOATS[8]);
        mov_float(F0, F0);
        float_const(F0, 0.0);
        float_const(F0, -0.0);
        float_const(F1, 1.0);
        float_const(F1, 0.1);
        float_const(F1, f64::NAN);
        float_from_bits(F0, S4);
        float_to_bits(S4, FLOATS[9]);
        add_float(F0, F1, F2);
        add_float(F0, F0, F2);
        sub_float(F0, F1, F0);
        mul_float(F0, F1, F0);
        div_float(FLOATS[13], F1, FLOATS[12]);
        alu_float(FloatAlu::Min, F0, F1, F2);
        alu_float(FloatAlu::Max, F0, F1, F0);
        sqrt(F0, FLOATS[13]);
        neg_float(F0, F1);
        neg_float(F0, F0);
        abs_float(F0, F1);
        int_to_float(W64, F0, S4);
        int_to_float(W32, FLOATS[10], A0);
        float_to_int(T0, F0, end);
        set_float(T0, FloatCond::Eq, F0, F1);
        set_float(S5, FloatCond::Ne, F0, F1);
        set_float(T0, FloatCond::Lt, F0, F1);
        branch_float_zero(F0, end);
        branch_float_zero(FLOATS[9], end);
        branch_float(FloatCond::Eq, F0, F1, end);
        branch_float(FloatCond::Ne, F0, F1, end);
        branch_float(FloatCond::Lt, F0, FLOATS[9], end);
        branch_float(FloatCond::Le, F0, F1, end);
        branch_float(FloatCond::Gt, F0, F1, end);
        branch_float(FloatCond::Ge, F0, F1, end);
        branch_float(FloatCond::NotLt, F0, F1, end);
        branch_float(FloatCond::NotLe, F0, F1, end);
        branch_float(FloatCond::NotGt, F0, F1, end);
        branch_float(FloatCond::NotGe, F0, F1, end);
    ]
}

fn calls<M: Masm>() -> Vec<Case<M>> {
    calls![end;
        prologue(&Frame::new(&[], 0));
        epilogue(&Frame::new(&[], 0));
        prologue(&Frame::new(&[S0], 0));
        epilogue(&Frame::new(&[S0], 0));
        prologue(&Frame::new(&[S0, S5], 3));
        epilogue(&Frame::new(&[S0, S5], 3));
        prologue(&Frame::new(&[S0, S1, S2, S3, S4, S5], 256));
        epilogue(&Frame::new(&[S0, S1, S2, S3, S4, S5], 256));
        nops(4);
        nops(8);
        nops(12);
        nops(20);
        nops(28);
        ret();
        call_mem(Mem::word(S4, A0, 8));
        call_reg(S4);
        call_label(end);
        add_sp(-16);
        add_sp(4112);
        add_sp(0x123450);
        get_sp(T0);
        set_sp(S4);
    ]
}
