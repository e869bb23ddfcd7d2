//! Tags of tagged values: a small number for each `Type::Variant`, so that
//! patterns compare numbers.

use std::collections::HashMap;

/// Tags every program has.
pub const OK: u32 = 0;
pub const ERR: u32 = 1;
pub const SOME: u32 = 2;
pub const NONE: u32 = 3;

/// The table of tags, by number.
pub struct Tags {
    names: Vec<(Box<str>, Box<str>)>,
    numbers: HashMap<(Box<str>, Box<str>), u32>,
}

impl Tags {
    pub fn new() -> Tags {
        let mut tags = Tags {
            names: Vec::new(),
            numbers: HashMap::new(),
        };
        for name in ["Ok", "Err", "Some", "None"] {
            tags.number("", name);
        }
        tags
    }

    /// The number of `ty::name`; `ty` is empty for `Ok`, `Err`, `Some`, `None`.
    pub fn number(&mut self, ty: &str, name: &str) -> u32 {
        let ty = if matches!(
            (ty, name),
            ("Result", "Ok" | "Err") | ("Option", "Some" | "None")
        ) {
            ""
        } else {
            ty
        };
        let key = (Box::from(ty), Box::from(name));
        if let Some(&number) = self.numbers.get(&key) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(key.clone());
        self.numbers.insert(key, number);
        number
    }

    /// Type and variant of a tag; no type for `Ok`, `Err`, `Some`, `None`.
    pub fn names(&self, tag: u32) -> (&str, &str) {
        let (ty, name) = &self.names[tag as usize];
        (ty, name)
    }

    /// `Color::Red`, `Ok`.
    pub fn text(&self, tag: u32) -> String {
        let (ty, name) = &self.names[tag as usize];
        if ty.is_empty() {
            name.to_string()
        } else {
            format!("{ty}::{name}")
        }
    }
}

impl Default for Tags {
    fn default() -> Self {
        Tags::new()
    }
}

/// `type(x)` of a value with this tag.
pub fn family(tag: u32) -> &'static str {
    match tag {
        OK | ERR => "result",
        SOME | NONE => "option",
        _ => "tagged",
    }
}
