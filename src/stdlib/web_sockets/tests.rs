//! How long a connection waits for its other side, with less patience than programs have.

use super::connection::*;
use crate::stdlib::sockets::patient::Patient;
use futures_util::{SinkExt, StreamExt};
use std::future::{Future, pending};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

const SHORT: Times = Times {
    patience: Duration::from_millis(300),
    farewell: Duration::from_millis(300),
};
/// No wait takes longer, however busy the system is.
const LONG: Duration = Duration::from_secs(20);

fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let ended = tokio::time::timeout(LONG, test).await;
        ended.expect("it ends in time");
    });
}

/// A connection, and its other side.
async fn pair() -> (WebSocket, WebSocketStream<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let client = TcpStream::connect(address).await.expect("it listens");
    let (server, _) = listener.accept().await.expect("a client");
    let (server, limits) = (Patient::new(server, SHORT.patience), config(MOST_BYTES));
    let server = WebSocketStream::from_raw_socket(server, Role::Server, Some(limits)).await;
    let client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
    (WebSocket::new(server, None, SHORT, pending()), client)
}

#[track_caller]
fn assert_broken(socket: &WebSocket, wanted: &str) {
    match socket.end() {
        Some(End::Broken(why)) => assert!(why.contains(wanted), "{why}"),
        Some(End::Closed { code, .. }) => panic!("closed with {code}"),
        None => panic!("it is open"),
    }
}

#[test]
fn a_side_that_says_nothing_is_asked_and_then_given_up() {
    run(async {
        let start = Instant::now();
        let (socket, mut client) = pair().await;
        let mut ping = [0; 2];
        let stream = client.get_mut();
        loop {
            stream.readable().await.expect("it is open");
            if stream.try_read(&mut ping).is_ok() {
                break;
            }
        }
        assert_eq!(ping, [0x89, 0]);
        assert!(start.elapsed() >= SHORT.patience);
        assert!(socket.end().is_none());
        socket.ended().await;
        assert!(start.elapsed() >= 2 * SHORT.patience);
        assert_broken(&socket, "has not answered for too long");
    });
}

#[test]
fn a_side_that_answers_is_kept() {
    run(async {
        let (socket, mut client) = pair().await;
        for _ in 0..4 {
            match client.next().await {
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(socket.end().is_none());
        client.send(Message::text("hi")).await.expect("it is open");
        match socket.receive().await {
            Received::Message(Message::Text(text)) => assert_eq!(text.as_str(), "hi"),
            _ => panic!("no message"),
        }
    });
}

#[test]
fn a_side_that_takes_nothing_is_given_up() {
    run(async {
        let (socket, _client) = pair().await;
        let message = Message::binary(vec![0; 1 << 20]);
        while socket.send(message.clone()).await.is_ok() {}
        assert_broken(&socket, "takes nothing");
    });
}

#[test]
fn a_side_that_does_not_close_too_is_left() {
    run(async {
        let (socket, _client) = pair().await;
        let start = Instant::now();
        assert!(socket.close(4000, "enough"));
        socket.ended().await;
        assert!(start.elapsed() >= SHORT.farewell);
        match socket.end() {
            Some(End::Closed { code, reason }) => {
                assert_eq!((code, &reason[..]), (4000, "enough"));
            }
            _ => panic!("it is not closed"),
        }
    });
}
