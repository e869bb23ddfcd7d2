//! The options of a request, checked.

use super::exchange::Wanted;
use crate::heap::object::Kind;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::{Context, Fallible, text};
use crate::stdlib::json::write::write;
use crate::stdlib::limits::copied;
use crate::stdlib::operands::*;
use crate::stdlib::url::Url;
use crate::value::Value;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// Seconds that an exchange may take unless an option says otherwise.
const TIME: u64 = 30;
/// Bytes of a response's body unless an option says otherwise.
const MOST_BYTES: usize = 64 << 20;
/// Redirects that are followed unless an option says otherwise.
const REDIRECTS: usize = 10;

const OPTIONS: &str = "a dict of method, headers, body, query, timeout, max_bytes, redirects";

/// A request with its options: `body` may be absent, as may `options`, whose `url` is known.
pub fn wanted(
    cx: &mut dyn Context,
    name: &'static str,
    method: Method,
    url: Url,
    body: Value,
    options: Value,
) -> Fallible<Wanted> {
    let permissions = cx.state().world.permissions.clone();
    let mut wanted = Wanted {
        method,
        url,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        timeout: Duration::from_secs(TIME),
        max_bytes: MOST_BYTES,
        redirects: REDIRECTS,
        permissions,
    };
    let (mut body, mut cursor) = (body, 0);
    while !options.is_absent()
        && let Some((key, v, next)) = cx.heap().dict_next(options, cursor)
    {
        cursor = next;
        let option = match key.is_string() {
            true => cx.heap().str(key),
            false => "",
        };
        match option {
            "url" if name == "http_request" => {}
            "method" => wanted.method = method_option(cx, name, v)?,
            "headers" => headers_option(cx, name, v, &mut wanted.headers)?,
            "body" => body = v,
            "query" => query_option(cx, name, v, &mut wanted.url)?,
            "timeout" => wanted.timeout = timeout_option(cx, name, v)?,
            "max_bytes" => wanted.max_bytes = count_option(cx, name, option, v)?,
            "redirects" => wanted.redirects = count_option(cx, name, option, v)?,
            _ => return Err(value_error(cx, name, "options", OPTIONS, options)),
        }
    }
    if !body.is_absent() && !body.is_null() {
        set_body(cx, name, body, &mut wanted)?;
    }
    let agent = HeaderValue::from_static(concat!("ruff/", env!("CARGO_PKG_VERSION")));
    wanted.headers.entry(header::USER_AGENT).or_insert(agent);
    let any = HeaderValue::from_static("*/*");
    wanted.headers.entry(header::ACCEPT).or_insert(any);
    Ok(wanted)
}

fn method_option(cx: &mut dyn Context, name: &str, v: Value) -> Fallible<Method> {
    if !v.is_string() {
        return Err(type_error(name, "method", "a string", v));
    }
    let method = cx.heap().str(v).to_ascii_uppercase();
    match Method::from_bytes(method.as_bytes()) {
        Ok(method) if method != Method::CONNECT => Ok(method),
        _ => Err(value_error(cx, name, "method", "a method of HTTP", v)),
    }
}

/// Adds the headers of an option.
pub fn headers_option(
    cx: &mut dyn Context,
    name: &str,
    v: Value,
    headers: &mut HeaderMap,
) -> Fallible<()> {
    if !v.is_kind(Kind::Dict) {
        return Err(type_error(name, "headers", "a dict", v));
    }
    let mut cursor = 0;
    while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
        cursor = next;
        let (key, value) = header_pair(cx, name, key, value, v)?;
        if [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].contains(&key) {
            let what = "headers without a length, which follows from the body";
            return Err(value_error(cx, name, "headers", what, v));
        }
        headers.insert(key, value);
    }
    Ok(())
}

/// A header of a dict of headers.
fn header_pair(
    cx: &mut dyn Context,
    name: &str,
    key: Value,
    value: Value,
    headers: Value,
) -> Fallible<(HeaderName, HeaderValue)> {
    for part in [key, value] {
        if !part.is_string() {
            return Err(type_error(name, "headers", "a dict of strings", part));
        }
    }
    let key = HeaderName::from_bytes(cx.heap().str(key).as_bytes());
    let value = HeaderValue::from_bytes(cx.heap().str(value).as_bytes());
    match (key, value) {
        (Ok(key), Ok(value)) => Ok((key, value)),
        _ => {
            let what = "a dict of names and values without line breaks";
            Err(value_error(cx, name, "headers", what, headers))
        }
    }
}

fn query_option(cx: &mut dyn Context, name: &str, v: Value, url: &mut Url) -> Fallible<()> {
    if !v.is_kind(Kind::Dict) {
        return Err(type_error(name, "query", "a dict", v));
    }
    let mut cursor = 0;
    while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
        cursor = next;
        let plain = value.is_string() || is_number(value) || value.is_bool();
        if !plain {
            let what = "a dict of strings, numbers and bools";
            return Err(type_error(name, "query", what, value));
        }
        let (key, value) = (text::display(cx, key)?, text::display(cx, value)?);
        url.add_to_query(&key, &value);
    }
    Ok(())
}

/// The time of an option, in seconds.
pub fn timeout_option(cx: &mut dyn Context, name: &str, v: Value) -> Fallible<Duration> {
    if !is_number(v) {
        return Err(type_error(name, "timeout", "a number", v));
    }
    let seconds = to_float(v);
    match seconds > 0.0 {
        true => Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        false => Err(value_error(cx, name, "timeout", "more than 0", v)),
    }
}

/// A count of an option.
pub fn count_option(cx: &mut dyn Context, name: &str, option: &str, v: Value) -> Fallible<usize> {
    if !is_int(v) {
        return Err(type_error(name, option, "an int", v));
    }
    not_negative(cx, name, option, v)
}

/// Sends a string or bytes as they are, a dict or an array as JSON.
fn set_body(
    cx: &mut dyn Context,
    name: &'static str,
    body: Value,
    wanted: &mut Wanted,
) -> Fallible<()> {
    let mut content = "application/json";
    let bytes = match body.kind() {
        Some(Kind::String) => {
            let text = cx.heap().str(body);
            copied(cx, text.as_bytes())?
        }
        Some(Kind::Bytes) => {
            content = "application/octet-stream";
            copied(cx, body.bytes())?
        }
        Some(Kind::Dict | Kind::Array) => write(cx, name, body, None)?.into_bytes(),
        _ => {
            let what = "a string, bytes, a dict or an array";
            return Err(type_error(name, "body", what, body));
        }
    };
    wanted.body = bytes.into();
    let content = HeaderValue::from_static(content);
    wanted
        .headers
        .entry(header::CONTENT_TYPE)
        .or_insert(content);
    Ok(())
}
