//! Connections of a server: requests are read whole, handed to the thread of the program,
//! and answered with what it says.

use super::answers::{Answer, close, refusal};
use super::heads::{Smuggled, Watched};
use super::upgrade::Upgrade;
use crate::stdlib::outside::race;
use crate::stdlib::sockets::patient::Patient;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

/// A client that is silent for so long is dropped.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of the longest head of a request.
const MOST_HEAD: usize = 64 << 10;
/// Bytes of the longest body of a request.
const MOST_BODY: usize = 16 << 20;
/// So long nothing is accepted if the system cannot give connections.
const PAUSE: Duration = Duration::from_millis(50);

/// A request that has come in.
pub struct Asked {
    pub method: Method,
    /// Path and query as they came.
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Of one that asks for a WebSocket.
    pub upgrade: Option<Upgrade>,
}

/// Hands a request to the program.
pub type Ask = dyn Fn(Asked, oneshot::Sender<Answer>) + Send + Sync;

/// Serves all connections that come in until `stop` says so, with so much patience.
pub async fn serve(
    listener: TcpListener,
    ask: Arc<Ask>,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
) {
    loop {
        match race(listener.accept(), stop.changed()).await {
            Ok(Ok((stream, _))) => {
                tokio::spawn(connection(stream, ask.clone(), stop.clone(), patience));
            }
            // One that has gone again, or there are too many.
            Ok(Err(_)) => sleep(PAUSE).await,
            Err(_) => return,
        }
    }
}

async fn connection(
    stream: TcpStream,
    ask: Arc<Ask>,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
) {
    // Refused, answers come a little later.
    let _ = stream.set_nodelay(true);
    let (watched, smuggled) = Watched::new(Patient::new(stream, patience));
    let (requests, stopped) = (AtomicU64::new(0), stop.clone());
    let service = service_fn(|request| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        let (smuggled, ask) = (smuggled.clone(), ask.clone());
        answer(request, number, smuggled, &stopped, ask, patience)
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_header_size(MOST_HEAD)
        .half_close(true);
    let connection = builder.serve_connection(TokioIo::new(watched), service);
    let mut connection = pin!(connection.with_upgrades());
    // An error on a connection is its client's affair.
    match race(connection.as_mut(), stop.changed()).await {
        Ok(_) => {}
        Err(_) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Answers a request. An error ends the connection.
async fn answer(
    mut request: Request<Incoming>,
    number: u64,
    smuggled: Smuggled,
    stop: &watch::Receiver<bool>,
    ask: Arc<Ask>,
    patience: Duration,
) -> Result<Answer, Dropped> {
    let upgrade = Upgrade::of(&mut request, stop);
    let (head, body) = request.into_parts();
    if smuggled.has(number) {
        return Ok(refusal(StatusCode::BAD_REQUEST));
    }
    let is_chunked = head.headers.contains_key(header::TRANSFER_ENCODING);
    let Some(body) = receive(body, patience).await? else {
        return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_string(),
        query: head.uri.query().map(str::to_string),
        headers: head.headers,
        body,
        upgrade,
    };
    let (reply, answered) = oneshot::channel();
    ask(asked, reply);
    let mut answer = match answered.await {
        Ok(answer) => answer,
        // The program is about to end.
        Err(_) => refusal(StatusCode::SERVICE_UNAVAILABLE),
    };
    if is_chunked {
        // Whatever follows might be understood in two ways.
        close(&mut answer);
    }
    Ok(answer)
}

/// The client has gone, or is silent.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the client is dropped")
    }
}

impl std::error::Error for Dropped {}

/// A body; `None` if it is too large.
async fn receive(mut body: Incoming, patience: Duration) -> Result<Option<Bytes>, Dropped> {
    if body.size_hint().lower() > MOST_BODY as u64 {
        return Ok(None);
    }
    let mut pieces = Vec::new();
    loop {
        let Ok(frame) = timeout(patience, body.frame()).await else {
            return Err(Dropped);
        };
        match frame {
            None => return Ok(Some(pieces.into())),
            Some(Err(_)) => return Err(Dropped),
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    if data.len() > MOST_BODY - pieces.len() {
                        return Ok(None);
                    }
                    pieces.extend_from_slice(data);
                }
            }
        }
    }
}
