//! Base64, hex and hashes (STDLIB 17). Long inputs are worked on by pieces, with a look
//! for interrupts between them.

use super::declare::*;

#[cfg(feature = "hash")]
mod digests;
#[cfg(not(feature = "hash"))]
mod digests {
    super::left_out!("hash": encode_base64 decode_base64 encode_hex decode_hex sha256 md5
        sha256_file md5_file);
}

#[cfg(feature = "hash")]
pub use digests::{bytes_of_base64, digest_of, hex, push_base64};

natives! {
    /// The data in base64, with padding.
    pure fn [none] encode_base64(x: DATA) -> "string" = digests::encode_base64;
    /// The bytes that a text in base64 stands for.
    ///
    /// The standard alphabet with padding; anything else throws `parse`.
    pure fn [none] decode_base64(s: STRING) -> "bytes" = digests::decode_base64;
    /// Two lower-case hexadecimal digits for each byte.
    pure fn [none] encode_hex(x: DATA) -> "string" = digests::encode_hex;
    /// The bytes that hexadecimal digits stand for.
    ///
    /// Digits of either case; anything else throws `parse`.
    pure fn [none] decode_hex(s: STRING) -> "bytes" = digests::decode_hex;
    /// The SHA-256 of the data in lower-case hex.
    pure fn [none] sha256(x: DATA) -> "string" = digests::sha256;
    /// The MD5 of the data in lower-case hex.
    ///
    /// No longer safe against forgery: use `sha256` where that matters.
    pure fn [none] md5(x: DATA) -> "string" = digests::md5;
    /// The SHA-256 of a file in lower-case hex.
    ///
    /// The file is read in pieces.
    pure fn [none] sha256_file(p: READ_PATH) -> "string" = digests::sha256_file;
    /// The MD5 of a file in lower-case hex.
    ///
    /// The file is read in pieces.
    pure fn [none] md5_file(p: READ_PATH) -> "string" = digests::md5_file;
}
