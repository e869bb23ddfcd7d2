//! Reading sources: bytes become a [`SourceFile`], or a diagnostic says why they are no
//! source text.

use super::ast::Span;
use super::diagnostic::Diagnostic;
use super::source::{MAX_SOURCE_BYTES, SourceFile};
use std::io::Read;

/// Bytes that are no source text, with what can be shown of them.
#[derive(Debug)]
pub struct NotText {
    /// The text with every invalid sequence replaced, for rendering.
    pub source: SourceFile,
    pub diagnostic: Diagnostic,
}

impl NotText {
    /// A text that is too long, of which nothing is shown.
    pub fn too_large(name: impl Into<String>) -> Box<NotText> {
        Box::new(NotText {
            source: SourceFile::new(name, ""),
            diagnostic: too_large(),
        })
    }
}

impl SourceFile {
    /// A source file from what a reader gives. Of what is too long only so much is
    /// read as shows that it is.
    ///
    /// # Errors
    /// Those of the reader; then those of [`SourceFile::from_bytes`].
    pub fn from_reader(
        name: impl Into<String>,
        reader: impl Read,
    ) -> std::io::Result<Result<SourceFile, Box<NotText>>> {
        let mut bytes = Vec::new();
        let limit = MAX_SOURCE_BYTES as u64 + 1;
        reader.take(limit).read_to_end(&mut bytes)?;
        Ok(SourceFile::from_bytes(name, bytes))
    }

    /// A source file from the bytes of a file; invalid UTF-8 and oversized
    /// files give a diagnostic that points to the place.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<SourceFile, Box<NotText>> {
        let name = name.into();
        if bytes.len() > MAX_SOURCE_BYTES {
            return Err(NotText::too_large(name));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(SourceFile::new(name, text)),
            Err(error) => {
                let lo = error.utf8_error().valid_up_to();
                let bad = error.as_bytes().get(lo).copied().unwrap_or(0);
                // The replacement is as wide as three bytes; everything
                // before the first bad byte keeps its offset.
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let lo = u32::try_from(lo).unwrap_or(u32::MAX);
                let diagnostic = Diagnostic::error(
                    Span::new(lo, lo.saturating_add(3)),
                    format!("the file is not valid UTF-8 (byte 0x{bad:02x})"),
                )
                .help("save the file as UTF-8");
                Err(Box::new(NotText {
                    source: SourceFile::new(name, text),
                    diagnostic,
                }))
            }
        }
    }
}

/// The diagnostic for a text that is too long.
pub(super) fn too_large() -> Diagnostic {
    let text = format!("the source is larger than {} MiB", MAX_SOURCE_BYTES >> 20);
    Diagnostic::error(Span::default(), text).help("keep data in files, and split code into modules")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_utf8_names_its_line() {
        let error = SourceFile::from_bytes("a.ruff", b"ok\nab\xffcd\n".to_vec()).unwrap_err();
        let text = error.diagnostic.render(&error.source);
        assert!(text.contains("a.ruff:2:3"), "{text}");
        assert!(text.contains("0xff"), "{text}");
    }

    #[test]
    fn what_never_ends_is_read_only_until_it_is_too_long() {
        let refused = SourceFile::from_reader("-", std::io::repeat(b' ')).unwrap();
        let text = refused.unwrap_err().diagnostic.message;
        assert_eq!(text, "the source is larger than 256 MiB");
    }
}
