//! The connection of a WebSocket, whichever side it is on. A task of the runtime reads and
//! writes it; the program sends and receives through queues, so that pings are answered and
//! closes noticed while it does something else. The queues are bounded: a
//! program that receives nothing stops the other side.

use crate::stdlib::outside::race;
use crate::stdlib::sockets::patient::Patient;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::body::Bytes;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Mutex as Turn, Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Bytes of the longest message.
pub const MOST_BYTES: usize = 16 << 20;
/// Bytes of messages that wait to be received; then no more are taken from the connection,
/// unless they are the only ones.
const WINDOW: usize = 1 << 20;
/// Such messages, if they are short.
const MOST_WAITING: usize = 16;

/// How long a connection waits for its other side.
#[derive(Clone, Copy)]
pub struct Times {
    /// How long that may take nothing, and how long it may say nothing until it is asked
    /// whether it is there, and until it has to answer.
    pub patience: Duration,
    /// How long it may take to close too.
    pub farewell: Duration,
}

/// The times of the connections of programs.
pub const TIMES: Times = Times {
    patience: Duration::from_secs(30),
    farewell: Duration::from_secs(5),
};

/// How messages that come in are limited.
pub fn config(max_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .write_buffer_size(0)
        .max_message_size(Some(max_bytes))
        .max_frame_size(Some(max_bytes))
}

/// How a connection has ended.
#[derive(Clone)]
pub enum End {
    /// One side has closed it.
    Closed { code: u16, reason: String },
    /// It has broken off.
    Broken(String),
}

/// A message to send, and where to tell how that went.
type Outgoing = (Message, oneshot::Sender<Result<(), String>>);

/// A message that has come in, and its place in the window.
type Incoming = (Message, OwnedSemaphorePermit);

/// The outcome of a wait for a message.
pub enum Received {
    Message(Message),
    End(End),
    /// This side has closed it.
    Closed,
}

/// A WebSocket that tasks and threads share. The last share that is dropped closes it.
pub struct WebSocket {
    outgoing: mpsc::Sender<Outgoing>,
    incoming: Turn<mpsc::UnboundedReceiver<Incoming>>,
    /// The code and reason that this side closes it with.
    closing: watch::Sender<Option<CloseFrame>>,
    end: watch::Receiver<Option<End>>,
    /// The subprotocol that both sides have agreed on.
    pub protocol: Option<String>,
}

impl WebSocket {
    /// Has the current runtime attend to a connection. It is closed as soon as `leave` ends.
    pub fn new<S>(
        stream: WebSocketStream<Patient<S>>,
        protocol: Option<String>,
        times: Times,
        leave: impl Future<Output = ()> + Send + 'static,
    ) -> WebSocket
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (outgoing, to_send) = mpsc::channel(1);
        let (received, incoming) = mpsc::unbounded_channel();
        let (closing, is_closing) = watch::channel(None);
        let (ended, end) = watch::channel(None);
        let program = Program {
            to_send,
            received,
            is_closing,
            ended,
        };
        tokio::spawn(attend(stream, program, times, leave));
        WebSocket {
            outgoing,
            incoming: Turn::new(incoming),
            closing,
            end,
            protocol,
        }
    }

    /// Closes it; whether it was open.
    pub fn close(&self, code: u16, reason: &str) -> bool {
        let frame = close_frame(code, reason);
        let was_open = self.end().is_none();
        let begins = self.closing.send_if_modified(|closing| {
            let begins = closing.is_none();
            closing.get_or_insert(frame);
            begins
        });
        was_open && begins
    }

    /// Whether this side has closed it.
    pub fn is_closed_here(&self) -> bool {
        self.closing.borrow().is_some()
    }

    /// How it has ended.
    pub fn end(&self) -> Option<End> {
        let end = self.end.borrow().clone();
        // The thread that attends to it may have ended, and said nothing.
        let is_left = end.is_none() && self.end.has_changed().is_err();
        end.or_else(|| is_left.then(lost))
    }

    /// Waits for its end.
    pub async fn ended(&self) {
        // An error says that nothing more will be said.
        let _ = self.end.clone().wait_for(Option::is_some).await;
    }

    /// Sends a message.
    ///
    /// # Errors
    /// It has ended, or does meanwhile.
    pub async fn send(&self, message: Message) -> Result<(), Option<End>> {
        let (done, sent) = oneshot::channel();
        let told = match self.outgoing.send((message, done)).await {
            Ok(()) => sent.await.ok(),
            Err(_) => None,
        };
        match told {
            Some(Ok(())) => Ok(()),
            Some(Err(why)) => Err(Some(End::Broken(why))),
            None if self.is_closed_here() => Err(None),
            None => {
                self.ended().await;
                Err(self.end())
            }
        }
    }

    /// Waits for the next message.
    pub async fn receive(&self) -> Received {
        let mut closing = self.closing.subscribe();
        let closed = async {
            // An error would say that the connection is dropped, but this is a share of it.
            let _ = closing.wait_for(Option::is_some).await;
        };
        let next = async { self.incoming.lock().await.recv().await };
        match race(closed, next).await {
            Ok(()) => Received::Closed,
            Err(Some((message, _))) => Received::Message(message),
            Err(None) => {
                self.ended().await;
                Received::End(self.end().unwrap_or_else(lost))
            }
        }
    }
}

