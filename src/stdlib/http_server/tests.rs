//! How long a server waits for its clients, with less patience than those of programs have.

use super::answers::Answer;
use super::connection::{Asked, serve};
use http_body_util::Full;
use hyper::body::Bytes;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};

const SHORT: Duration = Duration::from_millis(300);
/// No wait takes longer, however busy the system is.
const LONG: Duration = Duration::from_secs(20);
/// More than the system keeps for a client that takes nothing.
const MUCH: usize = 64 << 20;

/// Runs a test with a client of a server that answers much to everything.
fn run<F: Future<Output = ()>>(test: impl FnOnce(TcpStream) -> F) {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let ask = |_: Asked, reply: oneshot::Sender<Answer>| {
            let much = Full::new(Bytes::from(vec![b'x'; MUCH]));
            let _ = reply.send(Answer::new(much));
        };
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, Arc::new(ask), stopped, SHORT));
        let client = TcpStream::connect(address).await.expect("it listens");
        let ended = tokio::time::timeout(LONG, test(client)).await;
        ended.expect("it ends in time");
    });
}

/// Sends bytes, as far as the server takes them.
async fn send(client: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        client.writable().await?;
        match client.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes what the server sends until it has closed the connection: how much that was.
async fn take_all(client: &TcpStream) -> usize {
    let (mut all, mut bytes) = (0, vec![0; 1 << 16]);
    loop {
        if client.readable().await.is_err() {
            return all;
        }
        match client.try_read(&mut bytes) {
            Ok(0) => return all,
            Ok(read) => all += read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // It may be reset.
            Err(_) => return all,
        }
    }
}

#[test]
fn a_client_that_says_nothing_is_dropped() {
    for begun in [
        &b""[..],
        b"GET / HT",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
    ] {
        run(|client| async move {
            let start = Instant::now();
            send(&client, begun).await.expect("it takes a part");
            assert!(take_all(&client).await < 1000);
            assert!(start.elapsed() >= SHORT, "{begun:?}");
        });
    }
}

#[test]
fn a_client_that_says_too_little_is_dropped() {
    run(|client| async move {
        // A byte of a head now and then does not help.
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nX: a very long header that comes byte by byte";
        for byte in head.iter().cycle() {
            if send(&client, &[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(SHORT / 4).await;
        }
    });
}

#[test]
fn a_client_that_takes_nothing_is_dropped() {
    run(|client| async move {
        let asked = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        send(&client, asked).await.expect("it takes a request");
        tokio::time::sleep(4 * SHORT).await;
        let taken = take_all(&client).await;
        assert!(taken < MUCH, "{taken}");
    });
}

#[test]
fn a_client_that_asks_again_in_time_is_kept() {
    run(|client| async move {
        for _ in 0..4 {
            let asked = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
            send(&client, asked).await.expect("it is open");
            let mut taken = 0;
            let mut bytes = vec![0; 1 << 20];
            while taken < MUCH {
                client.readable().await.expect("it is open");
                match client.try_read(&mut bytes) {
                    Ok(0) => panic!("it is closed after {taken}"),
                    Ok(read) => taken += read,
                    Err(_) => {}
                }
            }
            tokio::time::sleep(SHORT / 2).await;
            // The end of the answer.
            let _ = client.try_read(&mut bytes);
        }
    });
}
