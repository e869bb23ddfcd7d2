//! Cutting short texts at a byte. All of a text is looked at before it is cut: sixteen bytes
//! at once, and without the start that searches of long texts need.

/// Bytes that are looked at together.
const STEP: usize = 16;
/// Steps whose bits are one word.
const STEPS: usize = u64::BITS as usize / STEP;

/// The pieces of a text between the places where a byte is. So many words have a bit for
/// each byte of the text.
pub struct Cuts<'t, const WORDS: usize> {
    text: &'t str,
    /// The bytes that are the one looked for and have not been come to.
    marks: [u64; WORDS],
    /// The word that the next of them is in, or an earlier one.
    word: usize,
    /// Where the next piece begins; beyond the text after the last one.
    from: usize,
}

impl<'t, const WORDS: usize> Cuts<'t, WORDS> {
    /// Most bytes of a text.
    pub const MOST: usize = WORDS * u64::BITS as usize;

    /// Of a text of at most [`MOST`](Self::MOST) bytes, at an ASCII byte.
    #[inline(always)]
    pub fn new(text: &'t str, byte: u8) -> Cuts<'t, WORDS> {
        assert!(byte.is_ascii() && text.len() <= Self::MOST);
        let bytes = text.as_bytes();
        let mut marks = [0; WORDS];
        let (steps, rest) = bytes.as_chunks::<STEP>();
        for (i, step) in steps.iter().enumerate() {
            marks[i / STEPS] |= places(step, byte) << (i % STEPS * STEP);
        }
        if !rest.is_empty() {
            let bits = match bytes.last_chunk::<STEP>() {
                Some(last) => places(last, byte) >> (STEP - rest.len()),
                None => places_in_few(rest, byte),
            };
            marks[steps.len() / STEPS] |= bits << (steps.len() % STEPS * STEP);
        }
        Cuts {
            text,
            marks,
            word: 0,
            from: 0,
        }
    }

    /// How many pieces there are, before the first is asked for.
    #[inline(always)]
    pub fn pieces(&self) -> usize {
        let marks = self.marks.iter().map(|word| word.count_ones() as usize);
        marks.sum::<usize>() + 1
    }

    /// The next place where the byte is.
    #[inline(always)]
    fn mark(&mut self) -> Option<usize> {
        while let Some(marks) = self.marks.get_mut(self.word) {
            if *marks != 0 {
                let bit = marks.trailing_zeros() as usize;
                *marks &= *marks - 1;
                return Some(self.word * u64::BITS as usize + bit);
            }
            self.word += 1;
        }
        None
    }
}

impl<'t, const WORDS: usize> Iterator for Cuts<'t, WORDS> {
    type Item = &'t str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'t str> {
        if self.from > self.text.len() {
            return None;
        }
        let at = self.mark().unwrap_or(self.text.len());
        let from = std::mem::replace(&mut self.from, at + 1);
        // SAFETY: marks are of bytes of the text, in order. Each is an ASCII byte, so a
        // character begins after it.
        Some(unsafe { self.text.get_unchecked(from..at) })
    }
}

/// A bit for each of the bytes that is the one looked for.
#[inline(always)]
fn places(bytes: &[u8; STEP], byte: u8) -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of the kind has these instructions; sixteen bytes are loaded.
    unsafe {
        use std::arch::x86_64::*;
        let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
        let equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
        u64::from(_mm_movemask_epi8(equal) as u16)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let mut bits = 0;
        for (i, &one) in bytes.iter().enumerate() {
            bits |= u64::from(one == byte) << i;
        }
        bits
    }
}

/// The same of fewer bytes than a step has, at least one: by words that overlap, since bytes
/// that are put together in memory are not there yet when they are read as one.
#[inline(always)]
fn places_in_few(bytes: &[u8], byte: u8) -> u64 {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let last = places_in_word(u64::from_le_bytes(*last), byte);
        return places_in_word(u64::from_le_bytes(*first), byte) | last << (len - 8);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        let bits = places_in_word(u64::from(first) | u64::from(last) << 32, byte);
        return bits & 0xf | bits >> 4 << (len - 4);
    }
    let bit = |at: usize| u64::from(bytes[at] == byte) << at;
    bit(0) | bit(len / 2) | bit(len - 1)
}

/// A bit for each of the eight bytes of a word that is the one looked for.
#[inline(always)]
fn places_in_word(word: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::MAX / 0xff;
    const HIGH: u64 = LOW << 7;
    let differences = word ^ (LOW * u64::from(byte));
    // The top bit of every byte that is 0.
    let found = !(((differences & !HIGH) + !HIGH) | differences) & HIGH;
    // One sum brings the bits together, each from its byte to its place in the top byte.
    (found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare<const WORDS: usize>(text: &str) {
        let cuts = Cuts::<WORDS>::new(text, b';');
        let pieces: Vec<&str> = text.split(';').collect();
        assert_eq!(cuts.pieces(), pieces.len(), "{text:?}");
        assert_eq!(cuts.collect::<Vec<_>>(), pieces, "{text:?}");
    }

    #[test]
    fn pieces_are_those_of_split() {
        let mut state = 1u32;
        for len in 0..=Cuts::<4>::MOST {
            for period in [1, 2, 3, 7, 16, 100] {
                let mut text = String::new();
                while text.len() < len {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let is_cut = (state >> 16).is_multiple_of(period);
                    let other = if text.len() + 2 <= len { 'ä' } else { 'x' };
                    text.push(if is_cut { ';' } else { other });
                }
                compare::<4>(&text);
                if len <= Cuts::<1>::MOST {
                    compare::<1>(&text);
                }
            }
        }
    }
}