fn close_frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame {
        code: CloseCode::from(code),
        reason: reason.into(),
    }
}

fn lost() -> End {
    End::Broken("the thread that opened it has ended".to_string())
}

fn closed(frame: Option<&CloseFrame>) -> End {
    End::Closed {
        code: frame.map_or(1005, |frame| frame.code.into()),
        reason: frame.map_or("", |frame| frame.reason.as_str()).to_string(),
    }
}

/// Words for what went wrong with a connection.
pub fn why(error: &Error) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "the other side has gone".to_string()
        }
        Error::Protocol(error) => format!("a breach of the protocol: {error}"),
        Error::Utf8(_) => "a string that is not UTF-8 has come".to_string(),
        Error::Capacity(_) => "too long a message has come".to_string(),
        error => error.to_string(),
    }
}

/// The close that tells the other side about its breach.
fn reproach(error: &Error) -> Option<CloseFrame> {
    let code = match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
        Error::Protocol(_) => 1002,
        Error::Utf8(_) => 1007,
        Error::Capacity(_) => 1009,
        _ => return None,
    };
    Some(close_frame(code, ""))
}

/// Why reading has come to an end.
enum Last {
    /// The other side has closed.
    Close(Option<CloseFrame>),
    Error(Error),
    /// It says nothing, not even that it is there.
    Silent,
    /// The program has let go of the connection.
    Dropped,
}

/// Why writing has.
enum Parting {
    /// This side closes.
    Close(CloseFrame),
    /// The server stops.
    Leave,
    Error(Error),
}

/// The program, as the task that attends to a connection sees it.
struct Program {
    to_send: mpsc::Receiver<Outgoing>,
    received: mpsc::UnboundedSender<Incoming>,
    is_closing: watch::Receiver<Option<CloseFrame>>,
    ended: watch::Sender<Option<End>>,
}

/// Reads and writes a connection until one side closes it.
async fn attend<S>(
    stream: WebSocketStream<Patient<S>>,
    program: Program,
    times: Times,
    leave: impl Future<Output = ()> + Send,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Program {
        to_send,
        received,
        is_closing,
        ended,
    } = program;
    let (mut sink, mut source) = stream.split();
    let is_quiet = Notify::new();
    let outcome = race(
        read(&mut source, &received, &is_quiet, times.patience),
        write(&mut sink, to_send, is_closing, &is_quiet, leave),
    );
    let outcome = outcome.await;
    let mut stream = sink.reunite(source).expect("two halves of one");
    let farewell = match outcome {
        // The answer to its close goes out while the end is waited for.
        Ok(Last::Close(frame)) => {
            ended.send_replace(Some(closed(frame.as_ref())));
            None
        }
        Ok(Last::Error(error)) => {
            ended.send_replace(Some(End::Broken(why(&error))));
            match reproach(&error) {
                None => return,
                frame => frame,
            }
        }
        Ok(Last::Silent) => {
            let why = "the other side has not answered for too long";
            ended.send_replace(Some(End::Broken(why.to_string())));
            return;
        }
        Ok(Last::Dropped) => Some(close_frame(1000, "")),
        Err(Parting::Close(frame)) => Some(frame),
        Err(Parting::Leave) => {
            let frame = close_frame(1001, "");
            ended.send_replace(Some(closed(Some(&frame))));
            Some(frame)
        }
        Err(Parting::Error(error)) => {
            ended.send_replace(Some(End::Broken(why(&error))));
            return;
        }
    };
    // Those that receive learn of the end as soon as it is known.
    drop(received);
    // Whatever the other side does, this is the end.
    let _ = timeout(times.farewell, part(&mut stream, farewell.clone())).await;
    ended.send_if_modified(|end| {
        let is_news = end.is_none();
        end.get_or_insert_with(|| closed(farewell.as_ref()));
        is_news
    });
}

