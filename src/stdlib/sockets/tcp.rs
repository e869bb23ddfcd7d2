//! TCP: listeners and streams.

use super::socket::*;
use crate::heap::types::LibraryType;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault};
use crate::stdlib::declare::address;
use crate::stdlib::limits::new_text;
use crate::stdlib::operands::{data_arg, str_arg};
use crate::stdlib::outside::wait;
use crate::value::Value;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::Interest;

/// Bytes that are asked of the system at once.
const PIECE: usize = 64 << 10;
/// Bytes of the longest character.
const LONGEST_CHARACTER: usize = 4;

struct Listener {
    socket: Socket<TcpListener>,
    address: String,
}

struct Stream {
    socket: Socket<TcpStream>,
    /// The address of the other side.
    peer: String,
    /// Bytes that have come and have not been given yet.
    rest: Mutex<Vec<u8>>,
}

/// The data that has been received.
enum Received {
    Bytes(Vec<u8>),
    Text(String),
    /// It is no UTF-8.
    Invalid,
}

impl Stream {
    fn new(stream: TcpStream, peer: String) -> io::Result<Stream> {
        stream.set_nonblocking(true)?;
        // Small messages are not held back until others are acknowledged.
        stream.set_nodelay(true)?;
        Ok(Stream {
            socket: Socket::new(stream),
            peer,
            rest: Mutex::default(),
        })
    }

    /// Receives what there is.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing, or only a part of a character for a text.
    fn receive(&self, mut from: &TcpStream, size: usize, as_text: bool) -> io::Result<Received> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if !as_text && !rest.is_empty() {
            let len = size.min(rest.len());
            return Ok(Received::Bytes(rest.drain(..len).collect()));
        }
        loop {
            if let Some(received) = text_in(&mut rest, size).filter(|_| as_text) {
                return Ok(received);
            }
            let start = rest.len();
            // The rest of a character may be more.
            let most = size.saturating_sub(start).max(1);
            let ended = read_up_to(&mut from, &mut rest, most)?;
            if !as_text {
                return Ok(Received::Bytes(std::mem::take(&mut rest)));
            }
            if ended && rest.len() == start {
                return Ok(match rest.is_empty() {
                    true => Received::Text(String::new()),
                    false => Received::Invalid,
                });
            }
        }
    }
}

