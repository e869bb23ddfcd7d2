//! Cutting short texts at a byte. All of a text is looked at before it is cut: with sixteen
//! bytes at once, and without the start that searches of long texts need (measured with
//! lines of fifty bytes: splitting them takes two thirds of the time).

/// Most bytes of a text that is cut here.
pub const MOST: usize = 256;

const WORD: usize = u64::BITS as usize;
/// Bytes that are looked at together.
const STEP: usize = 16;

/// The pieces of a text between the places where a byte is.
pub struct Cuts<'t> {
    text: &'t str,
    /// A bit for each byte of the text that is the one looked for and has not been come to.
    marks: [u64; MOST / WORD],
    word: usize,
    /// Where the next piece begins; `None` after the last one.
    from: Option<usize>,
}

impl<'t> Cuts<'t> {
    /// Of a text of at most [`MOST`] bytes, at an ASCII byte.
    pub fn new(text: &'t str, byte: u8) -> Cuts<'t> {
        debug_assert!(byte.is_ascii());
        let mut marks = [0; MOST / WORD];
        let (steps, rest) = text.as_bytes().as_chunks::<STEP>();
        for (i, step) in steps.iter().enumerate() {
            marks[i * STEP / WORD] |= places(step, byte) << (i * STEP % WORD);
        }
        if !rest.is_empty() {
            let bits = match text.as_bytes().last_chunk::<STEP>() {
                Some(last) => places(last, byte) >> (STEP - rest.len()),
                None => {
                    (rest.iter().rev()).fold(0, |bits, &one| bits << 1 | u64::from(one == byte))
                }
            };
            let at = steps.len() * STEP;
            marks[at / WORD] |= bits << (at % WORD);
        }
        Cuts {
            text,
            marks,
            word: 0,
            from: Some(0),
        }
    }

    /// How many pieces there are, before the first is asked for.
    pub fn pieces(&self) -> usize {
        let cuts: u32 = self.marks.iter().map(|word| word.count_ones()).sum();
        cuts as usize + 1
    }
}

impl<'t> Iterator for Cuts<'t> {
    type Item = &'t str;

    #[inline]
    fn next(&mut self) -> Option<&'t str> {
        let from = self.from?;
        while self.word < self.marks.len() {
            let marks = &mut self.marks[self.word];
            if *marks != 0 {
                let at = self.word * WORD + marks.trailing_zeros() as usize;
                *marks &= *marks - 1;
                self.from = Some(at + 1);
                // SAFETY: what is cut off on either side is ASCII, so a character begins after it.
                return Some(unsafe { self.text.get_unchecked(from..at) });
            }
            self.word += 1;
        }
        self.from = None;
        Some(&self.text[from..])
    }
}

/// A bit for each of the bytes that is the one looked for.
#[inline(always)]
fn places(bytes: &[u8; STEP], byte: u8) -> u64 {
    let mut bits = 0;
    for (i, &one) in bytes.iter().enumerate() {
        bits |= u64::from(one == byte) << i;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_those_of_split() {
        let mut state = 1u32;
        for len in 0..=MOST {
            for period in [1, 2, 3, 7, 16, 100] {
                let mut text = String::new();
                while text.len() < len {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let is_cut = (state >> 16).is_multiple_of(period);
                    let other = if text.len() + 2 <= len { 'ä' } else { 'x' };
                    text.push(if is_cut { ';' } else { other });
                }
                let cuts = Cuts::new(&text, b';');
                let pieces: Vec<&str> = text.split(';').collect();
                assert_eq!(cuts.pieces(), pieces.len(), "{text:?}");
                assert_eq!(cuts.collect::<Vec<_>>(), pieces, "{text:?}");
            }
        }
    }
}
