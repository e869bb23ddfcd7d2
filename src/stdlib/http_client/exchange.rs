//! One exchange with a server, with the redirects on the way.

use crate::runtime::world::Permissions;
use crate::stdlib::url::Url;
use flate2::bufread::MultiGzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::crypto::ring;
use std::error::Error;
use std::fmt::Display;
use std::io::Read;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// How long a connection that nothing goes over is kept.
const IDLE: Duration = Duration::from_secs(60);

type Body = Full<Bytes>;

/// A connection to a server, for `http` or `https`.
pub type Connection = MaybeHttpsStream<TokioIo<TcpStream>>;

/// The connections of a thread of the program.
#[derive(Clone)]
pub struct Client {
    plain: Pool<HttpConnector, Body>,
    /// Made when it is first needed: it reads the certificates of the system.
    secure: Arc<OnceLock<Secure>>,
}

/// Connections for `https`, and what makes them.
struct Secure {
    connector: HttpsConnector<HttpConnector>,
    pool: Pool<HttpsConnector<HttpConnector>, Body>,
}

/// The maker of connections for `http`.
fn plain() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

impl Client {
    pub fn new() -> Client {
        Client {
            plain: builder().build(plain()),
            secure: Arc::default(),
        }
    }

    /// The connections for `https`.
    ///
    /// # Errors
    /// If the system has no certificates.
    fn secure(&self) -> std::io::Result<&Secure> {
        if let Some(known) = self.secure.get() {
            return Ok(known);
        }
        let mut connector = plain();
        connector.enforce_http(false);
        let provider = Arc::new(ring::default_provider());
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)?
            .https_only()
            .enable_http1()
            .wrap_connector(connector);
        let pool = builder().build(connector.clone());
        Ok(self.secure.get_or_init(|| Secure { connector, pool }))
    }

    /// A connection of its own to the server of a URL.
    ///
    /// # Errors
    /// If the server cannot be reached, or is not the one that it should be.
    pub async fn connect(&self, url: &Url) -> Result<Connection, Failure> {
        let is_secure = matches!(url.scheme.as_str(), "https" | "wss");
        let scheme = if is_secure { "https" } else { "http" };
        let uri = format!("{scheme}://{}/", url.address());
        let uri: Uri = uri.parse().map_err(|error| Failure::network(&error))?;
        if is_secure {
            let secure = self.secure().map_err(|error| Failure::network(&error))?;
            let connected = secure.connector.clone().call(uri).await;
            return connected.map_err(|error| Failure::network(&*error));
        }
        let connected = plain().call(uri).await;
        let stream = connected.map_err(|error| Failure::network(&error))?;
        Ok(MaybeHttpsStream::Http(stream))
    }
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Pool::builder(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE);
    builder
}

/// A request of the program.
#[derive(Clone)]
pub struct Wanted {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
    pub max_bytes: usize,
    pub redirects: usize,
    /// Where redirects may lead.
    pub permissions: Permissions,
}

/// The answer of a server.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    Network(String),
    Late,
    /// The body is longer than it may be.
    TooLong,
    /// A redirect leads to an address that the program may not reach.
    Denied(String),
}

impl Failure {
    fn network(error: &(impl Error + ?Sized)) -> Failure {
        // Libraries tell what went wrong innermost.
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = error.to_string();
            source = error.source();
        }
        Failure::Network(text)
    }
}

/// Asks a server, and those that it points to.
///
/// # Errors
/// If no answer comes in time.
pub async fn exchange(client: Client, wanted: Wanted) -> Result<Answer, Failure> {
    let timeout = wanted.timeout;
    match tokio::time::timeout(timeout, follow(client, wanted)).await {
        Ok(done) => done,
        Err(_) => Err(Failure::Late),
    }
}

async fn follow(client: Client, mut wanted: Wanted) -> Result<Answer, Failure> {
    let mut left = wanted.redirects;
    let takes_gzip = !wanted.headers.contains_key(header::ACCEPT_ENCODING);
    if takes_gzip {
        let gzip = HeaderValue::from_static("gzip");
        wanted.headers.insert(header::ACCEPT_ENCODING, gzip);
    }
    loop {
        let response = ask(&client, &wanted).await?;
        let Some(next) = next_place(&wanted, &response)? else {
            return receive(response, wanted.max_bytes, takes_gzip).await;
        };
        if wanted.redirects == 0 {
            return receive(response, wanted.max_bytes, takes_gzip).await;
        }
        if left == 0 {
            let many = wanted.redirects;
            return Err(Failure::Network(format!("more than {many} redirects")));
        }
        left -= 1;
        redirect(&mut wanted, response.status(), next)?;
    }
}

