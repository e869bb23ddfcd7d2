//! Digits of base64 and hex, and digests.

use crate::runtime::arith::{check_room, system_out_of_memory};
use crate::runtime::messages::parse_error;
use crate::runtime::pace::{self, STRETCH};
use crate::runtime::{Args, Context, Fallible, Fault};
use crate::stdlib::files;
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD};
use base64::{DecodeSliceError, Engine};
use md5::Md5;
use sha2::digest::Output;
use sha2::{Digest, Sha256};

/// Bytes encoded at once: both base64 and hex begin again after them.
const PIECE: usize = STRETCH / 3 * 3;

pub fn encode_base64(cx: &mut dyn Context, args: Args) -> Fallible {
    let data = data_arg(cx, args, 0);
    let len = data.len().div_ceil(3) * 4;
    check_bytes(cx, "encode_base64", len)?;
    let mut text = text_with_room(len)?;
    push_base64(cx, &mut text, &STANDARD, data)?;
    new_text(cx, "encode_base64", &text)
}

/// Appends the digits of bytes to a text, in stretches.
pub fn push_base64(
    cx: &mut dyn Context,
    text: &mut String,
    engine: &GeneralPurpose,
    data: &[u8],
) -> Fallible<()> {
    for piece in data.chunks(PIECE) {
        engine.encode_string(piece, text);
        cx.poll()?;
    }
    Ok(())
}

pub fn decode_base64(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0).as_bytes();
    check_room(cx, 2 * (text.len() / 4 * 3))?;
    match bytes_of_base64(cx, [&STANDARD, &STANDARD_NO_PAD], text)? {
        Ok(bytes) => pace::new_bytes(cx, &bytes),
        Err((at, error)) => Err(bad_base64(cx.heap().str(args.get(0)), at, error)),
    }
}

/// The bytes of digits, decoded in stretches, by engines with and without padding; or what is
/// wrong, in the stretch from a position on.
pub fn bytes_of_base64(
    cx: &mut dyn Context,
    [engine, without_padding]: [&GeneralPurpose; 2],
    digits: &[u8],
) -> Fallible<Result<Vec<u8>, (usize, DecodeSliceError)>> {
    let room = digits.len() / 4 * 3 + 3;
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(room)
        .map_err(|_| system_out_of_memory())?;
    bytes.resize(room, 0);
    let mut len = 0;
    // Padding belongs into the last piece.
    let last = digits.len().saturating_sub(1) / PIECE_OF_BASE64 * PIECE_OF_BASE64;
    for (i, piece) in digits.chunks(PIECE_OF_BASE64).enumerate() {
        let at = i * PIECE_OF_BASE64;
        let engine = if at == last { engine } else { without_padding };
        match engine.decode_slice(piece, &mut bytes[len..]) {
            Ok(decoded) => len += decoded,
            Err(error) => return Ok(Err((at, error))),
        }
        cx.poll()?;
    }
    bytes.truncate(len);
    Ok(Ok(bytes))
}

/// Digits of base64 that are decoded at once.
const PIECE_OF_BASE64: usize = STRETCH / 4 * 4;

#[cold]
fn bad_base64(text: &str, from: usize, error: DecodeSliceError) -> Box<Fault> {
    use base64::DecodeError;
    let got = match error {
        DecodeSliceError::DecodeError(
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. },
        ) => character_at(text, from + at),
        DecodeSliceError::DecodeError(DecodeError::InvalidPadding) => "wrong padding".to_string(),
        _ => "an incomplete group of four digits".to_string(),
    };
    parse_error("decode_base64", "valid base64", got)
}

/// `'!' at position 3`, counted in characters, for the byte position of one.
fn character_at(text: &str, at: usize) -> String {
    let start = pace::boundary(text, at);
    let position = text[..start].chars().count();
    match text[start..].chars().next() {
        Some(c) => format!("{c:?} at position {position}"),
        None => "an incomplete text".to_string(),
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for &byte in bytes {
        text.push(HEX[byte as usize >> 4] as char);
        text.push(HEX[byte as usize & 15] as char);
    }
    text
}

pub fn encode_hex(cx: &mut dyn Context, args: Args) -> Fallible {
    let data = data_arg(cx, args, 0);
    check_bytes(cx, "encode_hex", 2 * data.len())?;
    let mut text = text_with_room(2 * data.len())?;
    for piece in data.chunks(PIECE) {
        text.push_str(&hex(piece));
        cx.poll()?;
    }
    new_text(cx, "encode_hex", &text)
}

pub fn decode_hex(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    let digits = text.as_bytes();
    check_room(cx, digits.len())?;
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let digit = |at: usize| {
        let value = digits.get(at).and_then(|&d| (d as char).to_digit(16));
        value.ok_or_else(|| {
            let got = match at < digits.len() {
                true => character_at(text, at),
                false => "an odd number of digits".to_string(),
            };
            parse_error("decode_hex", "valid hex", got)
        })
    };
    for at in (0..digits.len()).step_by(2) {
        bytes.push((digit(at)? << 4 | digit(at + 1)?) as u8);
        if bytes.len() % STRETCH == 0 {
            cx.poll()?;
        }
    }
    pace::new_bytes(cx, &bytes)
}

pub fn sha256(cx: &mut dyn Context, args: Args) -> Fallible {
    digest::<Sha256>(cx, args)
}

pub fn md5(cx: &mut dyn Context, args: Args) -> Fallible {
    digest::<Md5>(cx, args)
}

/// The digest of argument 0 in hex.
fn digest<D: Digest>(cx: &mut dyn Context, args: Args) -> Fallible {
    let data = data_arg(cx, args, 0);
    let digest = digest_of::<D>(cx, data)?;
    Ok(cx.heap().new_string(&hex(&digest)))
}

/// The digest of bytes, which may be many.
pub fn digest_of<D: Digest>(cx: &mut dyn Context, data: &[u8]) -> Fallible<Output<D>> {
    let mut digest = D::new();
    for piece in data.chunks(STRETCH) {
        digest.update(piece);
        cx.poll()?;
    }
    Ok(digest.finalize())
}

pub fn sha256_file(cx: &mut dyn Context, args: Args) -> Fallible {
    digest_of_file::<Sha256>(cx, args)
}

pub fn md5_file(cx: &mut dyn Context, args: Args) -> Fallible {
    digest_of_file::<Md5>(cx, args)
}

/// The digest of the file that argument 0 names, in hex.
fn digest_of_file<D: Digest>(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let mut digest = D::new();
    files::each_piece(cx, path, |_, piece| {
        digest.update(piece);
        Ok(())
    })?;
    Ok(cx.heap().new_string(&hex(&digest.finalize())))
}
