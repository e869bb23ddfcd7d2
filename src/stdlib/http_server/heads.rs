//! The bytes of a connection on their way to the library that reads requests. It resolves
//! silently what a proxy in front might understand otherwise: a request with both headers
//! that say how long its body is. Such requests are found here.

use crate::stdlib::sockets::patient::Patient;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Which requests of a connection have two lengths, by their numbers.
#[derive(Clone, Default)]
pub struct Smuggled(Arc<Mutex<Vec<u64>>>);

impl Smuggled {
    pub fn has(&self, request: u64) -> bool {
        let numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.contains(&request)
    }

    fn add(&self, request: u64) {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.push(request);
    }
}

/// Where in the requests the bytes are.
enum Within {
    /// In a head, which so far is this.
    Head(Vec<u8>),
    /// In a body, of which so many bytes are left.
    Body(u64),
    /// Nothing more is looked at: this is the connection's last request.
    Last,
}

/// Finds the heads in what a client sends.
struct Heads {
    within: Within,
    /// The number of the request.
    request: u64,
    smuggled: Smuggled,
}

/// A longer head is refused.
const LONGEST: usize = 96 << 10;

impl Heads {
    fn look(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match &mut self.within {
                Within::Last => return,
                Within::Body(left) => {
                    let len = (*left).min(bytes.len() as u64);
                    bytes = &bytes[len as usize..];
                    *left -= len;
                    if *left == 0 {
                        self.within = Within::Head(Vec::new());
                    }
                }
                Within::Head(head) => {
                    let Some(len) = add_to_head(head, bytes) else {
                        if head.len() > LONGEST {
                            self.within = Within::Last;
                        }
                        return;
                    };
                    bytes = &bytes[len..];
                    let head = std::mem::take(head);
                    self.within = self.after(&head);
                    self.request += 1;
                }
            }
        }
    }

    /// Where the bytes are after a head.
    fn after(&self, head: &[u8]) -> Within {
        let (mut length, mut is_encoded) = (None, false);
        for line in head.split(|&byte| byte == b'\n').skip(1) {
            let Some(at) = line.iter().position(|&byte| byte == b':') else {
                continue;
            };
            let (name, value) = (&line[..at], line[at + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                let digits = std::str::from_utf8(value).ok();
                length = Some(digits.and_then(|digits| digits.parse().ok()));
            }
            is_encoded |= name.eq_ignore_ascii_case(b"transfer-encoding");
        }
        if is_encoded {
            if length.is_some() {
                self.smuggled.add(self.request);
            }
            return Within::Last;
        }
        match length {
            None | Some(Some(0)) => Within::Head(Vec::new()),
            Some(Some(length)) => Within::Body(length),
            // It is refused.
            Some(None) => Within::Last,
        }
    }
}

/// Appends bytes to a head up to its end; how many those were, if it has an end now.
fn add_to_head(head: &mut Vec<u8>, bytes: &[u8]) -> Option<usize> {
    for (at, &byte) in bytes.iter().enumerate() {
        // Empty lines in front of a request are skipped.
        if head.is_empty() && matches!(byte, b'\r' | b'\n') {
            continue;
        }
        head.push(byte);
        if byte == b'\n' && (head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n")) {
            return Some(at + 1);
        }
    }
    None
}

/// A connection whose requests are looked at.
pub struct Watched {
    stream: Patient<TcpStream>,
    heads: Heads,
}

impl Watched {
    pub fn new(stream: Patient<TcpStream>) -> (Watched, Smuggled) {
        let smuggled = Smuggled::default();
        let heads = Heads {
            within: Within::Head(Vec::new()),
            request: 0,
            smuggled: smuggled.clone(),
        };
        (Watched { stream, heads }, smuggled)
    }

    /// The connection, when its last request has been read.
    pub fn into_stream(self) -> Patient<TcpStream> {
        self.stream
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.heads.look(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The requests with two lengths among those of a text, in pieces of any size.
    fn smuggled(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        for size in 1..=text.len() {
            let smuggled = Smuggled::default();
            let mut heads = Heads {
                within: Within::Head(Vec::new()),
                request: 0,
                smuggled: smuggled.clone(),
            };
            text.as_bytes()
                .chunks(size)
                .for_each(|piece| heads.look(piece));
            let numbers = smuggled.0.lock().unwrap().clone();
            assert!(size == 1 || numbers == found, "{size}");
            found = numbers;
        }
        found
    }

    #[test]
    fn requests_with_two_lengths_are_found() {
        let plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let long =
            "POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\nTransfer-Encoding: x\r\n\r\n012345";
        let both = "POST / HTTP/1.1\r\nContent-Length: 3\r\nTRANSFER-encoding: chunked\r\n\r\n";
        let turned = "POST / HTTP/1.1\nTransfer-Encoding: chunked\nX: y\ncontent-length: 3\n\n";
        assert!(smuggled(&format!("{plain}{long}{plain}")).is_empty());
        assert_eq!(smuggled(&format!("{plain}{long}{both}")), [2]);
        assert_eq!(smuggled(&format!("\r\n{turned}")), [0]);
        assert_eq!(
            smuggled(&format!("{long}\r\n\r\n{plain}{turned}{both}")),
            [2]
        );
    }
}
