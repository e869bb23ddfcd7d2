//! Servers and clients among others that break the rules: the server stays up and answers
//! the next, the client gets an error.

use super::support::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// No test waits longer.
pub const PATIENCE: Duration = Duration::from_secs(20);

const SERVER: &str = r#"
s := http_server(0)
s.route("GET", "/ok", (r) => http_response(200, "ok"))
s.route("POST", "/echo", (r) => http_response(200, r.body))
s.route("GET", "/throws", (r) => { throw "secret words" })
s.route("POST", "/type", (r) => http_response(200, type(r.body)))
s.route("GET", "/query", (r) => http_response(200, r.query["a"] + "|" + r.headers.get("x", "")))
s.route("GET", "/hangs", (r) => channel().receive())
s.route("GET", "/hoards", (r) => {
    all := []
    loop { all.push("x" * 1000000 + "${len(all)}") }
})
s.route("GET", "/deep", (r) => {
    func deep(n) { return 1 + deep(n + 1) }
    return deep(0)
})
s.route("GET", "/stops", (r) => {
    s.stop()
    return http_response(200, "stopped")
})
print(s.start())
"#;

/// A program that serves, until it is dropped.
pub struct Server {
    pub child: Child,
    pub port: u16,
}

impl Server {
    fn new() -> Server {
        Server::running(SERVER)
    }

    /// A program that prints its port.
    pub fn running(program: &str) -> Server {
        let mut child = ruff()
            .args(["run", "--max-heap", "256M", "-e", program])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("a port");
        let port = line.trim().parse().expect("a port");
        Server { child, port }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// The answers of the server until it closes the connection.
    pub fn answer(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        // A server that has refused the beginning may not take the rest.
        let _ = stream.write_all(request.as_ref());
        let mut answer = Vec::new();
        // So it may reset what it has closed.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn refuses(&self, request: impl AsRef<[u8]>, status: &str) {
        let answer = self.answer(request.as_ref());
        let shown = String::from_utf8_lossy(&request.as_ref()[..request.as_ref().len().min(200)]);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown:?}: {answer:?}"
        );
        assert!(answer.matches("HTTP/1.1").count() == 1, "{answer:?}");
        self.is_up();
    }

    fn is_up(&self) {
        let answer = self.answer("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:?}");
        assert!(answer.ends_with("\r\n\r\nok"), "{answer:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn requests_that_two_could_understand_differently_are_refused() {
    let server = Server::new();
    let smuggled = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";
    for head in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 0\r\ntransfer-encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4, 5\r\n",
        "Transfer-Encoding: x\r\n",
        "Transfer-Encoding: chunked, x\r\n",
        "X: y\r\n z: folded\r\n",
        "X : y\r\n",
        "X\u{0}: y\r\n",
    ] {
        let request = format!("POST /echo HTTP/1.1\r\nHost: a\r\n{head}\r\n0\r\n\r\n{smuggled}");
        server.refuses(request, "400");
    }
    server.refuses("nonsense\r\n\r\n", "400");
    server.refuses(
        "GET /%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "400",
    );
    server.refuses(
        "FOO /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "405",
    );
}

#[test]
fn what_is_too_large_is_refused() {
    let server = Server::new();
    let long = "x".repeat(70_000);
    server.refuses(format!("GET /ok HTTP/1.1\r\nX: {long}\r\n\r\n"), "431");
    let length = (16 << 20) + 1;
    let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    server.refuses(head, "413");
    let mut chunks =
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..17 {
        chunks.extend_from_slice(b"100000\r\n");
        chunks.extend_from_slice(&piece);
        chunks.extend_from_slice(b"\r\n");
    }
    server.refuses(chunks, "413");
}

