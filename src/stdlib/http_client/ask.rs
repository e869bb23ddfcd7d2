//! The functions of the client.

use super::exchange::{Answer, Client, Failure, Wanted, exchange, joined};
use super::options::wanted;
use crate::heap::object::Kind;
use crate::runtime::messages::{overflow_error, type_error, value_error};
use crate::runtime::world::Capability;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, dict, tags};
use crate::stdlib::check::permit;
use crate::stdlib::files::lossy_text;
use crate::stdlib::json::read;
use crate::stdlib::operands::*;
use crate::stdlib::outside::wait;
use crate::stdlib::url::{http_url, push_encoded};
use crate::value::Value;
use hyper::Method;
use hyper::header::{self, HeaderMap, HeaderValue};
use rand::TryRng;
use rand::rngs::SysRng;
use std::any::TypeId;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The connections of the thread.
pub fn client(cx: &mut dyn Context) -> Client {
    let area = cx.state().areas.entry(TypeId::of::<Client>());
    let client = area.or_insert_with(|| Box::new(Client::new()));
    let client: &mut Client = client.downcast_mut().expect("it has this type");
    client.clone()
}

/// Lets go of the connections of a thread that has ended: its runtime has them.
pub fn end(cx: &mut dyn Context) {
    cx.state().areas.remove(&TypeId::of::<Client>());
}

/// The error of an exchange that has no answer.
fn fault(name: &str, url: &str, most: usize, seconds: f64, failure: Failure) -> Box<Fault> {
    match failure {
        Failure::Network(why) => {
            let message = format!("Cannot reach '{url}': {why}");
            Fault::new(ErrorKind::Network, message)
        }
        Failure::Late => {
            let message = format!("Cannot reach '{url}': it took longer than {seconds} seconds");
            Fault::new(ErrorKind::Timeout, message)
        }
        Failure::TooLong => overflow_error(name, most, "bytes", "more"),
        Failure::Denied(address) => {
            let message = format!(
                "Capability denied: {name}() needs net for '{address}', to which '{url}' redirects; run with --allow-net"
            );
            Fault::new(ErrorKind::Capability, message)
        }
    }
}

/// Sends a request; `finish` makes the result of the answer.
fn send(
    cx: &mut dyn Context,
    name: &'static str,
    url: String,
    wanted: Wanted,
    finish: impl FnOnce(&mut dyn Context, Result<Answer, Box<Fault>>) -> Fallible + Send + 'static,
) -> Fallible {
    let (most, seconds) = (wanted.max_bytes, wanted.timeout.as_secs_f64());
    let asked = exchange(client(cx), wanted);
    wait(cx, asked, move |cx, answer| {
        let answer = answer.map_err(|failure| fault(name, &url, most, seconds, failure));
        finish(cx, answer)
    })
}

/// The response as programs see it.
fn response(cx: &mut dyn Context, name: &str, answer: &Answer) -> Fallible {
    let body = lossy_text(cx, name, &answer.body)?;
    let headers = headers_dict(cx, name, &answer.headers)?;
    let status = Value::int(answer.status.into());
    Ok(dict::record(
        cx,
        &[("status", status), ("body", body), ("headers", headers)],
    ))
}

fn headers_dict(cx: &mut dyn Context, name: &str, headers: &HeaderMap) -> Fallible {
    let dict = cx.heap().new_dict(headers.keys_len());
    for (key, value) in joined(headers) {
        let key = cx.heap().new_string(key.as_str());
        let value = cx.heap().new_string(&value);
        crate::stdlib::dicts::put(cx, name, dict, key, value)?;
    }
    Ok(dict)
}

/// A request with its body in argument 1 if it `has_body`, and then perhaps options.
fn request(
    cx: &mut dyn Context,
    name: &'static str,
    method: Method,
    args: Args,
    has_body: bool,
) -> Fallible {
    let url = str_arg(cx, args, 0).to_string();
    let (body, options) = match has_body {
        true => (args.get(1), args.get(2)),
        false => (Value::ABSENT, args.get(1)),
    };
    let wanted = wanted(cx, name, method, http_url(&url)?, body, options)?;
    send(cx, name, url, wanted, move |cx, answer| {
        let answer = answer?;
        response(cx, name, &answer)
    })
}