/// Appends what can be read at once; whether the end has been reached.
fn read_up_to(from: &mut &TcpStream, bytes: &mut Vec<u8>, most: usize) -> io::Result<bool> {
    let start = bytes.len();
    loop {
        let so_far = bytes.len();
        let piece = PIECE.min(most - (so_far - start));
        bytes.resize(so_far + piece, 0);
        let read = from.read(&mut bytes[so_far..]);
        bytes.truncate(so_far + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => return Ok(true),
            Ok(len) if len == PIECE && bytes.len() - start < most => {}
            Ok(_) => return Ok(false),
            // The bytes read before are given; an error comes again.
            Err(_) if so_far > start => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// Takes the characters at the beginning of what has come, at most `size` bytes or one
/// character; `None` if not even one is complete.
fn text_in(rest: &mut Vec<u8>, size: usize) -> Option<Received> {
    let valid = |most: usize| {
        let looked_at = &rest[..rest.len().min(most)];
        match std::str::from_utf8(looked_at) {
            Ok(text) => (text, false),
            Err(error) => {
                let valid = &looked_at[..error.valid_up_to()];
                (
                    std::str::from_utf8(valid).unwrap_or(""),
                    error.error_len().is_some(),
                )
            }
        }
    };
    let len = match valid(size) {
        (text, _) if !text.is_empty() => text.len(),
        (_, true) => return Some(Received::Invalid),
        _ => match valid(LONGEST_CHARACTER) {
            ("", is_invalid) => return is_invalid.then_some(Received::Invalid),
            (text, _) => text.chars().next().map_or(0, char::len_utf8),
        },
    };
    let bytes: Vec<u8> = rest.drain(..len).collect();
    Some(String::from_utf8(bytes).map_or(Received::Invalid, Received::Text))
}

pub fn tcp_listen(cx: &mut dyn Context, args: Args) -> Fallible {
    let (host, port) = (str_arg(cx, args, 0).to_string(), port_arg(args, 1));
    let address = address(cx, "tcp_listen", args.get(0), args.get(1))?;
    let bound = async move {
        let listener = patiently(tokio::net::TcpListener::bind((host, port))).await?;
        let listener = listener.into_std()?;
        let address = listener.local_addr()?.to_string();
        Ok((listener, address))
    };
    wait(
        cx,
        bound,
        move |cx, bound: Result<_, Refusal>| match bound {
            Err(refusal) => {
                let what = format!("listen at '{address}'");
                Err(refused("tcp_listen", "tcplistener", &what, refusal))
            }
            Ok((listener, address)) => {
                let socket = Socket::new(listener);
                let listener = Arc::new(Listener { socket, address });
                Ok(cx.heap().new_handle(LibraryType::TcpListener, listener))
            }
        },
    )
}

/// Takes a connection that has come in.
fn accept(listener: &TcpListener) -> io::Result<Stream> {
    let (stream, peer) = listener.accept()?;
    Stream::new(stream, peer.to_string())
}

pub fn tcp_accept(cx: &mut dyn Context, args: Args) -> Fallible {
    let listener: Arc<Listener> = socket_arg(args);
    let refused = |listener: &Listener, refusal| {
        let what = format!("accept a connection at '{}'", listener.address);
        refused("tcp_accept", "tcplistener", &what, refusal)
    };
    match listener.socket.at_once(accept) {
        Ok(Some(stream)) => return Ok(new_stream(cx, stream)),
        Ok(None) => {}
        Err(refusal) => return Err(refused(&listener, refusal)),
    }
    let waiting = listener.clone();
    let accepted = async move { waiting.socket.when_ready(Interest::READABLE, accept).await };
    wait(cx, accepted, move |cx, accepted| match accepted {
        Ok(stream) => Ok(new_stream(cx, stream)),
        Err(refusal) => Err(refused(&listener, refusal)),
    })
}

fn new_stream(cx: &mut dyn Context, stream: Stream) -> Value {
    let stream = Arc::new(stream);
    cx.heap().new_handle(LibraryType::TcpStream, stream)
}

pub fn tcp_connect(cx: &mut dyn Context, args: Args) -> Fallible {
    let (host, port) = (str_arg(cx, args, 0).to_string(), port_arg(args, 1));
    let address = address(cx, "tcp_connect", args.get(0), args.get(1))?;
    let peer = address.clone();
    let connected = async move {
        let stream = patiently(tokio::net::TcpStream::connect((host, port))).await?;
        Ok(Stream::new(stream.into_std()?, peer)?)
    };
    wait(cx, connected, move |cx, connected| match connected {
        Ok(stream) => Ok(new_stream(cx, stream)),
        Err(refusal) => {
            let what = format!("connect to '{address}'");
            Err(refused("tcp_connect", "tcpstream", &what, refusal))
        }
    })
}

/// Writes what the system takes at once; nothing is `WouldBlock`.
fn write(mut to: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match to.write(&bytes[written..]) {
            Ok(len) => written += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) if written > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

pub fn tcp_send(cx: &mut dyn Context, args: Args) -> Fallible {
    let stream: Arc<Stream> = socket_arg(args);
    let bytes = data_arg(cx, args, 1);
    let total = bytes.len() as i64;
    let refused = |stream: &Stream, refusal| {
        let what = format!("send to '{}'", stream.peer);
        refused("tcp_send", "tcpstream", &what, refusal)
    };
    let sent = match stream.socket.at_once(|socket| write(socket, bytes)) {
        Ok(sent) => sent.unwrap_or(0),
        Err(refusal) => return Err(refused(&stream, refusal)),
    };
    if sent == bytes.len() || stream.socket.never_waits() {
        return Ok(Value::int(sent as i64));
    }
    let (waiting, rest) = (stream.clone(), bytes[sent..].to_vec());
    let sent = async move {
        let mut sent = 0;
        while sent < rest.len() {
            let work = |socket: &TcpStream| write(socket, &rest[sent..]);
            sent += waiting.socket.when_ready(Interest::WRITABLE, work).await?;
        }
        Ok(())
    };
    wait(cx, sent, move |_, sent| match sent {
        Ok(()) => Ok(Value::int(total)),
        Err(refusal) => Err(refused(&stream, refusal)),
    })
}

pub fn tcp_receive(cx: &mut dyn Context, args: Args) -> Fallible {
    let stream: Arc<Stream> = socket_arg(args);
    let size = size_arg(cx, "tcp_receive", args.get(1))?;
    let as_text = is_text(cx, "tcp_receive", args.get(2))?;
    let received = (stream.socket).at_once(|socket| stream.receive(socket, size, as_text));
    let received = match received {
        Ok(None) => None,
        Ok(Some(received)) => Some(Ok(received)),
        Err(refusal) => Some(Err(refusal)),
    };
    if let Some(received) = received {
        return give(cx, &stream, received);
    }
    let waiting = stream.clone();
    let received = async move {
        let work = |socket: &TcpStream| waiting.receive(socket, size, as_text);
        waiting.socket.when_ready(Interest::READABLE, work).await
    };
    wait(cx, received, move |cx, received| {
        give(cx, &stream, received)
    })
}

/// Gives the program what has been received.
fn give(cx: &mut dyn Context, stream: &Stream, received: Result<Received, Refusal>) -> Fallible {
    match received {
        Ok(Received::Bytes(bytes)) => Ok(cx.heap().new_bytes(&bytes)),
        Ok(Received::Text(text)) => new_text(cx, "tcp_receive", &text),
        Ok(Received::Invalid) => {
            let peer = &stream.peer;
            let message = format!("tcp_receive() expects UTF-8; got other bytes from '{peer}'");
            Err(Fault::new(ErrorKind::Value, message))
        }
        Err(refusal) => {
            let what = format!("receive from '{}'", stream.peer);
            Err(refused("tcp_receive", "tcpstream", &what, refusal))
        }
    }
}

/// The socket of argument 0, of either type.
enum Either {
    Listener(Arc<Listener>),
    Stream(Arc<Stream>),
}

impl Either {
    fn of(args: Args) -> Either {
        match args.get(0).handle_type() {
            LibraryType::TcpListener => Either::Listener(socket_arg(args)),
            _ => Either::Stream(socket_arg(args)),
        }
    }

    fn is_open(&self) -> Result<(), Refusal> {
        match self {
            Either::Listener(listener) => listener.socket.open().map(drop),
            Either::Stream(stream) => stream.socket.open().map(drop),
        }
    }
}

pub fn tcp_set_nonblocking(_: &mut dyn Context, args: Args) -> Fallible {
    let (either, never) = (Either::of(args), args.get(1) == Value::TRUE);
    if let Err(refusal) = either.is_open() {
        let socket = type_of_socket(args);
        return Err(refused("tcp_set_nonblocking", socket, "", refusal));
    }
    match either {
        Either::Listener(listener) => listener.socket.set_never_waits(never),
        Either::Stream(stream) => stream.socket.set_never_waits(never),
    }
    Ok(Value::TRUE)
}

pub fn tcp_port(_: &mut dyn Context, args: Args) -> Fallible {
    let address = match Either::of(args) {
        Either::Listener(listener) => {
            (listener.socket.open()).and_then(|socket| Ok(socket.local_addr()?))
        }
        Either::Stream(stream) => {
            (stream.socket.open()).and_then(|socket| Ok(socket.local_addr()?))
        }
    };
    match address {
        Ok(address) => Ok(Value::int(address.port().into())),
        Err(refusal) => {
            let socket = type_of_socket(args);
            Err(refused("tcp_port", socket, "find the port", refusal))
        }
    }
}

pub fn tcp_close(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(match Either::of(args) {
        Either::Listener(listener) => listener.socket.close(),
        Either::Stream(stream) => {
            if let Ok(open) = stream.socket.open() {
                // Others may hold it for a moment more. A connection that is gone is closed.
                let _ = open.shutdown(std::net::Shutdown::Both);
            }
            stream.socket.close()
        }
    }))
}
