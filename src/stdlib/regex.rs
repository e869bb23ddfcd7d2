//! Regular expressions (STDLIB 16) on an engine that takes linear time. Compiled patterns
//! are kept, the one used last first.

use super::declare::*;
use crate::runtime::ParamKind;

#[cfg(feature = "regex")]
mod matching;
#[cfg(not(feature = "regex"))]
mod matching {
    super::left_out!("regex": regex_match regex_find regex_find_all regex_captures regex_replace
        regex_split regex_escape);

    pub fn flaw(_: &str) -> Option<(usize, String)> {
        None
    }
}

pub(crate) use matching::flaw;

const TEXT_OR_CALLABLE: Accepts = either(&[ParamKind::String, ParamKind::Callable]);

natives! {
    /// Whether the pattern matches anywhere in the text.
    ///
    /// A bad pattern throws `parse`.
    pure fn [none] regex_match(s: STRING, pattern: STRING) -> "bool" = matching::regex_match;
    /// The first match, or null.
    pure fn [none] regex_find(s: STRING, pattern: STRING) -> "string/null" = matching::regex_find;
    /// All matches, without overlap.
    pure fn [none] regex_find_all(s: STRING, pattern: STRING) -> "array" = matching::regex_find_all;
    /// The first match and its groups, or null.
    ///
    /// A group that took no part is null.
    pure fn [none] regex_captures(s: STRING, pattern: STRING) -> "array/null" = matching::regex_captures;
    /// Every match replaced.
    ///
    /// In a text `$1` and `${name}` stand for groups, `$$` for a dollar. A function gets what
    /// `regex_captures` gives and returns the text.
    pure fn [calls] regex_replace(s: STRING, pattern: STRING, to: TEXT_OR_CALLABLE) -> "string" = matching::regex_replace;
    /// The parts between matches.
    pure fn [none] regex_split(s: STRING, pattern: STRING) -> "array" = matching::regex_split;
    /// A pattern that matches exactly this text.
    pure fn [none] regex_escape(s: STRING) -> "string" = matching::regex_escape;
}
