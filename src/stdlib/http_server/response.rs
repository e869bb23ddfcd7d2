//! Responses as programs make them: values of a library type.

use super::answers::Answer;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::{Args, Context, Fallible, dict};
use crate::stdlib::dicts::put;
use crate::stdlib::json::write::write;
use crate::stdlib::limits::new_text;
use crate::stdlib::operands::{clamped, str_arg};
use crate::stdlib::types::{HTTP_RESPONSE, new_instance};
use crate::value::Value;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

/// Slots of a response.
const STATUS: usize = 0;
const HEADERS: usize = 1;
const BODY: usize = 2;

const TEXT: &str = "text/plain; charset=utf-8";

/// A response with these headers.
fn response(
    cx: &mut dyn Context,
    status: i64,
    headers: &[(&'static str, &str)],
    body: Value,
) -> Fallible {
    let dict = cx.heap().new_dict(headers.len());
    for (name, value) in headers {
        let name = cx.heap().intern_static(name);
        let value = cx.heap().new_string(value);
        put(cx, "http_response", dict, name, value)?;
    }
    Ok(new_instance(
        cx,
        &HTTP_RESPONSE,
        &[Value::int(status), dict, body],
    ))
}

fn status(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<i64> {
    match clamped(args.get(0)) {
        status @ 100..=599 => Ok(status),
        _ => {
            let what = "from 100 to 599";
            Err(value_error(cx, name, "status", what, args.get(0)))
        }
    }
}

pub fn http_response(cx: &mut dyn Context, args: Args) -> Fallible {
    let status = status(cx, "http_response", args)?;
    let body = args.get(1);
    let content = match body.is_string() {
        true => TEXT,
        false => "application/octet-stream",
    };
    response(cx, status, &[("content-type", content)], body)
}

pub fn json_response(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "json_response";
    let status = status(cx, NAME, args)?;
    let text = write(cx, NAME, args.get(1), None)?;
    let body = new_text(cx, NAME, &text)?;
    response(cx, status, &[("content-type", "application/json")], body)
}

pub fn html_response(cx: &mut dyn Context, args: Args) -> Fallible {
    let status = status(cx, "html_response", args)?;
    let headers = [("content-type", "text/html; charset=utf-8")];
    response(cx, status, &headers, args.get(1))
}

pub fn redirect_response(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "redirect_response";
    let url = str_arg(cx, args, 0);
    if HeaderValue::from_str(url).is_err() {
        let what = "a URL without line breaks, encoded";
        return Err(value_error(cx, NAME, "url", what, args.get(0)));
    }
    let body = cx.heap().new_string("");
    let made = response(cx, 302, &[("content-type", TEXT), ("location", url)], body)?;
    if !args.get(1).is_absent() {
        let headers = with_headers(cx, NAME, made, args.get(1))?;
        cx.heap().set_field(made, HEADERS, headers);
    }
    Ok(made)
}

/// The headers of a response with one more, in small letters.
fn with_header(
    cx: &mut dyn Context,
    name: &str,
    headers: Value,
    header: Value,
    value: Value,
) -> Fallible<()> {
    let key = HeaderName::from_bytes(cx.heap().str(header).as_bytes());
    let Ok(key) = key else {
        let what = "a name of a header";
        return Err(value_error(cx, name, "name", what, header));
    };
    if HeaderValue::from_bytes(cx.heap().str(value).as_bytes()).is_err() {
        let what = "without line breaks and control characters";
        return Err(value_error(cx, name, "value", what, value));
    }
    if [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
    ]
    .contains(&key)
    {
        let what = "a header that does not follow from the body or the connection";
        return Err(value_error(cx, name, "name", what, header));
    }
    let key = cx.heap().new_string(key.as_str());
    put(cx, name, headers, key, value)
}

/// The headers of a response with those of a dict.
fn with_headers(cx: &mut dyn Context, name: &str, response: Value, more: Value) -> Fallible {
    let headers = dict::copied(cx, response.instance_field(HEADERS))?;
    let mut cursor = 0;
    while let Some((key, value, next)) = cx.heap().dict_next(more, cursor) {
        cursor = next;
        for part in [key, value] {
            if !part.is_string() {
                return Err(type_error(name, "headers", "a dict of strings", part));
            }
        }
        with_header(cx, name, headers, key, value)?;
    }
    Ok(headers)
}

/// A response with the status and body of another one.
fn with_same_body(cx: &mut dyn Context, response: Value, headers: Value) -> Value {
    let [status, body] = [STATUS, BODY].map(|slot| response.instance_field(slot));
    new_instance(cx, &HTTP_RESPONSE, &[status, headers, body])
}

/// The headers that `set_header` makes.
fn one_header(cx: &mut dyn Context, args: Args) -> Fallible {
    let headers = dict::copied(cx, args.get(0).instance_field(HEADERS))?;
    with_header(cx, "set_header", headers, args.get(1), args.get(2))?;
    Ok(headers)
}

pub fn set_header(cx: &mut dyn Context, args: Args) -> Fallible {
    let headers = one_header(cx, args)?;
    Ok(with_same_body(cx, args.get(0), headers))
}

pub fn set_header_in_place(cx: &mut dyn Context, args: Args) -> Fallible {
    let headers = one_header(cx, args)?;
    cx.heap().set_field(args.get(0), HEADERS, headers);
    Ok(args.get(0))
}

pub fn set_headers(cx: &mut dyn Context, args: Args) -> Fallible {
    let headers = with_headers(cx, "set_headers", args.get(0), args.get(1))?;
    Ok(with_same_body(cx, args.get(0), headers))
}

pub fn set_headers_in_place(cx: &mut dyn Context, args: Args) -> Fallible {
    let headers = with_headers(cx, "set_headers", args.get(0), args.get(1))?;
    cx.heap().set_field(args.get(0), HEADERS, headers);
    Ok(args.get(0))
}

/// A response as it goes to the client.
pub fn outgoing(cx: &mut dyn Context, response: Value) -> Answer {
    let body = response.instance_field(BODY);
    let bytes = match body.is_bytes() {
        true => Bytes::copy_from_slice(body.bytes()),
        false => Bytes::copy_from_slice(cx.heap().str(body).as_bytes()),
    };
    let mut answer = Response::new(Full::new(bytes));
    let status = response.instance_field(STATUS).as_int();
    // It has been checked.
    let status = u16::try_from(status).unwrap_or(500);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let (headers, mut cursor) = (response.instance_field(HEADERS), 0);
    while let Some((key, value, next)) = cx.heap().dict_next(headers, cursor) {
        cursor = next;
        let key = HeaderName::from_bytes(cx.heap().str(key).as_bytes());
        let value = HeaderValue::from_bytes(cx.heap().str(value).as_bytes());
        if let (Ok(key), Ok(value)) = (key, value) {
            answer.headers_mut().insert(key, value);
        }
    }
    answer
}
