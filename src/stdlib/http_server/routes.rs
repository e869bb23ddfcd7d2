//! Which handler answers a request: paths by their segments.

use crate::runtime::Context;
use crate::stdlib::url::decoded;
use crate::value::Value;

/// The parts of a route, which a server holds as an array of them.
pub const METHOD: usize = 0;
pub const PATH: usize = 1;
pub const HANDLER: usize = 2;
/// The subprotocols of a route for WebSockets, an array.
pub const PROTOCOLS: usize = 3;

/// The method of routes for WebSockets, which no request can name.
pub const WEB_SOCKET: &str = "WEB SOCKET";

/// The result of looking for the route of a request.
pub enum Found {
    /// A route, and what the named segments are.
    Route(Value, Vec<(String, String)>),
    /// Nothing at this path.
    Nothing,
    /// Something, for these methods.
    OtherMethods(Vec<String>),
    /// The path is not percent-encoded UTF-8.
    Bad,
}

/// The segments of a path.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1)
}

/// Whether two paths of routes take the same requests.
pub fn are_alike(one: &str, other: &str) -> bool {
    let shape = |segment| if is_name(segment) { ":" } else { segment };
    segments(one).map(shape).eq(segments(other).map(shape))
}

fn is_name(segment: &str) -> bool {
    segment.len() > 1 && segment.starts_with(':')
}

/// Finds the route of a request. A request for a head is one for the whole.
pub fn find(cx: &mut dyn Context, routes: Value, method: &str, path: &str) -> Found {
    let Ok(asked) = segments(path).map(decoded).collect::<Result<Vec<_>, _>>() else {
        return Found::Bad;
    };
    let (mut best, mut methods): (Option<(&str, Value, bool)>, Vec<String>) = (None, Vec::new());
    for &route in routes.elements() {
        let parts = route.elements();
        let (of, pattern) = (cx.heap().str(parts[METHOD]), cx.heap().str(parts[PATH]));
        if !takes(pattern, &asked) {
            continue;
        }
        let wins = match best {
            None => true,
            Some((known, _, is_own)) => match are_alike(pattern, known) {
                true => !is_own,
                false => is_more_exact(pattern, known),
            },
        };
        match of == method || of == "GET" && method == "HEAD" {
            true if wins => best = Some((pattern, route, of == method)),
            true => {}
            false => methods.push(of.to_string()),
        }
    }
    match best {
        Some((pattern, route, _)) => Found::Route(route, params(pattern, asked)),
        None if methods.is_empty() => Found::Nothing,
        None => {
            methods.sort();
            methods.dedup();
            Found::OtherMethods(methods)
        }
    }
}

fn takes(pattern: &str, asked: &[String]) -> bool {
    let mut asked = asked.iter();
    let all = segments(pattern).all(|segment| match asked.next() {
        Some(asked) => is_name(segment) && !asked.is_empty() || segment == asked,
        None => false,
    });
    all && asked.next().is_none()
}

/// Whether the first segment that only one of two routes has exactly is the first route's.
fn is_more_exact(one: &str, other: &str) -> bool {
    let pairs = segments(one).zip(segments(other));
    let mut differ = pairs.map(|(one, other)| (is_name(one), is_name(other)));
    differ.find(|(one, other)| one != other) == Some((false, true))
}

fn params(pattern: &str, asked: Vec<String>) -> Vec<(String, String)> {
    let pairs = segments(pattern).zip(asked);
    let named = pairs.filter(|(segment, _)| is_name(segment));
    named
        .map(|(segment, asked)| (segment[1..].to_string(), asked))
        .collect()
}