#[test]
fn connections_are_kept_and_closed_as_clients_expect() {
    let server = Server::new();
    let one = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";
    // Several requests at once, the last of which closes.
    let many = format!("{one}{one}GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(server.answer(many).matches("HTTP/1.1 200 OK").count(), 3);
    // A client that has said all and waits for the answer.
    let mut stream = server.connect();
    stream.write_all(one.as_bytes()).expect("it takes requests");
    stream.shutdown(Shutdown::Write).expect("half is closed");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.ends_with("ok"), "{answer:?}");
    // Bodies in chunks; what comes after one is not looked at.
    let chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    let answer = server.answer(format!("{chunked}{one}"));
    assert!(answer.ends_with("abcde"), "{answer:?}");
    let broken =
        server.answer("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    assert!(!broken.contains("200"), "{broken:?}");
    // A client that asks before it sends, and an old one.
    let asks = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";
    let answer = server.answer(asks);
    assert!(
        answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"),
        "{answer:?}"
    );
    assert!(server.answer("GET /ok HTTP/1.0\r\n\r\n").ends_with("ok"));
    // One that goes away in the middle.
    let mut stream = server.connect();
    let cut = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc";
    stream.write_all(cut).expect("it takes requests");
    drop(stream);
    server.is_up();
}

/// Each connection is an open file.
fn raise_limit_of_files() {
    // SAFETY: asks for limits of the process, and sets one that it may set.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
}

#[test]
fn many_idle_connections_do_no_harm() {
    raise_limit_of_files();
    let server = Server::new();
    let mut idle: Vec<TcpStream> = (0..2000).map(|_| server.connect()).collect();
    for stream in &mut idle[..1000] {
        stream.write_all(b"GET /ok HT").expect("it takes a part");
    }
    server.is_up();
    // Others come and go.
    for _ in 0..1000 {
        drop(server.connect());
    }
    server.is_up();
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let server = Server::new();
    let ask = |request: &[u8]| {
        let mut all = request.to_vec();
        let end = b"\r\nHost: a\r\nConnection: close\r\n\r\n";
        let at = all
            .windows(2)
            .position(|two| two == b"\r\n")
            .unwrap_or(all.len());
        let rest = all.split_off(at);
        all.extend_from_slice(&end[..end.len() - 4]);
        all.extend_from_slice(&rest);
        server.answer(all)
    };
    // A body that is not UTF-8 is bytes.
    let answer = ask(b"POST /type HTTP/1.1\r\nContent-Length: 3\r\n\r\na\xffb");
    assert!(answer.ends_with("bytes"), "{answer:?}");
    let answer = ask("POST /type HTTP/1.1\r\nContent-Length: 3\r\n\r\naä".as_bytes());
    assert!(answer.ends_with("string"), "{answer:?}");
    // Headers and queries have other characters for them.
    let answer = ask(b"GET /query?a=x HTTP/1.1\r\nX: \xff\r\n\r\n");
    assert!(answer.ends_with("x|\u{fffd}"), "{answer:?}");
    let answer = ask(b"GET /query?a=%ff HTTP/1.1\r\n\r\n");
    assert!(answer.ends_with("%ff|"), "{answer:?}");
    // A target has none.
    let answer = ask(b"GET /\xff\xfe HTTP/1.1\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 404 "),
        "{answer:?}"
    );
    server.is_up();
}

#[test]
fn handlers_that_hang_or_hoard_leave_others_alone() {
    let server = Server::new();
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let mut waiting: Vec<TcpStream> = (0..20).map(|_| server.connect()).collect();
    for stream in &mut waiting {
        stream
            .write_all(ask("/hangs").as_bytes())
            .expect("it takes requests");
    }
    for path in ["/hoards", "/deep", "/hoards"] {
        let answer = server.answer(ask(path));
        assert!(answer.starts_with("HTTP/1.1 500 "), "{path}: {answer:?}");
        server.is_up();
    }
    drop(waiting);
    server.is_up();
}

#[test]
fn slow_clients_are_waited_for_alone() {
    let server = Server::new();
    let request =
        b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nslow";
    let mut slow = server.connect();
    for byte in request {
        slow.write_all(&[*byte]).expect("it takes a byte");
    }
    server.is_up();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("an answer");
    assert!(answer.ends_with("slow"), "{answer:?}");
    // One that asks for much and takes nothing of it.
    let mut stuck = server.connect();
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n";
    stuck.write_all(head.as_bytes()).expect("it takes a head");
    stuck
        .write_all(&vec![b'x'; 10_000_000])
        .expect("it takes a body");
    server.is_up();
}

