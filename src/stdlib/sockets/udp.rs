//! UDP: sockets that send and receive single messages.

use super::socket::*;
use crate::heap::types::LibraryType;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, dict};
use crate::stdlib::declare::address;
use crate::stdlib::limits::new_text;
use crate::stdlib::operands::{data_arg, str_arg};
use crate::stdlib::outside::wait;
use crate::value::Value;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use tokio::io::Interest;
use tokio::net::lookup_host;

struct Udp {
    socket: Socket<UdpSocket>,
    address: String,
}

pub fn udp_bind(cx: &mut dyn Context, args: Args) -> Fallible {
    let (host, port) = (str_arg(cx, args, 0).to_string(), port_arg(args, 1));
    let address = address(cx, "udp_bind", args.get(0), args.get(1))?;
    let bound = async move {
        let socket = patiently(tokio::net::UdpSocket::bind((host, port))).await?;
        let socket = socket.into_std()?;
        let address = socket.local_addr()?.to_string();
        Ok((socket, address))
    };
    wait(
        cx,
        bound,
        move |cx, bound: Result<_, Refusal>| match bound {
            Err(refusal) => {
                let what = format!("bind '{address}'");
                Err(refused("udp_bind", "udpsocket", &what, refusal))
            }
            Ok((socket, address)) => {
                let socket = Socket::new(socket);
                let udp = Arc::new(Udp { socket, address });
                Ok(cx.heap().new_handle(LibraryType::UdpSocket, udp))
            }
        },
    )
}

pub fn udp_send_to(cx: &mut dyn Context, args: Args) -> Fallible {
    let udp: Arc<Udp> = socket_arg(args);
    let bytes = data_arg(cx, args, 1);
    let (host, port) = (str_arg(cx, args, 2), port_arg(args, 3));
    let address = address(cx, "udp_send_to", args.get(2), args.get(3))?;
    let given = move |sent: Result<usize, Refusal>| match sent {
        Ok(len) => Ok(Value::int(len as i64)),
        Err(refusal) => {
            let what = format!("send to '{address}'");
            Err(refused("udp_send_to", "udpsocket", &what, refusal))
        }
    };
    if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
        let to = SocketAddr::new(ip, port);
        match udp.socket.at_once(|socket| socket.send_to(bytes, to)) {
            Ok(None) => {}
            Ok(Some(len)) => return given(Ok(len)),
            Err(refusal) => return given(Err(refusal)),
        }
    }
    let (host, bytes) = (host.to_string(), bytes.to_vec());
    let work = async move {
        let is_v4 = udp.socket.open()?.local_addr()?.is_ipv4();
        let mut found = patiently(lookup_host((host, port))).await?;
        let Some(to) = found.find(|to| to.is_ipv4() == is_v4) else {
            let error = io::Error::other("no address of the socket's kind is known for it");
            return Err(Refusal::Io(error));
        };
        let work = |socket: &UdpSocket| socket.send_to(&bytes, to);
        udp.socket.when_ready(Interest::WRITABLE, work).await
    };
    wait(cx, work, move |_, sent| given(sent))
}

/// Receives a message of at most so many bytes.
fn receive(socket: &UdpSocket, size: usize) -> io::Result<(Vec<u8>, SocketAddr)> {
    /// No message is longer.
    const LONGEST: usize = 1 << 16;
    let mut bytes = vec![0; size.min(LONGEST)];
    let (len, from) = socket.recv_from(&mut bytes)?;
    bytes.truncate(len);
    Ok((bytes, from))
}

pub fn udp_receive_from(cx: &mut dyn Context, args: Args) -> Fallible {
    let udp: Arc<Udp> = socket_arg(args);
    let size = size_arg(cx, "udp_receive_from", args.get(1))?;
    let as_text = is_text(cx, "udp_receive_from", args.get(2))?;
    let received = udp.socket.at_once(|socket| receive(socket, size));
    let received = match received {
        Ok(None) => None,
        Ok(Some(received)) => Some(Ok(received)),
        Err(refusal) => Some(Err(refusal)),
    };
    if let Some(received) = received {
        return give(cx, &udp, received, as_text);
    }
    let waiting = udp.clone();
    let received = async move {
        let work = |socket: &UdpSocket| receive(socket, size);
        waiting.socket.when_ready(Interest::READABLE, work).await
    };
    wait(cx, received, move |cx, received| {
        give(cx, &udp, received, as_text)
    })
}

/// Gives the program a message.
fn give(
    cx: &mut dyn Context,
    udp: &Udp,
    received: Result<(Vec<u8>, SocketAddr), Refusal>,
    as_text: bool,
) -> Fallible {
    let (bytes, from) = received.map_err(|refusal| {
        let what = format!("receive at '{}'", udp.address);
        refused("udp_receive_from", "udpsocket", &what, refusal)
    })?;
    let data = match as_text {
        false => cx.heap().new_bytes(&bytes),
        true => match std::str::from_utf8(&bytes) {
            Ok(text) => new_text(cx, "udp_receive_from", text)?,
            Err(_) => {
                let got = format!("got other bytes from '{from}'");
                let message = format!("udp_receive_from() expects UTF-8; {got}");
                return Err(Fault::new(ErrorKind::Value, message));
            }
        },
    };
    let from = cx.heap().new_string(&from.to_string());
    let size = Value::int(bytes.len() as i64);
    Ok(dict::record(
        cx,
        &[("data", data), ("from", from), ("size", size)],
    ))
}

pub fn udp_port(_: &mut dyn Context, args: Args) -> Fallible {
    let udp: Arc<Udp> = socket_arg(args);
    let address = (udp.socket.open()).and_then(|socket| Ok(socket.local_addr()?));
    match address {
        Ok(address) => Ok(Value::int(address.port().into())),
        Err(refusal) => Err(refused("udp_port", "udpsocket", "find the port", refusal)),
    }
}

pub fn udp_close(_: &mut dyn Context, args: Args) -> Fallible {
    let udp: Arc<Udp> = socket_arg(args);
    Ok(Value::bool(udp.socket.close()))
}
