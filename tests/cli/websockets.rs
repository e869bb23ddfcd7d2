//! WebSockets whose other side breaks the rules: a server stays up and says why it closes,
//! a client gets an error.

use super::network::{PATIENCE, Server, secure};
use super::support::*;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Instant;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const SERVER: &str = r#"
s := http_server(0)
s.websocket("/echo", (ws, r) => {
    loop {
        message := ws.receive()
        if message == null { break }
        ws.send(message)
    }
})
s.websocket("/flood", (ws, r) => {
    for i in range(20) { ws.send(repeat("x", 1000000)) }
})
s.websocket("/throws", (ws, r) => {
    ws.receive()
    throw "secret words"
})
s.websocket("/waits", (ws, r) => channel().receive())
s.websocket("/spoken", (ws, r) => { ws.send("${ws.protocol()}") }, ["chat.v1", "chat.v2"])
s.route("GET", "/ok", (r) => http_response(200, "ok"))
s.route("GET", "/stops", (r) => {
    s.stop()
    return http_response(200, "stopped")
})
print(s.start())
"#;

/// The example of RFC 6455, and the answer to it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n\
         Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
}

/// A connection whose handshake is done; `first` is sent together with the request.
fn open(server: &Server, path: &str, first: &[u8]) -> TcpStream {
    let mut stream = server.connect();
    let mut bytes = request(path).into_bytes();
    bytes.extend_from_slice(first);
    stream.write_all(&bytes).expect("it takes requests");
    let head = read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let accept = format!("sec-websocket-accept: {ACCEPT}\r\n");
    assert!(head.contains(&accept), "{head}");
    stream
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("text")
}

/// A frame as clients send it.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(0x80 | len as u8),
        len @ ..65_536 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    const MASK: [u8; 4] = [1, 2, 3, 4];
    frame.extend_from_slice(&MASK);
    let pairs = payload.iter().zip(MASK.iter().cycle());
    frame.extend(pairs.map(|(byte, mask)| byte ^ mask));
    frame
}

/// The next frame of a server: its first byte and its payload; `None` at the end.
fn read_frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).ok()?;
    assert!(head[1] < 126, "a short frame without a mask: {head:?}");
    let mut payload = vec![0; head[1].into()];
    stream.read_exact(&mut payload).ok()?;
    Some((head[0], payload))
}

