//! URLs (STDLIB 21): their parts, and percent-encoding.

use super::declare::*;
use super::limits::*;
use super::operands::*;
use super::url::{NOT_UTF8, Url, decode_onto};
use crate::runtime::messages::parse_error;
use crate::runtime::pace::{self, STRETCH};
use crate::runtime::{Args, Context, Fallible, dict};
use crate::value::Value;
use std::fmt::Write as _;

natives! {
    /// The string percent-encoded, as a part of a URL.
    ///
    /// All but letters, digits and `-._~`, by the bytes of UTF-8.
    pure fn [none] url_encode(s: STRING) -> "string" = url_encode;
    /// The string that a percent-encoded text stands for.
    ///
    /// `+` stays `+`. A `%` without two hex digits after it, and what is not UTF-8, throw
    /// `parse`.
    pure fn [none] url_decode(s: STRING) -> "string" = url_decode;
    /// The parts of a URL: a dict of `scheme host port path query fragment`.
    ///
    /// `port` is null if there is none and the scheme has no usual one; what is missing
    /// otherwise is empty, the path of a host `/`. Encoded parts stay encoded. A text that is no URL
    /// with a host throws `parse`.
    pure fn [none] parse_url(s: STRING) -> "dict" = parse_url;
}

fn url_encode(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    // Each byte takes three at most.
    let mut out = text_with_room(text.len())?;
    for piece in text.as_bytes().chunks(SHORT) {
        cx.poll()?;
        make_room(&mut out, 3 * piece.len())?;
        for &byte in piece {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    out.push(byte.into());
                }
                byte => write!(out, "%{byte:02X}").expect("there is room"),
            }
        }
        check_bytes(cx, "url_encode", out.len())?;
    }
    new_text(cx, "url_encode", &out)
}

fn url_decode(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0).as_bytes();
    let bad = |got| parse_error("url_decode", "percent-encoded UTF-8", got);
    let mut bytes = list_with_room(cx, text.len())?;
    let mut rest = text;
    while rest.len() > STRETCH {
        // Not within the three bytes that are one.
        let cut = rest[STRETCH - 2..STRETCH].iter().position(|&b| b == b'%');
        let (stretch, after) = rest.split_at(cut.map_or(STRETCH, |at| STRETCH - 2 + at));
        decode_onto(&mut bytes, stretch).map_err(bad)?;
        cx.poll()?;
        rest = after;
    }
    decode_onto(&mut bytes, rest).map_err(bad)?;
    match pace::utf8(cx, &bytes)? {
        Some(text) => new_text(cx, "url_decode", text),
        None => Err(bad(NOT_UTF8)),
    }
}

fn parse_url(cx: &mut dyn Context, args: Args) -> Fallible {
    let url = Url::parse(str_arg(cx, args, 0));
    let url = url.map_err(|got| parse_error("parse_url", "a URL with a host", got))?;
    let port = url
        .port()
        .map_or(Value::NULL, |port| Value::int(port.into()));
    let mut text = |text: &str| new_text(cx, "parse_url", text);
    let (scheme, host) = (text(&url.scheme)?, text(&url.host)?);
    let path = text(&url.path)?;
    let query = text(url.query.as_deref().unwrap_or(""))?;
    let fragment = text(url.fragment.as_deref().unwrap_or(""))?;
    let parts = [
        ("scheme", scheme),
        ("host", host),
        ("port", port),
        ("path", path),
        ("query", query),
        ("fragment", fragment),
    ];
    Ok(dict::record(cx, &parts))
}
