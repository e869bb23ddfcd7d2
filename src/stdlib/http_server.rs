//! The HTTP server (STDLIB 22). Connections and the rules of HTTP are a library's business;
//! here are routes, requests and responses as programs see them. Each request is a task.

use super::declare::*;

#[cfg(feature = "http")]
mod answers;
#[cfg(feature = "http")]
mod connection;
#[cfg(feature = "http")]
mod heads;
#[cfg(feature = "http")]
mod response;
#[cfg(feature = "http")]
mod routes;
#[cfg(feature = "http")]
mod serve;
#[cfg(feature = "http")]
mod upgrade;

#[cfg(feature = "http")]
pub use serve::end;

#[cfg(all(test, feature = "http"))]
mod tests;

#[cfg(not(feature = "http"))]
mod serve {
    super::left_out!("http": http_server http_listen route websocket listen start stop);
}
#[cfg(not(feature = "http"))]
mod response {
    super::left_out!("http": http_response json_response html_response redirect_response
        set_header set_header_in_place set_headers set_headers_in_place);
}

natives! {
    /// A server that will listen at a port of this machine.
    ///
    /// Only this machine reaches it unless a host is given. Port 0 lets the system choose.
    pure fn [none] http_server(port: INT, host: or(STRING, "\"127.0.0.1\"")) -> "httpserver" = serve::http_server as StartsTasks;
    /// A server that will listen at an address of this machine.
    pure fn [none] http_listen(host: STRING, port: INT) -> "httpserver" = serve::http_listen as StartsTasks;
    /// Has requests of a method and path answered by `handler(request)`; the server.
    ///
    /// `:name` in a path takes any one segment; exact segments win. The same route twice
    /// throws `value`. A request is a dict of `method path raw_path params query
    /// query_decoded query_string headers body`; the handler gives an httpresponse.
    method fn [none] route(s: HTTP_SERVER, method: STRING, path: STRING, handler: CALLABLE) -> "httpserver" = serve::route; writes;
    /// Has WebSockets that clients open at a path attended to by `handler(ws, request)`; the
    /// server.
    ///
    /// Each is a task; when it ends, the connection is closed. Paths are as for `route`. Of
    /// the subprotocols that a client asks for, the first is chosen that is among `protocols`.
    method fn [none] websocket(s: HTTP_SERVER, path: STRING, handler: CALLABLE, protocols: opt(ARRAY)) -> "httpserver" = serve::websocket; writes;
    /// Serves until the server is stopped.
    method fn [calls outside reads writes] listen(s: HTTP_SERVER) -> "null" = serve::listen; waits;
    /// Begins to serve, while the program goes on: the port.
    ///
    /// The program does not end while a server is running.
    method fn [none] start(s: HTTP_SERVER) -> "int" = serve::start; writes;
    /// Takes no more requests; those that have come in are answered, and WebSockets closed
    /// with 1001.
    ///
    /// One that is not running throws `state`.
    method fn [none] stop(s: HTTP_SERVER) -> "null" = serve::stop; writes;
    /// A response of a string, as plain text, or bytes.
    ///
    /// Its fields are `status`, `headers` and `body`. The status is 100 to 599.
    pure fn [none] http_response(status: WHOLE, body: DATA) -> "httpresponse" = response::http_response;
    /// A response of JSON, as `to_json` makes it.
    pure fn [reads] json_response(status: WHOLE, data: ANY) -> "httpresponse" = response::json_response;
    /// A response of HTML.
    pure fn [none] html_response(status: WHOLE, html: STRING) -> "httpresponse" = response::html_response;
    /// A response that leads to another URL, with status 302.
    pure fn [none] redirect_response(url: STRING, headers: opt(DICT)) -> "httpresponse" = response::redirect_response;
    /// The response with a header, which takes the place of one of that name.
    ///
    /// Line breaks throw `value`.
    mutating fn [none] set_header(r: HTTP_RESPONSE, name: STRING, value: STRING) -> "httpresponse" = response::set_header, response::set_header_in_place;
    /// The response with the headers of a dict.
    mutating fn [none] set_headers(r: HTTP_RESPONSE, d: DICT) -> "httpresponse" = response::set_headers, response::set_headers_in_place;
}