fn is_up(server: &Server) {
    let answer = server.answer("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(answer.ends_with("ok"), "{answer:?}");
}

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

#[test]
fn only_whole_requests_open_one() {
    let server = Server::running(SERVER);
    for (right, wrong) in [
        ("GET", "POST"),
        ("HTTP/1.1", "HTTP/1.0"),
        ("Upgrade: WebSocket\r\n", ""),
        ("keep-alive, Upgrade", "keep-alive"),
        ("Version: 13", "Version: 8"),
        (KEY, "c2hvcnQ="),
        (KEY, "dGhlIHNhbXBsZSBub25jZ!=="),
        ("Sec-WebSocket-Key", "X-Key"),
    ] {
        let request = request("/echo").replace(right, wrong);
        let request = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let answer = server.answer(&request);
        assert!(
            answer.contains(" 426 Upgrade Required\r\n"),
            "{request}{answer}"
        );
        assert!(answer.contains("sec-websocket-version: 13\r\n"), "{answer}");
    }
    let answer = server.answer(request("/none").replace("keep-alive", "close"));
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    is_up(&server);
}

/// The first of the client's that the server knows; none is chosen that the client has not
/// asked for.
#[test]
fn subprotocols_are_agreed_on() {
    let server = Server::running(SERVER);
    for (asked, chosen) in [
        ("chat.v2, chat.v1", Some("chat.v2")),
        ("other,chat.v1", Some("chat.v1")),
        ("other", None),
        ("", None),
    ] {
        let header = format!("\r\nSec-WebSocket-Protocol: {asked}\r\n\r\n");
        let asks = match asked {
            "" => request("/spoken"),
            _ => request("/spoken").replacen("\r\n\r\n", &header, 1),
        };
        let mut stream = server.connect();
        stream.write_all(asks.as_bytes()).expect("it takes it");
        let head = read_head(&mut stream).to_lowercase();
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        let found = head
            .lines()
            .find_map(|line| line.strip_prefix("sec-websocket-protocol: "));
        assert_eq!(found, chosen, "{asked}: {head}");
        let said = chosen.unwrap_or("null").as_bytes().to_vec();
        assert_eq!(read_frame(&mut stream), Some((TEXT, said)), "{asked}");
    }
    let url = format!("ws://127.0.0.1:{}/", server.port);
    eval(&format!(
        "ws := ws_connect(\"{url}spoken\", {{protocols: [\"none\", \"chat.v1\"]}})\n\
         print(ws.protocol(), ws.receive())\n\
         print(ws_connect(\"{url}spoken\").protocol())\n\
         for path in [\"spoken\", \"echo\"] {{\n\
         try {{ ws_connect(\"{url}\" + path, {{protocols: [\"none\"]}}) }} except e {{ print(e.kind) }}\n\
         }}\n\
         try {{ ws_connect(\"{url}echo\", {{protocols: [\"a b\"]}}) }} except e {{ print(e.kind) }}"
    ))
    .ended(0)
    .printed("chat.v1 chat.v1\nnull\nnetwork\nnetwork\nvalue\n");
}

#[test]
fn frames_make_messages() {
    let server = Server::running(SERVER);
    // Bytes that come together with the request are a message already.
    let mut stream = open(&server, "/echo", &masked(TEXT, b"early"));
    assert_eq!(read_frame(&mut stream), Some((TEXT, b"early".to_vec())));
    // A message in parts, which cut a character, with a ping between them.
    let mut parts = masked(0x01, b"h\xc3");
    parts.extend(masked(PING, b"there?"));
    parts.extend(masked(0x00, b""));
    parts.extend(masked(PONG, b"unasked"));
    parts.extend(masked(0x80, b"\xb6llo"));
    for byte in parts {
        stream.write_all(&[byte]).expect("it takes bytes");
    }
    assert_eq!(read_frame(&mut stream), Some((PONG, b"there?".to_vec())));
    let whole = "hö\u{6c}lo".as_bytes().to_vec();
    assert_eq!(read_frame(&mut stream), Some((TEXT, whole)));
    // Bytes need not be text.
    stream
        .write_all(&masked(0x82, b"\xff"))
        .expect("it takes bytes");
    assert_eq!(read_frame(&mut stream), Some((0x82, vec![255])));
    // A close is answered, and then the server ends the connection.
    let mut bye = masked(CLOSE, b"\x0f\xa1bye");
    bye.extend(masked(TEXT, b"too late"));
    stream.write_all(&bye).expect("it takes bytes");
    assert_eq!(
        read_frame(&mut stream),
        Some((CLOSE, b"\x0f\xa1bye".to_vec()))
    );
    assert_eq!(read_frame(&mut stream), None);
    is_up(&server);
}

#[test]
fn breaches_of_the_protocol_are_told() {
    let server = Server::running(SERVER);
    let long = |first: u8, len: u64| {
        let mut head = vec![first, 0x80 | 127];
        head.extend_from_slice(&len.to_be_bytes());
        head.extend_from_slice(&[0; 4]);
        head
    };
    let mut parts = masked(0x01, &vec![b'x'; 10 << 20]);
    parts.extend(masked(0x00, &vec![b'x'; 7 << 20]));
    for (bytes, code) in [
        // Without a mask, with bits or kinds that mean nothing.
        (vec![TEXT, 2, b'h', b'i'], 1002),
        (masked(0xc1, b"hi"), 1002),
        (masked(0x83, b"hi"), 1002),
        (masked(0x8b, b"hi"), 1002),
        // Control frames that are long or in parts.
        (masked(PING, &[0; 126]), 1002),
        (masked(0x09, b""), 1002),
        // Parts in disorder.
        (masked(0x80, b"rest"), 1002),
        ([masked(0x01, b"one"), masked(0x81, b"two")].concat(), 1002),
        // Strings that are none.
        (masked(TEXT, b"\xff"), 1007),
        (masked(TEXT, b"h\xc3"), 1007),
        ([masked(0x01, b"h\xc3"), masked(0x80, b"h")].concat(), 1007),
        // Too much.
        (long(TEXT, (16 << 20) + 1), 1009),
        (long(0x82, u64::MAX >> 1), 1009),
        (parts, 1009),
        // Closes that are none.
        (masked(CLOSE, b"\x03"), 1002),
        (masked(CLOSE, b"\x03\xed"), 1002),
        (masked(CLOSE, b"\x00\x00"), 1002),
    ] {
        let mut stream = open(&server, "/echo", b"");
        // The server may have closed before it has all.
        let _ = stream.write_all(&bytes);
        let shown = &bytes[..bytes.len().min(20)];
        let Some((CLOSE, payload)) = read_frame(&mut stream) else {
            panic!("{shown:?}: no close");
        };
        assert_eq!(payload[..2], u16::to_be_bytes(code), "{shown:?}");
        assert_eq!(read_frame(&mut stream), None, "{shown:?}");
    }
    is_up(&server);
}

#[test]
fn clients_that_go_or_do_nothing_do_no_harm() {
    let mut server = Server::running(SERVER);
    // Gone without a word, in the middle of a frame, half closed.
    drop(open(&server, "/echo", b""));
    drop(open(&server, "/echo", &masked(TEXT, b"cut off")[..5]));
    let mut half = open(&server, "/echo", b"");
    half.shutdown(Shutdown::Write).expect("half is closed");
    assert_eq!(read_frame(&mut half), None);
    // One that takes nothing of what a handler sends, and many that say nothing.
    let stuck = open(&server, "/flood", b"");
    let idle: Vec<TcpStream> = (0..200).map(|_| open(&server, "/echo", b"")).collect();
    let silent: Vec<TcpStream> = (0..50).map(|_| open(&server, "/waits", b"")).collect();
    let mut last = open(&server, "/echo", &masked(TEXT, b"here"));
    assert_eq!(read_frame(&mut last), Some((TEXT, b"here".to_vec())));
    is_up(&server);
    drop((idle, stuck, silent));
    // The server stops while some are open, and the program ends.
    let answer = server.answer("GET /stops HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.ends_with("stopped"), "{answer:?}");
    assert_eq!(wait(&mut server.child), Some(0));
}

#[test]
fn handlers_that_throw_tell_clients_nothing() {
    let mut server = Server::running(SERVER);
    let mut stream = open(&server, "/throws", &masked(TEXT, b"x"));
    let internal = u16::to_be_bytes(1011).to_vec();
    assert_eq!(read_frame(&mut stream), Some((CLOSE, internal)));
    let start = Instant::now();
    // It waits a while for the client to close too, then ends the connection.
    assert_eq!(read_frame(&mut stream), None);
    assert!(start.elapsed() < PATIENCE);
    server.answer("GET /stops HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(wait(&mut server.child), Some(0));
    let mut errors = String::new();
    let err = server.child.stderr.as_mut().expect("it is piped");
    err.read_to_string(&mut errors).expect("text");
    assert_eq!(
        errors,
        "The handler of GET /throws failed: secret words (line 15)\n"
    );
}

/// Opens a WebSocket on a server's side, sends these bytes, and waits for the client to go.
fn serve(stream: &mut (impl Read + Write), bytes: &[u8]) {
    let head = read_head(stream);
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then_some(value)
    });
    let accept = derive_accept_key(key.expect("a key").as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    let all = [answer.as_bytes(), bytes].concat();
    stream.write_all(&all).expect("the client takes it");
}

/// The answer that a client gets from a server that sends these bytes and ends.
fn got(bytes: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let bytes = bytes.to_vec();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        serve(&mut stream, &bytes);
        stream.shutdown(Shutdown::Write).expect("half is closed");
        // The rest that the client says.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let code = format!(
        "ws := ws_connect(\"ws://127.0.0.1:{port}/\", {{max_bytes: 100}})\n\
         try {{ loop {{ message := ws.receive() print(repr(message)) if message == null {{ break }} }} }} \
         except e {{ print(e.kind + \": \" + e.message) }}\n\
         print(ws.closed().code)"
    );
    let out = eval(&code).ended(0).out;
    server.join().expect("the server ends");
    out
}

#[test]
fn servers_that_break_the_rules_are_errors() {
    let from = "network: Cannot receive from the websocket: ";
    for (bytes, why) in [
        (&b""[..], "the other side has gone"),
        (&masked(TEXT, b"hi"), "a breach of the protocol: "),
        (b"\xc1\x02hi", "a breach of the protocol: "),
        (b"\x81\x01\xff", "a string that is not UTF-8"),
        (b"\x82\x65", "too long a message has come"),
        (
            b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
            "too long a message has come",
        ),
    ] {
        let out = got(bytes);
        let expected = format!("{from}{why}");
        assert!(out.starts_with(&expected), "{bytes:?}: {out}");
        assert!(out.ends_with("\n1006\n"), "{bytes:?}: {out}");
    }
    // Messages before the end are received.
    assert_eq!(got(b"\x81\x02hi\x88\x02\x03\xe9"), "\"hi\"\nnull\n1001\n");
    assert_eq!(got(b"\x88\x00"), "null\n1005\n");
    assert_eq!(
        got(b"\x82\x01\x00"),
        format!("bytes([0])\n{from}the other side has gone\n1006\n")
    );
}

#[test]
fn other_answers_are_no_websocket() {
    for (answer, why) in [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..],
            "status 200",
        ),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", "status 302"),
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            "status 403",
        ),
        (
            b"HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            "a breach of the protocol: ",
        ),
        (b"SSH-2.0-x\r\n\r\n", "a breach of the protocol: "),
        (b"", "a breach of the protocol: "),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            read_head(&mut stream);
            stream.write_all(answer).expect("the client takes it");
        });
        let ran = eval(&format!("ws_connect(\"ws://127.0.0.1:{port}/\")")).ended(4);
        assert!(ran.err.contains("Cannot reach 'ws://127.0.0.1:"), "{ran:?}");
        assert!(ran.err.contains(why), "{answer:?}: {ran:?}");
        server.join().expect("the server ends");
    }
    // One that accepts and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    eval(&format!(
        "ws_connect(\"ws://127.0.0.1:{port}/\", {{timeout: 0.05}})"
    ))
    .ended(4)
    .said("it took longer than 0.05 seconds");
}

