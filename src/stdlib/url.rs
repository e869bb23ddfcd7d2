//! URLs as values of Rust: taken apart, put together, encoded.

use crate::runtime::{ErrorKind, Fallible, Fault};
#[cfg(any(feature = "http", test))]
use std::fmt::Write as _;

/// The parts of a URL with a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    /// In small letters.
    pub scheme: String,
    /// The name and password in front of the host, with nothing decoded.
    pub user: Option<String>,
    /// In small letters; an address of version 6 in brackets.
    pub host: String,
    pub port: Option<u16>,
    pub path: String,
    /// After the `?`; `None` without one.
    pub query: Option<String>,
    pub fragment: Option<String>,
}

impl Url {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// Names the part that is missing, or the text that cannot be in a URL.
    pub fn parse(text: &str) -> Result<Url, &'static str> {
        if text.chars().any(|c| c.is_control()) {
            return Err("a control character");
        }
        let (scheme, rest) = text.split_once("://").ok_or("no scheme and host")?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && (scheme.chars()).all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if !is_scheme {
            return Err("no scheme and host");
        }
        let (rest, fragment) = split_off(rest, '#');
        let (rest, query) = split_off(rest, '?');
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], &rest[at..]),
            None => (rest, "/"),
        };
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user.to_string()), address),
            None => (None, authority),
        };
        let (host, port) = match address.rfind(':') {
            Some(at) if !address[at..].contains(']') => (&address[..at], &address[at + 1..]),
            _ => (address, ""),
        };
        let is_v6 = host.len() > 2 && host.starts_with('[') && host.ends_with(']');
        let fits = |c: char| c.is_alphanumeric() || "-._~%!$&'()*+,;=".contains(c);
        let is_name = match is_v6 {
            true => host[1..host.len() - 1]
                .parse::<std::net::Ipv6Addr>()
                .is_ok(),
            false => !host.is_empty() && host.chars().all(fits),
        };
        if !is_name {
            return Err("no host");
        }
        let port = match port {
            "" => None,
            port if port.bytes().all(|b| b.is_ascii_digit()) => {
                Some(port.parse().map_err(|_| "a port above 65535")?)
            }
            _ => return Err("a port that is no number"),
        };
        Ok(Url {
            scheme: scheme.to_ascii_lowercase(),
            user,
            host: host.to_lowercase(),
            port,
            path: path.to_string(),
            query,
            fragment,
        })
    }

    /// Its port, or the usual one of its scheme.
    pub fn port(&self) -> Option<u16> {
        self.port.or(match self.scheme.as_str() {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        })
    }

    /// The address of the host: `host:port`.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port().unwrap_or(0))
    }
}

#[cfg(any(feature = "http", test))]
impl Url {
    /// Path and query as a request names them.
    pub fn target(&self) -> String {
        let mut target = String::new();
        push_legal(&mut target, &self.path);
        if let Some(query) = &self.query {
            target.push('?');
            push_legal(&mut target, query);
        }
        target
    }

    /// Adds a pair to the query.
    pub fn add_to_query(&mut self, name: &str, value: &str) {
        let query = self.query.get_or_insert_default();
        if !query.is_empty() {
            query.push('&');
        }
        push_encoded(query, name);
        query.push('=');
        push_encoded(query, value);
    }

    /// The URL that a reference within a document of this one leads to.
    ///
    /// # Errors
    /// As [`Url::parse`].
    pub fn join(&self, reference: &str) -> Result<Url, &'static str> {
        let before = reference.split(['/', '?', '#']).next().unwrap_or("");
        if before.contains(':') {
            return Url::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Url::parse(&format!("{}://{rest}", self.scheme));
        }
        let (rest, fragment) = split_off(reference, '#');
        let (path, query) = split_off(rest, '?');
        let mut url = self.clone();
        url.fragment = fragment;
        if path.is_empty() {
            url.query = query.or(url.query);
            return Ok(url);
        }
        url.query = query;
        let folder = match path.starts_with('/') {
            true => "",
            false => self.path.rfind('/').map_or("/", |at| &self.path[..=at]),
        };
        url.path = without_dots(&format!("{folder}{path}"));
        Ok(url)
    }
}

/// Splits off the text after the first `mark`.
fn split_off(text: &str, mark: char) -> (&str, Option<String>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after.to_string())),
        None => (text, None),
    }
}

/// A path in which `.` and `..` have been followed.
#[cfg(any(feature = "http", test))]
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut pieces = path.split('/').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            "." | ".." => {
                if piece == ".." {
                    parts.pop();
                }
                if pieces.peek().is_none() {
                    parts.push("");
                }
            }
            piece => parts.push(piece),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Appends a text of a URL, with characters that a URL cannot have encoded.
