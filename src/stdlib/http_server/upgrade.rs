//! Requests for WebSockets: what they must say, and the answers to them.

use super::answers::{Answer, plain};
use super::heads::Watched;
use crate::stdlib::web_sockets::connection::{MOST_BYTES, TIMES, WebSocket, config};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// The parts of a request for a WebSocket that it begins with.
pub struct Upgrade {
    /// The word that the client wants to hear.
    accept: HeaderValue,
    /// The connection, once the answer has been sent.
    connection: OnUpgrade,
    /// Says when the server stops.
    stop: watch::Receiver<bool>,
    /// The subprotocols that the client can do with, those that it likes best first.
    protocols: Vec<String>,
    /// The one that is chosen.
    protocol: Option<String>,
}

impl Upgrade {
    /// The WebSocket that a request asks for, if it does.
    pub fn of(request: &mut Request<Incoming>, stop: &watch::Receiver<bool>) -> Option<Upgrade> {
        let headers = request.headers();
        let key = headers.get(header::SEC_WEBSOCKET_KEY)?.as_bytes();
        let is_asked = request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && says(headers, &header::CONNECTION, "upgrade")
            && says(headers, &header::UPGRADE, "websocket")
            && says(headers, &header::SEC_WEBSOCKET_VERSION, "13")
            && is_key(key);
        if !is_asked {
            return None;
        }
        let accept = derive_accept_key(key);
        let protocols = words(headers, &header::SEC_WEBSOCKET_PROTOCOL);
        let protocols = protocols.map(String::from).collect();
        Some(Upgrade {
            accept: HeaderValue::from_str(&accept).ok()?,
            protocols,
            protocol: None,
            connection: hyper::upgrade::on(request),
            stop: stop.clone(),
        })
    }

    /// With the first subprotocol of the client's that the server knows.
    pub fn choosing(mut self, knows: impl FnMut(&String) -> bool) -> Upgrade {
        let mut protocols = std::mem::take(&mut self.protocols).into_iter();
        self.protocol = protocols.find(knows);
        self
    }

    /// The answer that begins the WebSocket.
    pub fn answer(&self) -> Answer {
        let mut answer = Answer::default();
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = answer.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept.clone());
        let protocol = self.protocol.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(protocol)) = protocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        answer
    }

    /// The WebSocket, once the answer has been sent; `None` if the client has gone.
    pub async fn begin(mut self) -> Option<WebSocket> {
        let connection = self.connection.await.ok()?;
        // The bytes of messages are no requests, so none looks at them.
        let parts = connection.downcast::<TokioIo<Watched>>().ok()?;
        let stream = parts.io.into_inner().into_stream();
        let (begun, config) = (parts.read_buf.to_vec(), Some(config(MOST_BYTES)));
        let stream =
            WebSocketStream::from_partially_read(stream, begun, Role::Server, config).await;
        let leave = async move {
            // A server that is gone has stopped too.
            let _ = self.stop.wait_for(|&stops| stops).await;
        };
        Some(WebSocket::new(stream, self.protocol, TIMES, leave))
    }
}

/// The words of a header.
fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter();
    let lists = values.filter_map(|value| value.to_str().ok());
    lists.flat_map(|words| words.split(',')).map(str::trim)
}

/// Whether one of the words of a header is this.
fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    words(headers, name).any(|one| one.eq_ignore_ascii_case(word))
}

/// Whether a key is 16 bytes in base64.
fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key.ends_with(b"==") && key[..22].iter().all(is_digit)
}

/// The answer to another request for the path of a WebSocket.
pub fn required() -> Answer {
    let mut answer = plain(StatusCode::UPGRADE_REQUIRED);
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let version = HeaderValue::from_static("13");
    headers.insert(header::SEC_WEBSOCKET_VERSION, version);
    answer
}
