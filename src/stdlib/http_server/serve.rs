//! Servers as programs see them: routes, and the tasks that answer requests.

use super::answers::{Answer, plain};
use super::connection::{self, Asked, PATIENCE};
use super::response::outgoing;
use super::routes::{self, Found};
use super::upgrade::{self, Upgrade};
use crate::heap::types::LibraryType;
use crate::runtime::messages::value_error;
use crate::runtime::outside::{Completion, Keeps};
use crate::runtime::world::Capability;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, dict, field_of, name_of_type};
use crate::stdlib::check::permit;
use crate::stdlib::declare::address;
use crate::stdlib::dicts::put;
use crate::stdlib::limits::{new_text, push};
use crate::stdlib::operands::clamped;
use crate::stdlib::outside;
use crate::stdlib::owners::stored;
use crate::stdlib::types::{HTTP_SERVER, new_instance};
use crate::stdlib::url::{decoded, pairs_of_query};
use crate::stdlib::web_sockets::connect::protocols_arg;
use crate::stdlib::web_sockets::connection::WebSocket;
use crate::stdlib::web_sockets::messages;
use crate::value::Value;
use hyper::header::{self, HeaderValue};
use hyper::{Method, StatusCode};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// Slots of a server.
const HOST: usize = 0;
const PORT: usize = 1;
const ROUTES: usize = 2;
/// The number of the running server that it is, or 0.
const RUNNING: usize = 3;

/// A server that is running.
struct Running {
    /// The server; pinned.
    value: Value,
    /// Ends it when it is dropped or sent to.
    stop: watch::Sender<bool>,
    /// Ends the wait for its end.
    end: Completion,
}

/// The running servers of a thread by their numbers.
#[derive(Default)]
struct Servers {
    running: BTreeMap<i64, Running>,
    last: i64,
}

fn servers(cx: &mut dyn Context) -> &mut Servers {
    let area = cx.state().areas.entry(TypeId::of::<Servers>());
    let servers = area.or_insert_with(|| Box::<Servers>::default());
    servers.downcast_mut().expect("it has this type")
}

/// Ends the servers of a thread that has ended.
pub fn end(cx: &mut dyn Context) {
    cx.state().areas.remove(&TypeId::of::<Servers>());
}

fn new_server(cx: &mut dyn Context, name: &str, host: Value, port: Value) -> Fallible {
    address(cx, name, host, port)?;
    let routes = cx.heap().new_array(0);
    let fields = [host, Value::int(clamped(port)), routes, Value::ZERO];
    Ok(new_instance(cx, &HTTP_SERVER, &fields))
}

pub fn http_server(cx: &mut dyn Context, args: Args) -> Fallible {
    let host = match args.get(1) {
        host if host.is_absent() => cx.heap().new_string("127.0.0.1"),
        host => host,
    };
    new_server(cx, "http_server", host, args.get(0))
}

pub fn http_listen(cx: &mut dyn Context, args: Args) -> Fallible {
    new_server(cx, "http_listen", args.get(0), args.get(1))
}

pub fn route(cx: &mut dyn Context, args: Args) -> Fallible {
    let method = args.get(1);
    let name = cx.heap().str(method).to_ascii_uppercase();
    if Method::from_bytes(name.as_bytes()).is_err() {
        let what = "a method of HTTP";
        return Err(value_error(cx, "route", "method", what, method));
    }
    add_route(cx, "route", args, &name, 2, Value::NULL)
}

pub fn websocket(cx: &mut dyn Context, args: Args) -> Fallible {
    let protocols = cx.heap().new_array(0);
    if !args.get(3).is_absent() {
        for protocol in protocols_arg(cx, "websocket", args.get(3))? {
            let protocol = new_text(cx, "websocket", &protocol)?;
            push(cx, "websocket", protocols, protocol)?;
        }
    }
    add_route(cx, "websocket", args, routes::WEB_SOCKET, 1, protocols)
}

/// Adds a route: its path is argument `at`, and the next its handler.
fn add_route(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    method: &str,
    at: usize,
    protocols: Value,
) -> Fallible {
    let (server, path) = (args.get(0), args.get(at));
    let pattern = cx.heap().str(path);
    if !pattern.starts_with('/') || pattern.contains(['?', '#']) {
        let what = "a path that begins with /";
        return Err(value_error(cx, name, "path", what, path));
    }
    let routes = server.instance_field(ROUTES);
    for &route in routes.elements() {
        let parts = route.elements();
        let (of, known) = (parts[routes::METHOD], parts[routes::PATH]);
        if cx.heap().str(of) == method && routes::are_alike(cx.heap().str(known), pattern) {
            let what = match method {
                routes::WEB_SOCKET => "a path without a handler",
                _ => "a path without a route for this method",
            };
            return Err(value_error(cx, name, "path", what, path));
        }
    }
    let method = cx.heap().intern(method);
    let handler = stored(args, at + 1);
    let route = cx
        .heap()
        .new_array_from(&[method, path, handler, protocols]);
    push(cx, name, routes, route)?;
    Ok(server)
}

