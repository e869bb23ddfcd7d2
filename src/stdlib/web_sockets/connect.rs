//! The client's side: asking a server for a WebSocket.

use super::connection::{MOST_BYTES, TIMES, WebSocket, config, patient};
use super::messages::handle;
use crate::heap::object::Kind;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault};
use crate::stdlib::http_client::{
    Client, Failure, client, count_option, headers_option, timeout_option,
};
use crate::stdlib::operands::str_arg;
use crate::stdlib::outside::wait;
use crate::stdlib::url::{Url, url_of};
use crate::value::Value;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// The options of a connection.
struct Options {
    headers: HeaderMap,
    /// How long it may take to open it.
    timeout: Duration,
    /// Bytes of the longest message that comes in.
    max_bytes: usize,
}

/// The header by which both sides agree on a subprotocol.
pub const PROTOCOL: HeaderName = header::SEC_WEBSOCKET_PROTOCOL;

/// The subprotocols of an array, which are words.
pub fn protocols_arg(
    cx: &mut dyn Context,
    name: &'static str,
    given: Value,
) -> Fallible<Vec<String>> {
    if !given.is_kind(Kind::Array) {
        return Err(type_error(name, "protocols", "an array of strings", given));
    }
    let mut protocols: Vec<String> = Vec::new();
    for &one in given.elements() {
        if !one.is_string() {
            return Err(type_error(name, "protocols", "an array of strings", one));
        }
        let word = cx.heap().str(one);
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if word.is_empty() || !word.bytes().all(is_word) || protocols.iter().any(|p| p == word) {
            let what = "words without spaces or separators, each once";
            return Err(value_error(cx, name, "protocols", what, given));
        }
        protocols.push(word.to_string());
    }
    Ok(protocols)
}

/// Headers that follow from what is asked for.
const OWN: [HeaderName; 7] = [
    header::CONNECTION,
    header::UPGRADE,
    header::HOST,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::SEC_WEBSOCKET_EXTENSIONS,
    PROTOCOL,
];

fn options(cx: &mut dyn Context, name: &'static str, given: Value) -> Fallible<Options> {
    let mut options = Options {
        headers: HeaderMap::new(),
        timeout: Duration::from_secs(30),
        max_bytes: MOST_BYTES,
    };
    let mut cursor = 0;
    while !given.is_absent()
        && let Some((key, v, next)) = cx.heap().dict_next(given, cursor)
    {
        cursor = next;
        let option = match key.is_string() {
            true => cx.heap().str(key),
            false => "",
        };
        match option {
            "headers" if !v.is_kind(Kind::Dict) => {
                return Err(type_error(name, "headers", "a dict", v));
            }
            "headers" => {
                headers_option(cx, name, v, &mut options.headers)?;
                if OWN.iter().any(|own| options.headers.contains_key(own)) {
                    let what = "headers without those of the connection itself";
                    return Err(value_error(cx, name, "headers", what, v));
                }
            }
            "timeout" => options.timeout = timeout_option(cx, name, v)?,
            "protocols" => {
                let protocols = protocols_arg(cx, name, v)?.join(", ");
                // Words are fit for a header.
                if let Ok(protocols) = HeaderValue::from_str(&protocols)
                    && !protocols.is_empty()
                {
                    options.headers.insert(PROTOCOL, protocols);
                }
            }
            "max_bytes" => options.max_bytes = count_option(cx, name, option, v)?,
            _ => {
                let what = "a dict of headers, timeout, max_bytes, protocols";
                return Err(value_error(cx, name, "options", what, given));
            }
        }
    }
    Ok(options)
}

pub fn ws_connect(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "ws_connect";
    let text = str_arg(cx, args, 0).to_string();
    let url = url_of(&text, ["ws", "wss"])?;
    let options = options(cx, NAME, args.get(1))?;
    let (client, patience) = (client(cx), options.timeout);
    let connected = async move { timeout(patience, connect(client, url, options)).await };
    wait(cx, connected, move |cx, connected| match connected {
        Ok(Ok(socket)) => Ok(handle(cx, Arc::new(socket))),
        Ok(Err(why)) => {
            let message = format!("Cannot reach '{text}': {why}");
            Err(Fault::new(ErrorKind::Network, message))
        }
        Err(_) => {
            let seconds = patience.as_secs_f64();
            let message = format!("Cannot reach '{text}': it took longer than {seconds} seconds");
            Err(Fault::new(ErrorKind::Timeout, message))
        }
    })
}

async fn connect(client: Client, url: Url, options: Options) -> Result<WebSocket, String> {
    let address = format!("{}://{}{}", url.scheme, url.address(), url.target());
    let mut request = address.into_client_request().map_err(|error| why(&error))?;
    request.headers_mut().extend(options.headers);
    let stream = client.connect(&url).await;
    let stream = stream.map_err(|failure| match failure {
        Failure::Network(why) => why,
        other => format!("{other:?}"),
    })?;
    let (stream, config) = (patient(TokioIo::new(stream)), config(options.max_bytes));
    let begun = client_async_with_config(request, stream, Some(config)).await;
    // The library has seen to it that the server has chosen one of them.
    let (stream, answer) = begun.map_err(|error| why(&error))?;
    let protocol = answer.headers().get(PROTOCOL);
    let protocol = protocol.and_then(|protocol| protocol.to_str().ok());
    Ok(WebSocket::new(
        stream,
        protocol.map(String::from),
        TIMES,
        pending(),
    ))
}

/// Why a server gives no connection.
fn why(error: &Error) -> String {
    match error {
        Error::Http(response) => {
            let status = response.status().as_u16();
            format!("the server answers with status {status}")
        }
        error => super::connection::why(error),
    }
}