pub fn http_get(cx: &mut dyn Context, args: Args) -> Fallible {
    request(cx, "http_get", Method::GET, args, false)
}

pub fn http_delete(cx: &mut dyn Context, args: Args) -> Fallible {
    request(cx, "http_delete", Method::DELETE, args, false)
}

pub fn http_post(cx: &mut dyn Context, args: Args) -> Fallible {
    request(cx, "http_post", Method::POST, args, true)
}

pub fn http_put(cx: &mut dyn Context, args: Args) -> Fallible {
    request(cx, "http_put", Method::PUT, args, true)
}

pub fn async_http_get(cx: &mut dyn Context, args: Args) -> Fallible {
    request(cx, "async_http_get", Method::GET, args, false)
}

pub fn async_http_post(cx: &mut dyn Context, args: Args) -> Fallible {
    request(cx, "async_http_post", Method::POST, args, true)
}

pub fn http_request(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "http_request";
    let (given, mut options) = (args.get(0), args.get(1));
    let mut url = given;
    if given.is_kind(Kind::Dict) {
        if !options.is_absent() {
            let what = "a string, if options follow";
            return Err(type_error(NAME, "url", what, given));
        }
        options = given;
        let key = cx.heap().intern_static("url");
        url = cx.heap().dict_get(given, key).unwrap_or(Value::ABSENT);
        if url.is_absent() {
            let what = "options with a url";
            return Err(value_error(cx, NAME, "url", what, given));
        }
        if !url.is_string() {
            return Err(type_error(NAME, "url", "a string", url));
        }
    }
    let url = cx.heap().str(url).to_string();
    let parts = http_url(&url)?;
    let address = parts.address();
    let wanted = wanted(cx, NAME, Method::GET, parts, Value::ABSENT, options)?;
    permit(cx, NAME, Capability::Net, Some(&address))?;
    send(cx, NAME, url, wanted, |cx, answer| {
        let response = answer.and_then(|answer| response(cx, NAME, &answer));
        as_result(cx, response)
    })
}

/// `Ok(v)`, or `Err(message)` of a failure on the way.
fn as_result(cx: &mut dyn Context, outcome: Fallible) -> Fallible {
    match outcome {
        Ok(v) => Ok(cx.heap().new_tagged(tags::OK, &[v])),
        Err(fault) => match &*fault {
            Fault::Error { kind, message, .. } if is_failure(*kind) => {
                let message = cx.heap().new_string(message);
                Ok(cx.heap().new_tagged(tags::ERR, &[message]))
            }
            _ => Err(fault),
        },
    }
}

/// Whether an error tells that an exchange did not work.
fn is_failure(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Overflow
    )
}

/// Refuses the answer of a server that did not do what it was asked for.
fn check_status(url: &str, answer: &Answer) -> Fallible<()> {
    match answer.status {
        200..300 => Ok(()),
        status => {
            let message = format!("Cannot reach '{url}': the server answers with status {status}");
            Err(Fault::new(ErrorKind::Network, message))
        }
    }
}

pub fn http_get_binary(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "http_get_binary";
    let url = str_arg(cx, args, 0).to_string();
    let (parts, options) = (http_url(&url)?, args.get(1));
    let wanted = wanted(cx, NAME, Method::GET, parts, Value::ABSENT, options)?;
    let asked = url.clone();
    send(cx, NAME, url, wanted, move |cx, answer| {
        let answer = answer?;
        check_status(&asked, &answer)?;
        crate::runtime::limits::check_room(cx, answer.body.len())?;
        Ok(cx.heap().new_bytes(&answer.body))
    })
}

