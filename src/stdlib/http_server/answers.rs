//! Answers of a server, and those that the program has no part in.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};

/// An answer.
pub type Answer = Response<Full<Bytes>>;

/// An answer that the program has no part in, after which the connection is closed.
pub fn refusal(status: StatusCode) -> Answer {
    let mut answer = plain(status);
    close(&mut answer);
    answer
}

/// Has the connection closed after an answer.
pub fn close(answer: &mut Answer) {
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(header::CONNECTION, close);
}

/// An answer that says its status.
pub fn plain(status: StatusCode) -> Answer {
    let text = status.canonical_reason().unwrap_or("");
    let mut answer = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *answer.status_mut() = status;
    let content = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, content);
    answer
}