/// Sends a request and waits for the head of the response.
async fn ask(client: &Client, wanted: &Wanted) -> Result<Response<Incoming>, Failure> {
    let url = &wanted.url;
    let uri = format!("{}://{}{}", url.scheme, url.address(), url.target());
    let uri: Uri = uri.parse().map_err(|error| Failure::network(&error))?;
    let mut request = Request::new(Full::new(wanted.body.clone()));
    *request.method_mut() = wanted.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = wanted.headers.clone();
    let asked = match url.scheme.as_str() {
        "https" => {
            let secure = client.secure().map_err(|error| Failure::network(&error))?;
            secure.pool.request(request).await
        }
        _ => client.plain.request(request).await,
    };
    asked.map_err(|error| Failure::network(&error))
}

/// Where a redirect leads.
fn next_place(wanted: &Wanted, response: &Response<Incoming>) -> Result<Option<Url>, Failure> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(place) = response
        .headers()
        .get(header::LOCATION)
        .filter(|_| is_redirect)
    else {
        return Ok(None);
    };
    let place = String::from_utf8_lossy(place.as_bytes());
    let bad = |why: &dyn Display| Failure::Network(format!("a redirect to '{place}': {why}"));
    let next = wanted.url.join(&place).map_err(|got| bad(&got))?;
    match next.scheme.as_str() {
        "http" | "https" => Ok(Some(next)),
        _ => Err(bad(&"neither http nor https")),
    }
}

/// Changes a request as a redirect wants it.
fn redirect(wanted: &mut Wanted, status: StatusCode, next: Url) -> Result<(), Failure> {
    if !wanted.permissions.allows_address(&next.address()) {
        return Err(Failure::Denied(next.address()));
    }
    let headers = &mut wanted.headers;
    let keeps_method = matches!(status.as_u16(), 307 | 308);
    if !keeps_method && wanted.method != Method::HEAD {
        wanted.method = Method::GET;
        wanted.body = Bytes::new();
        headers.remove(header::CONTENT_TYPE);
        headers.remove(header::CONTENT_ENCODING);
    }
    if (&next.scheme, next.address()) != (&wanted.url.scheme, wanted.url.address()) {
        // These are for the first server alone.
        for secret in [
            header::AUTHORIZATION,
            header::COOKIE,
            header::PROXY_AUTHORIZATION,
        ] {
            headers.remove(secret);
        }
        headers.remove(header::HOST);
    }
    wanted.url = next;
    Ok(())
}

/// Receives the body of a response.
async fn receive(
    response: Response<Incoming>,
    max_bytes: usize,
    takes_gzip: bool,
) -> Result<Answer, Failure> {
    let (head, mut incoming) = response.into_parts();
    let mut headers = head.headers;
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| Failure::network(&error))?;
        if let Some(data) = frame.data_ref() {
            if data.len() > max_bytes - body.len() {
                return Err(Failure::TooLong);
            }
            body.extend_from_slice(data);
        }
    }
    let encoding = headers.get(header::CONTENT_ENCODING);
    if takes_gzip && !body.is_empty() && encoding.is_some_and(is_gzip) {
        body = unpacked(&body, max_bytes)?;
        headers.remove(header::CONTENT_ENCODING);
        headers.remove(header::CONTENT_LENGTH);
    }
    Ok(Answer {
        status: head.status.as_u16(),
        headers,
        body,
    })
}

fn is_gzip(encoding: &HeaderValue) -> bool {
    let encoding = encoding.as_bytes();
    encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
}

fn unpacked(packed: &[u8], max_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let mut from = MultiGzDecoder::new(packed).take(max_bytes as u64 + 1);
    let read = from.read_to_end(&mut body);
    read.map_err(|error| Failure::Network(format!("a damaged body: {error}")))?;
    match body.len() > max_bytes {
        true => Err(Failure::TooLong),
        false => Ok(body),
    }
}

/// The values of a response's headers by name: those of several are joined.
pub fn joined(headers: &HeaderMap) -> Vec<(&HeaderName, String)> {
    let names = headers.keys();
    let all = names.map(|name| {
        // Cookies have commas in their dates.
        let between = match *name == header::SET_COOKIE {
            true => "\n",
            false => ", ",
        };
        let values = headers.get_all(name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        (name, values.collect::<Vec<_>>().join(between))
    });
    all.collect()
}
