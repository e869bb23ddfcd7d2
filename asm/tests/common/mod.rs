//! Helpers of the tests.
// Each test file uses its part of them.
#![allow(dead_code)]

pub mod objdump;
pub mod run;

use std::fmt::Write;

/// Bytes as text, without spaces.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
