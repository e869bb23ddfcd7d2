//! Letters: upper and lower case, and the naming conventions built on words
//! (STDLIB 3).

use super::declare::*;
use super::fast;
use super::limits::*;
use super::operands::*;
use crate::runtime::arith::check_room;
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::{Args, Context, Fallible};
use std::ops::Range;

natives! {
    /// In capital letters.
    ///
    /// By the full Unicode mapping: `upper("ß")` is `SS`.
    pure fn [none] upper | to_upper (s: STRING) -> "string" = upper => fast::upper;
    /// In small letters.
    pure fn [none] lower | to_lower (s: STRING) -> "string" = lower => fast::lower;
    /// The first character in upper case, the rest in lower case.
    pure fn [none] capitalize(s: STRING) -> "string" = capitalize;
    /// Every word capitalized.
    ///
    /// Words are what white space separates; that stays as it is.
    pure fn [none] title(s: STRING) -> "string" = title;
    /// Words in lower case joined by `-`, fit for an address.
    ///
    /// `slugify("Hello, World! a_b")` is `hello-world-a-b`.
    pure fn [none] slugify(s: STRING) -> "string" = slugify;
    /// `likeThis`
    pure fn [none] to_camel_case(s: STRING) -> "string" = to_camel_case;
    /// `like_this`
    ///
    /// `to_snake_case("HTTPServer v2")` is `http_server_v2`.
    pure fn [none] to_snake_case(s: STRING) -> "string" = to_snake_case;
    /// `like-this`
    pure fn [none] to_kebab_case(s: STRING) -> "string" = to_kebab_case;
}

fn upper(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    if text.len() > STRETCH {
        // Capitals do not depend on what is beside them.
        return long_text(cx, "upper", text, str::to_uppercase);
    }
    if text.is_ascii() {
        new_text(cx, "upper", &text.to_ascii_uppercase())
    } else {
        new_text(cx, "upper", &text.to_uppercase())
    }
}

fn lower(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    if text.len() > STRETCH && !text.contains('Σ') {
        return long_text(cx, "lower", text, str::to_lowercase);
    }
    if text.is_ascii() {
        new_text(cx, "lower", &text.to_ascii_lowercase())
    } else {
        new_text(cx, "lower", &text.to_lowercase())
    }
}

/// A long text changed by stretches.
fn long_text(
    cx: &mut dyn Context,
    name: &str,
    text: &str,
    mut change: impl FnMut(&str) -> String,
) -> Fallible {
    check_room(cx, 2 * text.len())?;
    let mut changed = text_with_room(text.len())?;
    pace::stretches(cx, text, |_, stretch| {
        changed.push_str(&change(stretch));
        Ok(())
    })?;
    new_text(cx, name, &changed)
}

fn capitalize(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    if text.len() > STRETCH {
        let mut first = true;
        return long_text(cx, "capitalize", text, |stretch| {
            match std::mem::take(&mut first) {
                true => capitalized(stretch),
                false => stretch.to_lowercase(),
            }
        });
    }
    new_text(cx, "capitalize", &capitalized(text))
}

fn title(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    let mut titled = text_with_room(text.len())?;
    let mut pace = Pace::new();
    for word in text.split_inclusive(char::is_whitespace) {
        pace.bytes(cx, word.len())?;
        titled.push_str(&capitalized(word));
    }
    new_text(cx, "title", &titled)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => {
            let mut text: String = first.to_uppercase().collect();
            text.push_str(&chars.as_str().to_lowercase());
            text
        }
        None => String::new(),
    }
}

fn slugify(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    let mut slug = text_with_room(text.len())?;
    let mut gap = false;
    let mut pace = Pace::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        pace.step(cx)?;
        if c.is_alphanumeric() {
            if gap && !slug.is_empty() {
                slug.push('-');
            }
            gap = false;
            slug.push(c);
        } else if c.is_whitespace() || c == '_' || c == '-' {
            gap = true;
        }
    }
    new_text(cx, "slugify", &slug)
}

fn to_snake_case(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = joined_words(cx, args, '_')?;
    new_text(cx, "to_snake_case", &text)
}

fn to_kebab_case(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = joined_words(cx, args, '-')?;
    new_text(cx, "to_kebab_case", &text)
}

fn to_camel_case(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    let mut camel = text_with_room(text.len())?;
    each_word(cx, text, |word| {
        if camel.is_empty() {
            camel.push_str(&text[word].to_lowercase());
        } else {
            camel.push_str(&capitalized(&text[word]));
        }
    })?;
    new_text(cx, "to_camel_case", &camel)
}

fn joined_words(cx: &mut dyn Context, args: Args, separator: char) -> Fallible<String> {
    let text = str_arg(cx, args, 0);
    let mut joined = text_with_room(text.len() + text.len() / 4)?;
    each_word(cx, text, |word| {
        if !joined.is_empty() {
            joined.push(separator);
        }
        joined.push_str(&text[word].to_lowercase());
    })?;
    Ok(joined)
}

/// Words end at non-alphanumerics, before a capital after a small letter or
/// digit, and before the last capital of a run that a small letter follows.
fn each_word(cx: &mut dyn Context, text: &str, mut word: impl FnMut(Range<usize>)) -> Fallible<()> {
    let mut start = 0;
    let mut previous = ' ';
    let mut chars = text.char_indices().peekable();
    let mut pace = Pace::new();
    while let Some((at, c)) = chars.next() {
        pace.step(cx)?;
        if !c.is_alphanumeric() {
            if start < at {
                word(start..at);
            }
            start = at + c.len_utf8();
        } else if c.is_uppercase() && start < at {
            let next_is_small = chars.peek().is_some_and(|&(_, next)| next.is_lowercase());
            let after_small = previous.is_lowercase() || previous.is_numeric();
            if after_small || (previous.is_uppercase() && next_is_small) {
                word(start..at);
                start = at;
            }
        }
        previous = c;
    }
    if start < text.len() {
        word(start..text.len());
    }
    Ok(())
}
