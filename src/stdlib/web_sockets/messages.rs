//! The messages of a WebSocket as programs send and receive them.

use super::connection::{End, MOST_BYTES, Received, WebSocket};
use crate::heap::types::LibraryType;
use crate::runtime::limits::check_room;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, dict};
use crate::stdlib::limits::new_text;
use crate::stdlib::operands::*;
use crate::stdlib::outside::wait;
use crate::stdlib::promises::{duration, too_late};
use crate::value::Value;
use hyper::body::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Bytes of the longest reason: a frame of control has 125.
const MOST_REASON: usize = 123;

fn socket(args: Args) -> Arc<WebSocket> {
    let share = args.get(0).share_of_handle().clone();
    share.downcast().expect("a handle of its type")
}

/// A handle for a WebSocket.
pub fn handle(cx: &mut dyn Context, socket: Arc<WebSocket>) -> Value {
    cx.heap().new_handle(LibraryType::WebSocket, socket)
}

#[cold]
fn closed(name: &str) -> Box<Fault> {
    let message = format!("{name}() expects an open websocket; got a closed one");
    Fault::new(ErrorKind::State, message)
}

#[cold]
fn broken(what: &str, why: &str) -> Box<Fault> {
    let message = format!("Cannot {what} the websocket: {why}");
    Fault::new(ErrorKind::Network, message)
}

pub fn ws_send(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "ws_send";
    let (socket, data) = (socket(args), args.get(1));
    if socket.is_closed_here() {
        return Err(closed(NAME));
    }
    let bytes = data_arg(cx, args, 1);
    if bytes.len() > MOST_BYTES {
        let what = format!("at most {MOST_BYTES} bytes");
        return Err(value_error(cx, NAME, "data", &what, data));
    }
    let message = match data.is_bytes() {
        true => Message::Binary(Bytes::copy_from_slice(bytes)),
        false => Message::text(cx.heap().str(data)),
    };
    let sent = async move { socket.send(message).await };
    wait(cx, sent, |_, sent| match sent {
        Ok(()) => Ok(Value::TRUE),
        Err(Some(End::Broken(why))) => Err(broken("send over", &why)),
        Err(_) => Err(closed(NAME)),
    })
}

pub fn ws_receive(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "ws_receive";
    let socket = socket(args);
    let patience = match args.get(1) {
        ms if ms.is_absent() => Duration::MAX,
        ms => duration(cx, NAME, "timeout_ms", ms)?,
    };
    let received = async move { timeout(patience, socket.receive()).await };
    wait(cx, received, move |cx, received| match received {
        Err(_) => Err(too_late(patience)),
        Ok(Received::Message(Message::Text(text))) => new_text(cx, NAME, text.as_str()),
        Ok(Received::Message(message)) => {
            let bytes = message.into_data();
            check_room(cx, bytes.len())?;
            Ok(cx.heap().new_bytes(&bytes))
        }
        Ok(Received::End(End::Closed { .. })) => Ok(Value::NULL),
        Ok(Received::End(End::Broken(why))) => Err(broken("receive from", &why)),
        Ok(Received::Closed) => Err(closed(NAME)),
    })
}

pub fn ws_close(cx: &mut dyn Context, args: Args) -> Fallible {
    const NAME: &str = "ws_close";
    let code = match args.get(1) {
        code if code.is_absent() => 1000,
        given => match u16::try_from(clamped(given)) {
            Ok(code) if CloseCode::from(code).is_allowed() => code,
            _ => {
                let what = "1000 to 1003, 1007 to 1014 or 3000 to 4999";
                return Err(value_error(cx, NAME, "code", what, given));
            }
        },
    };
    let reason = match args.get(2) {
        reason if reason.is_absent() => "",
        reason => cx.heap().str(reason),
    };
    if reason.len() > MOST_REASON {
        let what = format!("at most {MOST_REASON} bytes");
        return Err(value_error(cx, NAME, "reason", &what, args.get(2)));
    }
    let socket = socket(args);
    let was_open = Value::bool(socket.close(code, reason));
    if socket.end().is_some() {
        return Ok(was_open);
    }
    let ended = async move { socket.ended().await };
    wait(cx, ended, move |_, ()| Ok(was_open))
}

pub fn ws_protocol(cx: &mut dyn Context, args: Args) -> Fallible {
    match &socket(args).protocol {
        Some(protocol) => new_text(cx, "ws_protocol", protocol),
        None => Ok(Value::NULL),
    }
}

pub fn ws_closed(cx: &mut dyn Context, args: Args) -> Fallible {
    let (code, reason) = match socket(args).end() {
        None => return Ok(Value::NULL),
        Some(End::Closed { code, reason }) => (code, reason),
        Some(End::Broken(why)) => (1006, why),
    };
    let reason = cx.heap().new_string(&reason);
    let code = Value::int(code.into());
    Ok(dict::record(cx, &[("code", code), ("reason", reason)]))
}