#[test]
fn handlers_that_throw_tell_clients_nothing() {
    let mut server = Server::new();
    let answer = server.answer("GET /throws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer:?}");
    assert!(!answer.contains("secret"), "{answer:?}");
    // The program ends with the last server; the request that stops it is answered.
    let answer = server.answer("GET /stops HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.ends_with("stopped"), "{answer:?}");
    assert_eq!(wait(&mut server.child), Some(0));
    let mut errors = String::new();
    let err = server.child.stderr.as_mut().expect("it is piped");
    err.read_to_string(&mut errors).expect("text");
    assert_eq!(
        errors,
        "The handler of GET /throws failed: secret words (line 5)\n"
    );
}

/// A server that sends these bytes to each of so many clients, whatever they ask.
fn canned(answers: Vec<Vec<u8>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else {
                return;
            };
            let mut asked = Vec::new();
            let mut piece = [0; 1024];
            while !asked.ends_with(b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(len @ 1..) => asked.extend_from_slice(&piece[..len]),
                    _ => break,
                }
            }
            let _ = stream.write_all(&answer);
        }
    });
    port
}

/// The output of a program that asks such a server.
fn got(answer: &[u8], options: &str) -> String {
    let port = canned(vec![answer.to_vec()]);
    let code = format!(
        "try {{ print(http_get(\"http://127.0.0.1:{port}/\", {options}).body) }} \
         except e {{ print(e.kind + \": \" + e.message.replace(\"{port}\", \"PORT\")) }}"
    );
    eval(&code).ended(0).out
}

#[test]
fn answers_that_break_the_rules_are_errors() {
    let reached = "network: Cannot reach 'http://127.0.0.1:PORT/': ";
    for answer in [
        &b""[..],
        b"\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://a b/\r\nContent-Length: 0\r\n\r\n",
    ] {
        let out = got(answer, "{}");
        assert!(out.starts_with(reached), "{answer:?}: {out}");
    }
    let long = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789";
    assert_eq!(
        got(long, "{max_bytes: 10}"),
        "overflow: http_get() expects a result of at most 10 bytes; got more\n"
    );
    // Until the end of the connection, and what is not UTF-8.
    assert_eq!(got(b"HTTP/1.0 200 OK\r\n\r\na\xffb", "{}"), "a\u{fffd}b\n");
}

/// A little that becomes much where it is unpacked: at most the limit is unpacked of it.
#[test]
fn bodies_that_unpack_to_too_much_are_errors() {
    let packed = |size: usize| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..size >> 20 {
            packer.write_all(&[0; 1 << 20]).expect("memory takes all");
        }
        packer.finish().expect("memory takes all")
    };
    let answer = |body: &[u8]| {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    };
    let small = packed(1 << 20);
    for (body, options) in [
        (packed(256 << 20), "{}"),
        (small.repeat(100), "{}"),
        (small.clone(), "{max_bytes: 1048575}"),
    ] {
        assert!(body.len() < 1 << 20);
        let port = canned(vec![answer(&body)]);
        let code = format!(
            "try {{ http_get(\"http://127.0.0.1:{port}/\", {options}) }} except e {{ print(e.kind) }}"
        );
        run(&["run", "--max-heap", "32M", "-e", &code])
            .ended(0)
            .printed("overflow\n");
    }
    let port = canned(vec![answer(&small)]);
    eval(&format!(
        "print(http_get(\"http://127.0.0.1:{port}/\", {{max_bytes: 1048576}}).body.len())"
    ))
    .ended(0)
    .printed("1048576\n");
}

#[test]
fn redirects_in_a_circle_are_errors() {
    let answer =
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (options, most) in [("{}", 10), ("{redirects: 3}", 3)] {
        let port = canned(vec![answer.to_vec(); most + 2]);
        let ran = eval(&format!(
            "http_get(\"http://127.0.0.1:{port}/\", {options})"
        ));
        ran.ended(4).said(&format!("more than {most} redirects"));
    }
}