#[test]
fn secure_ones_take_trusted_certificates_only() {
    let port = secure(|stream| {
        // A client that does not trust the server ends here.
        if stream.conn.complete_io(&mut stream.sock).is_ok() {
            serve(stream, b"\x81\x06secret\x88\x02\x03\xe8");
        }
    });
    let authority = TempFile::new("authority.pem", include_bytes!("tls/ca.pem"));
    let ask = |host: &str, trusted: &str| -> Ran {
        let code =
            format!("ws := ws_connect(\"wss://{host}:{port}/\") print(ws.receive(), ws.receive())");
        let mut command = ruff();
        command.args(["run", "-e", &code]);
        command
            .env("SSL_CERT_FILE", trusted)
            .env_remove("SSL_CERT_DIR");
        finish(command, b"")
    };
    ask("localhost", authority.path())
        .ended(0)
        .printed("secret null\n");
    ask("127.0.0.1", authority.path())
        .ended(4)
        .said("certificate");
}

#[test]
fn an_interrupt_ends_a_wait() {
    let server = Server::running(SERVER);
    let code = format!(
        "ws := ws_connect(\"ws://127.0.0.1:{}/echo\") print(\"open\") ws.receive()",
        server.port
    );
    let mut child = super::signals::running(&code);
    super::signals::interrupt(&child);
    assert_eq!(wait(&mut child), Some(130));
}

/// The connection belongs to the thread that has opened it: others use it as long as that
/// runs.
#[test]
fn threads_share_one() {
    let server = Server::running(SERVER);
    let url = format!("ws://127.0.0.1:{}/echo", server.port);
    eval(&format!(
        "ws := ws_connect(\"{url}\")\n\
         answers := spawn {{ ws.send(\"from a thread\") return ws.receive() }}\n\
         print(await answers)\n\
         lost := await spawn {{ return ws_connect(\"{url}\") }}\n\
         try {{ lost.receive() }} except e {{ print(e.kind, lost.closed().code) }}"
    ))
    .ended(0)
    .printed("from a thread\nnetwork 1006\n");
}