pub fn parallel_http(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "parallel_http";
    let limit = match args.get(1) {
        limit if limit.is_absent() => 16,
        limit => match clamped(limit) {
            ..1 => return Err(value_error(cx, NAME, "limit", "at least 1", limit)),
            many => (many as usize).min(Semaphore::MAX_PERMITS),
        },
    };
    let mut all = Vec::new();
    while let Some(&url) = args.get(0).elements().get(all.len()) {
        if !url.is_string() {
            return Err(type_error(NAME, "urls", "an array of strings", url));
        }
        let url = cx.heap().str(url).to_string();
        let wanted = match http_url(&url) {
            Ok(parts) => {
                permit(cx, NAME, Capability::Net, Some(&parts.address()))?;
                let absent = Value::ABSENT;
                Ok(wanted(cx, NAME, Method::GET, parts, absent, absent)?)
            }
            Err(fault) => Err(fault.to_string()),
        };
        all.push((url, wanted));
    }
    let client = client(cx);
    let asked = async move {
        let turns = Arc::new(Semaphore::new(limit));
        let (mut tasks, mut answers) = (JoinSet::new(), Vec::new());
        for (at, (url, wanted)) in all.into_iter().enumerate() {
            answers.push(None);
            let wanted = match wanted {
                Ok(wanted) => wanted,
                Err(message) => {
                    answers[at] = Some(Err(message));
                    continue;
                }
            };
            let (client, turns) = (client.clone(), turns.clone());
            tasks.spawn(async move {
                let _turn = turns.acquire_owned().await;
                let (most, seconds) = (wanted.max_bytes, wanted.timeout.as_secs_f64());
                let answer = exchange(client, wanted).await;
                let failed = |failure| fault(NAME, &url, most, seconds, failure).to_string();
                (at, answer.map_err(failed))
            });
        }
        while let Some(done) = tasks.join_next().await {
            // A task is never aborted, and a panic ends the process.
            if let Ok((at, answer)) = done {
                answers[at] = Some(answer);
            }
        }
        answers
    };
    wait(cx, asked, |cx, answers| {
        let array = cx.heap().new_array(answers.len());
        for answer in answers {
            let v = match answer.unwrap_or_else(|| Err("no answer".to_string())) {
                Ok(answer) => response(cx, NAME, &answer)?,
                Err(message) => {
                    let message = cx.heap().new_string(&message);
                    cx.heap().new_tagged(tags::ERR, &[message])
                }
            };
            crate::stdlib::limits::push(cx, NAME, array, v)?;
        }
        Ok(array)
    })
}

pub fn oauth2_auth_url(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut state = [0; 8];
    SysRng.try_fill_bytes(&mut state).map_err(|error| {
        let message = format!("Cannot draw random numbers: {error}");
        Fault::new(ErrorKind::Io, message)
    })?;
    let state: String = state.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut url = str_arg(cx, args, 2).to_string();
    let parts = [
        ("client_id", str_arg(cx, args, 0)),
        ("redirect_uri", str_arg(cx, args, 1)),
        ("response_type", "code"),
        ("scope", str_arg(cx, args, 3)),
        ("state", &state),
    ];
    push_form(&mut url, '?', &parts);
    crate::stdlib::limits::new_text(cx, "oauth2_auth_url", &url)
}

/// Appends pairs as a form has them, the first after `mark`.
fn push_form(out: &mut String, mark: char, parts: &[(&str, &str)]) {
    for (at, (name, value)) in parts.iter().enumerate() {
        out.push(if at == 0 { mark } else { '&' });
        out.push_str(name);
        out.push('=');
        push_encoded(out, value);
    }
}

pub fn oauth2_get_token(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "oauth2_get_token";
    let url = str_arg(cx, args, 3).to_string();
    let parts = [
        ("grant_type", "authorization_code"),
        ("code", str_arg(cx, args, 0)),
        ("client_id", str_arg(cx, args, 1)),
        ("client_secret", str_arg(cx, args, 2)),
        ("redirect_uri", str_arg(cx, args, 4)),
    ];
    let mut form = String::new();
    push_form(&mut form, '&', &parts);
    let absent = Value::ABSENT;
    let mut wanted = wanted(cx, NAME, Method::POST, http_url(&url)?, absent, absent)?;
    wanted.body = form.split_off(1).into_bytes().into();
    let content = HeaderValue::from_static("application/x-www-form-urlencoded");
    wanted.headers.insert(header::CONTENT_TYPE, content);
    let json = HeaderValue::from_static("application/json");
    wanted.headers.insert(header::ACCEPT, json);
    let asked = url.clone();
    send(cx, NAME, url, wanted, move |cx, answer| {
        let answer = answer?;
        check_status(&asked, &answer)?;
        let text = String::from_utf8_lossy(&answer.body);
        read::read(cx, NAME, &text)
    })
}