#[cfg(any(feature = "http", test))]
fn push_legal(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '!' | '#'..='~' if !"<>\\^`{|}".contains(c) => out.push(c),
            c => push_encoded(out, c.encode_utf8(&mut [0; 4])),
        }
    }
}

/// Appends a text percent-encoded.
#[cfg(any(feature = "http", test))]
pub fn push_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte.into());
            }
            byte => write!(out, "%{byte:02X}").expect("a string takes all"),
        }
    }
}

/// A percent-encoded text decoded.
///
/// # Errors
/// The fault that was found in it.
pub fn decoded(text: &str) -> Result<String, &'static str> {
    if !text.contains('%') {
        return Ok(text.to_string());
    }
    let mut bytes = Vec::with_capacity(text.len());
    decode_onto(&mut bytes, text.as_bytes())?;
    String::from_utf8(bytes).map_err(|_| NOT_UTF8)
}

/// The fault of bytes that are no text.
pub const NOT_UTF8: &str = "bytes that are not UTF-8";

/// Appends the bytes that a percent-encoded text, or a part of one, means.
///
/// # Errors
/// As for [`decoded`].
pub fn decode_onto(bytes: &mut Vec<u8>, text: &[u8]) -> Result<(), &'static str> {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err("a % without two hex digits");
        };
        bytes.push((high * 16 + low) as u8);
        rest = &after[2..];
    }
    Ok(())
}

/// The pairs of a query, decoded; `+` is a space there. A part that is no percent-encoded UTF-8 stays
/// as it is.
#[cfg(feature = "http")]
pub fn pairs_of_query(query: &str) -> Vec<(String, String)> {
    let part = |text: &str| {
        let spaced = text.replace('+', " ");
        decoded(&spaced).unwrap_or(spaced)
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (part(name), part(value))
        })
        .collect()
}

/// A URL for HTTP.
///
/// # Errors
/// Of kind `network`, if it is none.
pub fn http_url(text: &str) -> Fallible<Url> {
    url_of(text, ["http", "https"])
}

/// A URL of one of two schemes.
///
/// # Errors
/// Of kind `network`, if it is none.
pub fn url_of(text: &str, [one, other]: [&str; 2]) -> Fallible<Url> {
    let url = Url::parse(text).map_err(|got| no_url(text, &format!("it has {got}")))?;
    match url.user {
        _ if url.scheme != one && url.scheme != other => {
            Err(no_url(text, &format!("neither {one} nor {other}")))
        }
        Some(_) => Err(no_url(text, "a name and password belong in a header")),
        None => Ok(url),
    }
}

/// The address that a URL of any scheme leads to.
///
/// # Errors
/// Of kind `network`, if it is none.
pub fn address_of(text: &str) -> Fallible<String> {
    let url = Url::parse(text).map_err(|got| no_url(text, &format!("it has {got}")))?;
    Ok(url.address())
}

#[cold]
fn no_url(text: &str, why: &str) -> Box<Fault> {
    let message = format!("Cannot reach '{text}': {why}");
    Fault::new(ErrorKind::Network, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_where_browsers_go() {
        let base = Url::parse("http://a/b/c/d;p?q").unwrap();
        // The examples of RFC 3986.
        for (reference, target) in [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("?y", "/b/c/d;p?y"),
            ("g?y", "/b/c/g?y"),
            ("#s", "/b/c/d;p?q"),
            ("", "/b/c/d;p?q"),
            (".", "/b/c/"),
            ("./", "/b/c/"),
            ("..", "/b/"),
            ("../g", "/b/g"),
            ("../..", "/"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("/../g", "/g"),
            ("g;x=1/../y", "/b/c/y"),
            ("http://g/x", "/x"),
        ] {
            assert_eq!(
                base.join(reference).unwrap().target(),
                target,
                "{reference}"
            );
        }
        assert_eq!(base.join("//g:81").unwrap().address(), "g:81");
        assert_eq!(base.join("https://g").unwrap().address(), "g:443");
    }

    #[test]
    fn only_urls_with_hosts_are_taken() {
        for text in [
            "",
            "a",
            "/a",
            "a:b",
            "http:/a",
            "http://",
            "http:///a",
            "://a",
            "1a://b",
            "http://a b/",
            "http://a:x/",
            "http://a:65536/",
            "http://[::1/",
            "http://[x]/",
            "http://a/\n",
            "ht tp://a",
            "http://:80/",
            "http://a:-1",
            "http://a:+1",
        ] {
            assert!(Url::parse(text).is_err(), "{text:?}");
        }
        let url = Url::parse("HTTP://u:p@[::1]:8080?a=b#c").unwrap();
        assert_eq!(
            (url.address().as_str(), url.target().as_str()),
            ("[::1]:8080", "/?a=b")
        );
        let url = Url::parse("http://a/ä b?c=\"ö\"|%20").unwrap();
        assert_eq!(url.target(), "/%C3%A4%20b?c=%22%C3%B6%22%7C%20");
    }
}
