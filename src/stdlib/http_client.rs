//! The HTTP client (STDLIB 21). Requests are checked here; the exchange with
//! the server is a library's business.

use super::declare::*;

#[cfg(feature = "http")]
mod ask;
#[cfg(feature = "http")]
mod exchange;
#[cfg(feature = "http")]
mod options;

#[cfg(feature = "http")]
pub use ask::{client, end};
#[cfg(feature = "http")]
pub use exchange::{Client, Failure, joined};
#[cfg(feature = "http")]
pub use options::{count_option, headers_option, timeout_option};

#[cfg(not(feature = "http"))]
mod ask {
    super::left_out!("http": http_get http_delete http_post http_put http_request
        http_get_binary oauth2_auth_url oauth2_get_token parallel_http async_http_get
        async_http_post);
}

natives! {
    /// The response of a server: a dict of `status`, `body` and `headers`.
    ///
    /// A status such as 404 is a response; what fails before throws `network`, `timeout` or
    /// `overflow`. Options: `method`, `headers`, `body`, `query`, `timeout` (seconds, 30),
    /// `max_bytes` (64 MiB), `redirects` (10).
    pure fn [calls outside reads writes] http_get(url: URL, options: opt(DICT)) -> "dict" = ask::http_get; waits;
    /// The response to a request to delete something.
    pure fn [calls outside reads writes] http_delete(url: URL, options: opt(DICT)) -> "dict" = ask::http_delete; waits;
    /// The response to what is sent.
    ///
    /// A dict or an array is sent as JSON, a string as `application/json` unless a header
    /// says otherwise. Options as for `http_get`.
    pure fn [calls outside reads writes] http_post(url: URL, body: ANY, options: opt(DICT)) -> "dict" = ask::http_post; waits;
    /// The response to what is sent to take the place of something.
    ///
    /// As `http_post`.
    pure fn [calls outside reads writes] http_put(url: URL, body: ANY, options: opt(DICT)) -> "dict" = ask::http_put; waits;
    /// `Ok(response)`, or `Err(message)` if there is none.
    ///
    /// Of a URL and options, or of options with the `url` in it. Bad arguments throw.
    pure fn [calls outside reads writes] http_request(url: URL_OR_OPTIONS, options: opt(DICT)) -> "Result" = ask::http_request; waits;
    /// The body of a response as bytes.
    ///
    /// A status outside 200 to 299 throws `network`.
    pure fn [calls outside reads writes] http_get_binary | http_get_stream (url: URL, options: opt(DICT)) -> "bytes" = ask::http_get_binary; waits;
    /// The URL that asks a user for leave, with a `state` of 16 random hex digits.
    pure fn [none] oauth2_auth_url(client_id: STRING, redirect_uri: STRING, auth_url: STRING, scope: STRING) -> "string" = ask::oauth2_auth_url; reads;
    /// The answer of a server that gives a token for a code: its JSON.
    ///
    /// A status outside 200 to 299 throws `network`.
    pure fn [calls outside reads writes] oauth2_get_token(code: STRING, client_id: STRING, client_secret: STRING, token_url: URL, redirect_uri: STRING) = ask::oauth2_get_token; waits;
    /// The responses of many servers, in order, at most `limit` at a time.
    ///
    /// `Err(message)` in place of one that failed.
    pure fn [calls outside reads writes] parallel_http(urls: ARRAY, limit: or(WHOLE, "16")) -> "array" = ask::parallel_http; waits;
    /// A promise of `http_get`.
    pure fn [calls outside reads writes] async_http_get(url: URL, options: opt(DICT)) -> "promise" = ask::async_http_get; writes;
    /// A promise of `http_post`.
    pure fn [calls outside reads writes] async_http_post(url: URL, body: ANY, options: opt(DICT)) -> "promise" = ask::async_http_post; writes;
}