/// Begins to serve: the port, and what is settled when the server has been stopped.
fn begin(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<(u16, Value)> {
    let server = args.get(0);
    let [host, port, running] = [HOST, PORT, RUNNING].map(|slot| server.instance_field(slot));
    if running != Value::ZERO {
        let message =
            format!("{name}() expects an httpserver that is not running; got a running one");
        return Err(Fault::new(ErrorKind::State, message));
    }
    let address = address(cx, name, host, port)?;
    permit(cx, name, Capability::Net, Some(&address))?;
    let (host, port) = (cx.heap().str(host), clamped(port) as u16);
    let bound = std::net::TcpListener::bind((host, port)).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    });
    let (listener, port) = bound.map_err(|error| {
        let message = format!("Cannot listen at '{address}': {error}");
        Fault::new(ErrorKind::Network, message)
    })?;
    let (stop, stopped) = watch::channel(false);
    let inbox = cx.tasks().inbox();
    let known = servers(cx);
    known.last += 1;
    let number = known.last;
    let ask = move |asked: Asked, reply: oneshot::Sender<Answer>| {
        inbox.post(Box::new(move |cx| answer(cx, number, asked, reply)));
    };
    outside::spawn(cx, async move {
        // A listener of this runtime is refused only if the system has no room for it.
        if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
            connection::serve(listener, Arc::new(ask), stopped, PATIENCE).await;
        }
    })?;
    let (promise, end) = cx.outside(Keeps::Program);
    let running = Running {
        value: server,
        stop,
        end,
    };
    servers(cx).running.insert(number, running);
    cx.pin(server);
    cx.heap().set_field(server, RUNNING, Value::int(number));
    Ok((port, promise))
}

pub fn listen(cx: &mut dyn Context, args: Args) -> Fallible {
    let (_, end) = begin(cx, "listen", args)?;
    Ok(end)
}

pub fn start(cx: &mut dyn Context, args: Args) -> Fallible {
    let (port, _) = begin(cx, "start", args)?;
    Ok(Value::int(port.into()))
}

pub fn stop(cx: &mut dyn Context, args: Args) -> Fallible {
    let server = args.get(0);
    let number = server.instance_field(RUNNING).as_int();
    let Some(running) = servers(cx).running.remove(&number) else {
        let message = "stop() expects a running httpserver; got one that is not";
        return Err(Fault::new(ErrorKind::State, message));
    };
    cx.heap().set_field(server, RUNNING, Value::ZERO);
    running.stop.send_replace(true);
    running.end.complete(|_| Ok(Value::NULL));
    Ok(Value::NULL)
}

/// Answers a request on the thread of the program.
fn answer(cx: &mut dyn Context, number: i64, mut asked: Asked, reply: oneshot::Sender<Answer>) {
    let Some(server) = servers(cx)
        .running
        .get(&number)
        .map(|running| running.value)
    else {
        return send(reply, plain(StatusCode::SERVICE_UNAVAILABLE));
    };
    let (method, path) = (asked.method.clone(), asked.path.clone());
    let routes = server.instance_field(ROUTES);
    if let Some(upgrade) = asked.upgrade.take()
        && let Found::Route(route, _) = routes::find(cx, routes, routes::WEB_SOCKET, &path)
    {
        let protocols = route.elements()[routes::PROTOCOLS].elements();
        let upgrade = upgrade.choosing(|asked| {
            let mut known = protocols.iter().map(|&one| cx.heap().str(one));
            known.any(|known| known == asked)
        });
        send(reply, upgrade.answer());
        return begin_web_socket(cx, number, asked, upgrade);
    }
    let (handler, params) = match routes::find(cx, routes, method.as_str(), &path) {
        Found::Route(route, params) => (route.elements()[routes::HANDLER], params),
        Found::Nothing => return send(reply, plain(StatusCode::NOT_FOUND)),
        Found::Bad => return send(reply, plain(StatusCode::BAD_REQUEST)),
        Found::OtherMethods(mut methods) => {
            methods.retain(|method| method != routes::WEB_SOCKET);
            if methods.is_empty() {
                return send(reply, upgrade::required());
            }
            let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED);
            if let Ok(methods) = HeaderValue::from_str(&methods.join(", ")) {
                refusal.headers_mut().insert(header::ALLOW, methods);
            }
            return send(reply, refusal);
        }
    };
    let task =
        request(cx, &asked, params).and_then(|request| cx.tasks().start_task(handler, &[request]));
    match task {
        Err(fault) => send(reply, answer_of(cx, &method, &path, Err(fault))),
        Ok(promise) => cx.tasks().when_settled(
            promise,
            Value::NULL,
            Box::new(move |cx, _, outcome| {
                let answer = answer_of(cx, &method, &path, outcome);
                send(reply, answer);
            }),
        ),
    }
}

/// Has a WebSocket attended to, once its connection is there.
fn begin_web_socket(cx: &mut dyn Context, number: i64, asked: Asked, upgrade: Upgrade) {
    let path = asked.path.clone();
    let inbox = cx.tasks().inbox();
    let begun = outside::spawn(cx, async move {
        if let Some(socket) = upgrade.begin().await {
            inbox.post(Box::new(move |cx| {
                attend(cx, number, &asked, Arc::new(socket))
            }));
        }
    });
    if let Err(fault) = begun {
        tell(cx, "GET", &path, &fault.to_string());
    }
}