#[test]
fn servers_that_are_not_there_are_errors() {
    // A port that was free a moment ago.
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    for call in [
        "http_get(\"http://127.0.0.1:PORT/\")",
        "http_get_binary(\"https://127.0.0.1:PORT/\")",
        "await async_http_get(\"http://127.0.0.1:PORT/\")",
        "ws_connect(\"ws://127.0.0.1:PORT/\")",
        "tcp_connect(\"127.0.0.1\", PORT)",
    ] {
        let call = call.replace("PORT", &port.to_string());
        eval(&format!("try {{ {call} }} except e {{ print(e.kind) }}"))
            .ended(0)
            .printed("network\n");
    }
    eval(&format!(
        "print(http_request(\"http://127.0.0.1:{port}/\").is_err(), \
         parallel_http([\"http://127.0.0.1:{port}/\"])[0].is_err())"
    ))
    .ended(0)
    .printed("true true\n");
}

/// A server whose answer never ends, or breaks off with a reset.
#[test]
fn answers_that_stop_in_the_middle_are_errors() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let code = |options: &str| {
        format!(
            "try {{ http_get(\"http://127.0.0.1:{port}/\", {options}) }} except e {{ print(e.kind) }}"
        )
    };
    let (begun, reset) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let begin = |listener: &TcpListener| {
            let (mut stream, _) = listener.accept().expect("a client");
            // A client takes no answer before it has asked.
            let _ = stream.read(&mut [0; 4096]);
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc";
            stream.write_all(head).expect("it takes a part");
            stream
        };
        let slow = begin(&listener);
        begun.send(()).expect("it is waited for");
        let broken = begin(&listener);
        reset_connection(broken);
        drop(slow);
    });
    eval(&code("{timeout: 0.1}")).ended(0).printed("timeout\n");
    reset.recv().expect("the server has begun");
    eval(&code("{}")).ended(0).printed("network\n");
}

/// Ends a connection without a goodbye.
fn reset_connection(stream: TcpStream) {
    use std::os::fd::AsRawFd;
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    let size = size_of::<libc::linger>() as libc::socklen_t;
    // SAFETY: sets an option of a socket of ours to a value of the size that is said.
    let done = unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            size,
        )
    };
    assert_eq!(done, 0, "the socket takes the option");
}

#[test]
fn redirects_lead_to_no_other_host() {
    let port = canned(vec![
        b"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n"
            .to_vec(),
    ]);
    let code = format!("http_get(\"http://127.0.0.1:{port}/\")");
    let flag = format!("--allow-net=127.0.0.1:{port}");
    run(&["run", "--untrusted", &flag, "-e", &code])
        .ended(4)
        .said("Capability denied: http_get() needs net for 'localhost:1', to which 'http://127.0.0.1:");
}

/// The connection of a client to such a server.
pub type Session = rustls::StreamOwned<rustls::ServerConnection, TcpStream>;

/// A server with a certificate for `localhost`; its port.
pub fn secure(serve: fn(&mut Session)) -> u16 {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let leaf = CertificateDer::from_pem_slice(include_bytes!("tls/leaf.pem")).expect("it is one");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/leaf.key")).expect("it is one");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key)
        .expect("they fit");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let session = rustls::ServerConnection::new(config.clone()).expect("it is set up");
            let mut stream = rustls::StreamOwned::new(session, stream);
            serve(&mut stream);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    port
}

#[test]
fn only_certificates_that_the_system_trusts_are_taken() {
    let port = secure(|stream| {
        let mut piece = [0; 1024];
        // A client that does not trust the server ends here.
        if stream.read(&mut piece).is_ok() {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret";
            let _ = stream.write_all(answer);
        }
    });
    let authority = TempFile::new("authority.pem", include_bytes!("tls/ca.pem"));
    let ask = |host: &str, trusted: &str| -> Ran {
        let code = format!("print(http_get(\"https://{host}:{port}/\").body)");
        let mut command: Command = ruff();
        command.args(["run", "-e", &code]);
        command
            .env("SSL_CERT_FILE", trusted)
            .env_remove("SSL_CERT_DIR");
        finish(command, b"")
    };
    ask("localhost", authority.path())
        .ended(0)
        .printed("secret\n");
    // Another name, and another authority.
    ask("127.0.0.1", authority.path())
        .ended(4)
        .said("certificate");
    let other = TempFile::new("other.pem", include_bytes!("tls/leaf.pem"));
    ask("localhost", other.path()).ended(4).said("certificate");
}
