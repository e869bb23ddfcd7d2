//! Where the code is that all compiled functions share, and the machine frame that they have
//! in common with it: what compilers need of the stubs, which are assembled elsewhere.

use super::call_numbers::RuntimeCall;
use ruff_asm::CodePtr;
use ruff_asm::prelude::*;

/// Where the shared code is, for code that calls it.
#[derive(Clone, Debug)]
pub struct Table {
    /// By [`RuntimeCall`].
    pub helpers: Vec<CodePtr>,
    pub exit: CodePtr,
    pub interpret: CodePtr,
    /// Where optimised code is left.
    pub leave: CodePtr,
    pub remember: CodePtr,
    /// Where a frame takes back what it has lent.
    pub take_back: CodePtr,
}

impl Table {
    /// Stubs that are nowhere, for code that is only listed.
    pub fn unplaced() -> Table {
        let count = RuntimeCall::ALL.len() as u32;
        Table {
            helpers: (0..count).map(CodePtr::unplaced).collect(),
            exit: CodePtr::unplaced(count),
            interpret: CodePtr::unplaced(count + 1),
            leave: CodePtr::unplaced(count + 2),
            remember: CodePtr::unplaced(count + 3),
            take_back: CodePtr::unplaced(count + 4),
        }
    }

    /// The name of a stub, if it is one.
    pub fn name(&self, code: CodePtr) -> Option<String> {
        if code == self.exit {
            return Some("exit".to_string());
        }
        if code == self.leave {
            return Some("leave".to_string());
        }
        if code == self.interpret {
            return Some("interpret".to_string());
        }
        if code == self.remember {
            return Some("remember".to_string());
        }
        if code == self.take_back {
            return Some("take_back".to_string());
        }
        let number = self.helpers.iter().position(|&one| one == code)?;
        Some(format!("{:?}", RuntimeCall::ALL[number]))
    }

    pub fn helper(&self, helper: RuntimeCall) -> CodePtr {
        self.helpers[helper as usize]
    }
}

/// Status of a helper that calls: it has, and the frame has been left again.
pub const CALLED: i32 = 2;

/// The machine frame of every compiled function and most stubs.
pub fn plain_frame() -> Frame {
    Frame::new(&[], 0)
}