/// Has a task attend to a WebSocket, which is closed when it ends.
fn attend(cx: &mut dyn Context, number: i64, asked: &Asked, socket: Arc<WebSocket>) {
    let server = servers(cx)
        .running
        .get(&number)
        .map(|running| running.value);
    let routes = server.map(|server| server.instance_field(ROUTES));
    let found = routes.map(|routes| routes::find(cx, routes, routes::WEB_SOCKET, &asked.path));
    let Some(Found::Route(route, params)) = found else {
        // The server has stopped, and the connection ends with it.
        return;
    };
    let handler = route.elements()[routes::HANDLER];
    let path = asked.path.clone();
    let handle = messages::handle(cx, socket.clone());
    let task = request(cx, asked, params)
        .and_then(|request| cx.tasks().start_task(handler, &[handle, request]));
    let end = move |cx: &mut dyn Context, outcome: Fallible| match outcome {
        Ok(_) => {
            socket.close(1000, "");
        }
        Err(fault) => {
            socket.close(1011, "");
            let why = why(cx, fault);
            tell(cx, "GET", &path, &why);
        }
    };
    match task {
        Err(fault) => end(cx, Err(fault)),
        Ok(promise) => {
            let then = Box::new(move |cx: &mut dyn Context, _, outcome| end(cx, outcome));
            cx.tasks().when_settled(promise, Value::NULL, then);
        }
    }
}

fn send(reply: oneshot::Sender<Answer>, answer: Answer) {
    // The client may have gone.
    let _ = reply.send(answer);
}

/// The answer that a handler gives; what went wrong in it is told on standard error.
fn answer_of(cx: &mut dyn Context, method: &Method, path: &str, outcome: Fallible) -> Answer {
    let why = match outcome {
        Ok(v) if v.library_type() == Some(LibraryType::HttpResponse) => return outgoing(cx, v),
        Ok(v) => format!("it gave no httpresponse but {}", name_of_type(cx, v)),
        Err(fault) => why(cx, fault),
    };
    tell(cx, method.as_str(), path, &why);
    plain(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Tells on standard error that a handler has failed.
fn tell(cx: &mut dyn Context, method: &str, path: &str, why: &str) {
    // There is no other place to tell that standard error is gone.
    let _ = writeln!(
        cx.state().err,
        "The handler of {method} {path} failed: {why}"
    );
}

/// The words of a fault.
fn why(cx: &mut dyn Context, fault: Box<Fault>) -> String {
    match cx.caught(fault) {
        Ok(error) => described(cx, error),
        Err(fault) => fault.to_string(),
    }
}

/// Message and line of an error.
fn described(cx: &mut dyn Context, error: Value) -> String {
    let mut field = |name: &str| {
        let name = cx.heap().intern(name);
        let slot = error.instance_type().field(name)?;
        Some(field_of(cx, error, slot))
    };
    let (message, line) = (field("message"), field("line"));
    let message = match message {
        Some(message) if message.is_string() => cx.heap().str(message).to_string(),
        _ => String::new(),
    };
    match line {
        Some(line) if line.is_int() => format!("{message} (line {})", line.as_int()),
        _ => message,
    }
}

/// The request as a handler gets it.
fn request(cx: &mut dyn Context, asked: &Asked, params: Vec<(String, String)>) -> Fallible {
    const NAME: &str = "listen";
    let method = cx.heap().intern(asked.method.as_str());
    let path = decoded(&asked.path).unwrap_or_default();
    let path = new_text(cx, NAME, &path)?;
    let raw_path = new_text(cx, NAME, &asked.path)?;
    let params = texts(cx, params)?;
    let raw_query = asked.query.as_deref().unwrap_or("");
    let query = texts(cx, pairs_of_query(raw_query))?;
    query.share();
    let query_string = new_text(cx, NAME, raw_query)?;
    let headers = crate::stdlib::http_client::joined(&asked.headers);
    let headers = texts(
        cx,
        headers
            .into_iter()
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
    )?;
    let body = match std::str::from_utf8(&asked.body) {
        Ok(text) => new_text(cx, NAME, text)?,
        Err(_) => {
            crate::runtime::limits::check_room(cx, asked.body.len())?;
            cx.heap().new_bytes(&asked.body)
        }
    };
    let parts = [
        ("method", method),
        ("path", path),
        ("raw_path", raw_path),
        ("params", params),
        ("query", query),
        ("query_decoded", query),
        ("query_string", query_string),
        ("headers", headers),
        ("body", body),
    ];
    Ok(dict::record(cx, &parts))
}

/// A dict of strings. Of equal names the last wins.
fn texts(cx: &mut dyn Context, pairs: Vec<(String, String)>) -> Fallible {
    let dict = cx.heap().new_dict(pairs.len());
    for (name, text) in pairs {
        let name = new_text(cx, "listen", &name)?;
        let text = new_text(cx, "listen", &text)?;
        put(cx, "listen", dict, name, text)?;
    }
    Ok(dict)
}