/// Takes messages from a connection as long as there is room for them.
async fn read<S>(
    source: &mut SplitStream<WebSocketStream<Patient<S>>>,
    received: &mpsc::UnboundedSender<Incoming>,
    is_quiet: &Notify,
    patience: Duration,
) -> Last
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let window = Arc::new(Semaphore::new(WINDOW));
    let mut was_asked = false;
    loop {
        let Ok(next) = timeout(patience, source.next()).await else {
            if was_asked {
                return Last::Silent;
            }
            was_asked = true;
            is_quiet.notify_one();
            continue;
        };
        was_asked = false;
        let message = match next {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Last::Error(error),
            None => return Last::Error(Error::ConnectionClosed),
        };
        match message {
            Message::Text(_) | Message::Binary(_) => {}
            Message::Close(frame) => return Last::Close(frame),
            // A ping has been answered by the library.
            _ => continue,
        }
        let size = message.len().clamp(WINDOW / MOST_WAITING, WINDOW) as u32;
        let room = window.clone().acquire_many_owned(size).await;
        // The window is never closed.
        let Ok(room) = room else {
            return Last::Dropped;
        };
        if received.send((message, room)).is_err() {
            return Last::Dropped;
        }
    }
}

/// Sends messages until this side closes the connection.
async fn write<S>(
    sink: &mut SplitSink<WebSocketStream<Patient<S>>, Message>,
    mut to_send: mpsc::Receiver<Outgoing>,
    mut is_closing: watch::Receiver<Option<CloseFrame>>,
    is_quiet: &Notify,
    leave: impl Future<Output = ()>,
) -> Parting
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ends = pin!(async {
        let closing = async {
            let closing = is_closing.wait_for(Option::is_some).await;
            closing.ok().and_then(|frame| frame.clone())
        };
        match race(leave, closing).await {
            Ok(()) => Parting::Leave,
            Err(Some(frame)) => Parting::Close(frame),
            // The program has lost it.
            Err(None) => Parting::Close(close_frame(1000, "")),
        }
    });
    loop {
        let next = race(to_send.recv(), is_quiet.notified());
        match race(ends.as_mut(), next).await {
            Ok(parting) => return parting,
            // The program has lost it.
            Err(Ok(None)) => return Parting::Close(close_frame(1000, "")),
            Err(Ok(Some((message, done)))) => {
                // The part of a message that the library has goes out in front of a close.
                let sent = match race(ends.as_mut(), sink.send(message)).await {
                    Ok(parting) => return parting,
                    Err(sent) => sent,
                };
                // The task that has sent it may have been cancelled.
                let _ = done.send(sent.as_ref().map(|_| ()).map_err(why));
                if let Err(error) = sent {
                    return Parting::Error(error);
                }
            }
            Err(Err(())) => {
                if let Err(error) = sink.send(Message::Ping(Bytes::new())).await {
                    return Parting::Error(error);
                }
            }
        }
    }
}

/// Closes a connection and waits for the other side to do so too.
async fn part<S>(stream: &mut WebSocketStream<Patient<S>>, frame: Option<CloseFrame>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Some(frame) = frame
        && stream.close(Some(frame)).await.is_err()
    {
        return;
    }
    while let Some(Ok(_)) = stream.next().await {}
    // Everything that it has sent meanwhile must be read: else the system breaks the connection off,
    // and the close is lost on its way.
    let stream = stream.get_mut();
    let shut = poll_fn(|context| Pin::new(&mut *stream).poll_shutdown(context));
    if shut.await.is_ok() {
        poll_fn(|context| {
            loop {
                let mut space = [0; 4 << 10];
                let mut buffer = ReadBuf::new(&mut space);
                match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                    Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }
}

/// A stream whose other side has to take what is written.
pub fn patient<S>(stream: S) -> Patient<S> {
    Patient::new(stream, TIMES.patience)
}
