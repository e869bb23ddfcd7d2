//! Sockets (STDLIB 23): TCP and UDP. Everything that can be done at once is done at once;
//! otherwise the call waits, at most 30 seconds.

use super::declare::*;

#[cfg(feature = "http")]
pub mod patient;
#[cfg(all(feature = "net", unix))]
mod socket;
#[cfg(all(feature = "net", unix))]
mod tcp;
#[cfg(all(feature = "net", unix))]
mod udp;

#[cfg(not(all(feature = "net", unix)))]
mod tcp {
    super::left_out!("net": tcp_listen tcp_accept tcp_connect tcp_send tcp_receive
        tcp_set_nonblocking tcp_port tcp_close);
}
#[cfg(not(all(feature = "net", unix)))]
mod udp {
    super::left_out!("net": udp_bind udp_send_to udp_receive_from udp_port udp_close);
}

natives! {
    /// A listener for TCP connections at an address of this machine.
    ///
    /// Port 0 lets the system choose one, which `tcp_port` tells.
    pure fn [calls outside reads writes] tcp_listen(host: HOST, port: INT) -> "tcplistener" = tcp::tcp_listen;
    /// The next connection that comes in.
    ///
    /// It waits at most 30 seconds, then throws `timeout`, as all that waits here.
    pure fn [calls outside reads writes] tcp_accept(listener: TCP_LISTENER) -> "tcpstream" = tcp::tcp_accept; waits;
    /// A connection to an address.
    ///
    /// One that is refused throws `network`.
    pure fn [calls outside reads writes] tcp_connect(host: HOST, port: INT) -> "tcpstream" = tcp::tcp_connect;
    /// Sends a string, as UTF-8, or bytes: the number of bytes.
    ///
    /// That is all of them; in non-blocking mode as many as the system takes at once.
    pure fn [calls outside reads writes] tcp_send(stream: TCP_STREAM, data: DATA) -> "int" = tcp::tcp_send; waits;
    /// The data that has come in, at most `size` bytes (1 to 8 MiB); empty at the end of the
    /// stream.
    ///
    /// `as` is `"text"` or `"bytes"`. A character of a text is given whole, with a later call
    /// if only a part of it has come; what is not UTF-8 throws `value` and can still be
    /// received as bytes.
    pure fn [calls outside reads writes] tcp_receive(stream: TCP_STREAM, size: WHOLE, r#as: or(STRING, "\"text\"")) -> "string/bytes" = tcp::tcp_receive; waits;
    /// Whether calls that would have to wait throw `timeout` at once; true.
    pure fn [none] tcp_set_nonblocking(x: TCP_SOCKET, on: BOOL) -> "bool" = tcp::tcp_set_nonblocking; writes;
    /// The port on this machine.
    pure fn [none] tcp_port(x: TCP_SOCKET) -> "int" = tcp::tcp_port; reads;
    /// Closes it: whether it was open.
    ///
    /// Calls that wait for it then throw `state`.
    pure fn [none] tcp_close(x: TCP_SOCKET) -> "bool" = tcp::tcp_close; writes;
    /// A socket for UDP at an address of this machine.
    ///
    /// Port 0 lets the system choose one, which `udp_port` tells.
    pure fn [calls outside reads writes] udp_bind(host: HOST, port: INT) -> "udpsocket" = udp::udp_bind;
    /// Sends a string, as UTF-8, or bytes as one message: the number of bytes.
    pure fn [calls outside reads writes] udp_send_to(socket: UDP_SOCKET, data: DATA, host: HOST, port: INT) -> "int" = udp::udp_send_to;
    /// The next message: a dict of `data`, `from` (`"ip:port"`) and `size`.
    ///
    /// A message that is longer than `size` bytes (1 to 8 MiB) is cut. `as` is `"text"` or
    /// `"bytes"`; a message that is not UTF-8 throws `value`.
    pure fn [calls outside reads writes] udp_receive_from(socket: UDP_SOCKET, size: WHOLE, r#as: or(STRING, "\"text\"")) -> "dict" = udp::udp_receive_from; waits;
    /// The port on this machine.
    pure fn [none] udp_port(socket: UDP_SOCKET) -> "int" = udp::udp_port; reads;
    /// Closes it: whether it was open.
    ///
    /// Calls that wait for it then throw `state`.
    pure fn [none] udp_close(socket: UDP_SOCKET) -> "bool" = udp::udp_close; writes;
}
