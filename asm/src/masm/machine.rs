//! The machine itself, and the bookkeeping of assembling that is the same on
//! all of them: labels, cold blocks, notes, finishing.

use crate::buffer::Buffer;
use crate::code::Code;
use crate::fixup::AsmError;
use crate::note::Label;
use crate::note::SourceId;
use crate::reg::Gpr;

/// The part of assembling that is common to all machines.
pub trait Machine: Sized {
    /// A short name, for files and messages.
    const NAME: &'static str;

    /// Where a C function leaves its result. This may be `A0` or `T0`, so it
    /// is read before either of them is written.
    const RESULT: Gpr;

    /// Where a C function leaves the second word of its result: `A1` or `A2`.
    const RESULT2: Gpr;

    /// Every general purpose register that a call may change, without the
    /// scratch registers that operations use themselves.
    const CALLER_SAVED: &'static [Gpr];

    /// Every general purpose register that a call keeps. A function that
    /// writes one names it in its [`Frame`](crate::Frame).
    const CALLEE_SAVED: &'static [Gpr];

    /// Where a frame without saved registers and slots has a word that is only there
    /// for alignment, from the stack pointer on. It holds what was there before.
    const PADDING: i32;

    /// Slots of a frame that has none to use and saves nothing: with two more of them, a
    /// frame is 16 bytes larger.
    const LEAST_SLOTS: u32;

    /// An assembler without code.
    fn new() -> Self;

    /// The code so far.
    #[doc(hidden)]
    fn buffer(&mut self) -> &mut Buffer;

    /// A place still to be bound.
    fn new_label(&mut self) -> Label {
        self.buffer().new_label()
    }

    /// Makes a label mean the next instruction.
    ///
    /// # Panics
    ///
    /// If the label is bound already.
    fn bind(&mut self, label: Label) {
        self.buffer().bind(label);
    }

    /// Instructions of so many bytes together that do nothing.
    #[doc(hidden)]
    fn nops(&mut self, bytes: usize);

    /// Has the next instruction begin at a multiple of `alignment` bytes, by instructions
    /// that do nothing. Cold blocks are not placed by it.
    fn align(&mut self, alignment: usize) {
        let used = self.buffer().section_len();
        self.nops(used.next_multiple_of(alignment) - used);
    }

    /// A label for the next instruction. After a call it is the return
    /// address, by which tables of call sites are made.
    fn here(&mut self) -> Label {
        let label = self.new_label();
        self.bind(label);
        label
    }

    /// Emits a block that is rarely reached, after the rest of the function,
    /// and returns the label of its start. The block must not fall through
    /// its end. Blocks may be nested.
    fn cold(&mut self, block: impl FnOnce(&mut Self)) -> Label {
        let source = self.buffer().current_source();
        self.buffer().enter_cold();
        if let Some(id) = source {
            self.source(id);
        }
        let start = self.here();
        block(self);
        self.buffer().leave_cold();
        if let Some(id) = source {
            self.source(id);
        }
        start
    }

    /// Begins a block as [`Machine::cold`] does, where a closure would not do; to be paired
    /// with [`Machine::end_cold`].
    fn begin_cold(&mut self) {
        let source = self.buffer().current_source();
        self.buffer().enter_cold();
        if let Some(id) = source {
            self.source(id);
        }
    }

    /// Ends the block that was begun last.
    fn end_cold(&mut self) {
        let source = self.buffer().current_source();
        self.buffer().leave_cold();
        if let Some(id) = source {
            self.source(id);
        }
    }

    /// The source position of the following instructions.
    fn source(&mut self, id: SourceId) {
        self.buffer().source(id);
    }

    /// Whether to keep comments and labels for a listing. They are dropped
    /// otherwise, and a comment's text is not even made.
    fn keep_comments(&mut self, keep: bool) {
        self.buffer().keep_comments(keep);
    }

    /// Whether comments are kept: whether a listing is going to be made.
    fn keeps_comments(&mut self) -> bool {
        self.buffer().keeps_comments()
    }

    /// A comment on the next instruction.
    fn comment(&mut self, text: impl FnOnce() -> String) {
        self.buffer().comment(text);
    }

    /// How many bytes were emitted so far, cold ones included.
    fn emitted(&mut self) -> usize {
        self.buffer().len()
    }

    /// The finished function. The assembler is empty and ready for another one
    /// afterwards, also after an error.
    fn finish(&mut self) -> Result<Code, AsmError> {
        self.buffer().finish()
    }
}
