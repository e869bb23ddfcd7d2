//! The strings of an array that a built-in makes of a long text, such as the lines of a file.
//! None of them dies before the array is finished, so those beyond the first megabyte are old
//! from the start: a collection would look at each for nothing. Only inline strings may be:
//! they refer to nothing, so the remembered set has no part in it.

use super::Heap;
use super::object::*;
use super::space::Space;
use super::string::short_part;
use crate::value::Value;

impl Heap {
    /// [`Heap::new_string_counted`] for such an array, which [`Heap::begin_texts`] has begun.
    #[inline]
    pub fn new_text_of_array(&mut self, text: &str, chars: usize) -> Value {
        let string = self.new_string_counted(text, chars);
        let object = string.string();
        // Strings of one byte are there already.
        let is_new = object.header.form == StringForm::Inline as u8 && text.len() > 1;
        let size = Space::cell_size(size_of::<StringObj>() + text.len());
        if is_new && self.note_text(size) {
            put!(object.header.mark = self.space.epoch | CLEAN);
        }
        string
    }

    /// [`Heap::substring`] for such an array.
    #[inline]
    pub fn substring_of_array(
        &mut self,
        string: Value,
        from: usize,
        to: usize,
        chars: usize,
    ) -> Value {
        match short_part(string, from, to) {
            Some(part) => self.new_text_of_array(part, chars),
            None => self.long_substring(string, from, to, chars),
        }
    }
}
