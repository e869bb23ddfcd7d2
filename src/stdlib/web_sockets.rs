//! WebSockets: connections over which both sides send messages, begun by a request of HTTP.
//! The server's side begins in `http_server`; from then on both sides are the same.

use super::declare::*;

#[cfg(feature = "http")]
pub mod connect;
#[cfg(feature = "http")]
pub mod connection;
#[cfg(feature = "http")]
pub mod messages;

#[cfg(all(test, feature = "http"))]
mod tests;

#[cfg(not(feature = "http"))]
mod connect {
    super::left_out!("http": ws_connect);
}
#[cfg(not(feature = "http"))]
mod messages {
    super::left_out!("http": ws_send ws_receive ws_close ws_closed ws_protocol);
}

natives! {
    /// A connection to a server for WebSockets, by a URL of `ws` or `wss`.
    ///
    /// Options: `headers` (a dict), `timeout` (seconds until it must be open, 30),
    /// `max_bytes` (of a message that comes in, 16 MiB), `protocols` (an array of strings, of
    /// which the server has to choose one). A server that refuses throws `network`.
    pure fn [calls outside reads writes] ws_connect(url: URL, options: opt(DICT)) -> "websocket" = connect::ws_connect; waits;
    /// Sends a message, a string or bytes; true once the system has taken all of it.
    ///
    /// On a closed one it throws `state`, on one that has broken off `network`.
    pure fn [calls outside reads writes] ws_send(ws: WEB_SOCKET, data: DATA) -> "bool" = messages::ws_send; waits;
    /// The next message, a string or bytes; null when the other side has closed.
    ///
    /// It waits as long as it takes, or at most `timeout_ms`, then it throws `timeout`. A
    /// connection that breaks off throws `network`, one that this side closes `state`.
    pure fn [calls outside reads writes] ws_receive(ws: WEB_SOCKET, timeout_ms: opt(NUMBER)) -> "string/bytes/null" = messages::ws_receive; waits;
    /// Closes it, and waits at most five seconds for the other side to close too: whether it
    /// was open.
    ///
    /// `code` is 1000 to 1003, 1007 to 1014 or 3000 to 4999, `reason` has at most 123 bytes.
    pure fn [calls outside reads writes] ws_close(ws: WEB_SOCKET, code: or(WHOLE, "1000"), reason: or(STRING, "\"\"")) -> "bool" = messages::ws_close; waits;
    /// How it has ended: a dict of `code` and `reason`; null while it is open.
    ///
    /// They are those of the side that closed; 1005 is a close without a code, 1006 a
    /// connection that has broken off.
    pure fn [none] ws_closed(ws: WEB_SOCKET) -> "dict/null" = messages::ws_closed; reads;
    /// The subprotocol that both sides have agreed on; null if there is none.
    pure fn [none] ws_protocol(ws: WEB_SOCKET) -> "string/null" = messages::ws_protocol; reads;
}
