//! The operands of an instruction, as the loop reads them. The macros of the loop are defined
//! in it, by a macro for each subject, which gets the loop's variables and a `$` for the
//! parameters of what it defines.

// The formatter does not know macros that define macros.
#[rustfmt::skip]
macro_rules! define_operands {
    ($d:tt $w:ident $pc:ident $base:ident $consts:ident) => {
        macro_rules! a {
            () => {
                ($w >> 16) as u16 as usize
            };
        }
        macro_rules! b {
            () => {
                ($w >> 32) as u16 as usize
            };
        }
        macro_rules! c {
            () => {
                ($w >> 48) as usize
            };
        }
        macro_rules! sbx {
            () => {
                ($w >> 32) as i32 as isize
            };
        }
        macro_rules! flags {
            () => {
                ($w >> 8) as u8
            };
        }
        macro_rules! reg {
            ($d i:expr) => {
                *$base.add($d i)
            };
        }
        macro_rules! constant {
            ($d i:expr) => {
                *$consts.add($d i)
            };
        }
        macro_rules! cache {
            () => {{
                let cache = $pc as *mut u64;
                $pc = $pc.add(1);
                cache
            }};
        }
    };
}

pub(super) use define_operands;
