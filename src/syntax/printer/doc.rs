//! A document: text, places where a line may end, and groups of such places
//! that end together or not at all. It is a flat list of commands, written in
//! order, so that building and laying out (see `layout`) need no recursion
//! whatever the nesting of the program.

/// The number of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Group(pub u32);

#[derive(Clone, Copy, Debug)]
pub enum Cmd {
    /// A piece of [`Doc::text`]; it may have line ends of its own.
    Text {
        lo: u32,
        hi: u32,
    },
    /// A space, or a line end (and an empty line) if the group is broken.
    Line {
        blank: bool,
    },
    /// Nothing, or a line end if the group is broken.
    Soft,
    /// A space; in a broken group a line end if the next item does not fit.
    Fill,
    /// A line end, and an empty line after it.
    Hard {
        blank: bool,
    },
    /// A space, or a line end if that group was broken.
    LineIf(Group),
    /// Text that is only there in a broken group.
    IfBroken {
        lo: u32,
        hi: u32,
    },
    /// Text that is only there in a group that is not broken.
    IfFlat {
        lo: u32,
        hi: u32,
    },
    /// Text that waits for the end of the line: a comment.
    Suffix {
        lo: u32,
        hi: u32,
    },
    Indent,
    Dedent,
    /// Indentation that applies if that group was broken.
    IndentIf(Group),
    DedentIf(Group),
    Begin(Group),
    End,
    Nothing,
}

/// A document that is being written.
#[derive(Default)]
pub struct Doc {
    pub text: String,
    pub cmds: Vec<Cmd>,
    /// By group: whether it must be broken.
    pub broken: Vec<bool>,
    /// By group: whether what is before it may count on its being broken.
    pub eager: Vec<bool>,
    open: Vec<Group>,
    /// Whether a comment waits for the end of its line.
    pub waiting: bool,
}

impl Doc {
    pub fn push(&mut self, text: &str) {
        let (lo, hi) = self.intern(text);
        self.cmds.push(Cmd::Text { lo, hi });
    }

    pub fn if_broken(&mut self, text: &str) {
        let (lo, hi) = self.intern(text);
        self.cmds.push(Cmd::IfBroken { lo, hi });
    }

    pub fn if_flat(&mut self, text: &str) {
        let (lo, hi) = self.intern(text);
        self.cmds.push(Cmd::IfFlat { lo, hi });
    }

    /// A comment for the end of the line: the next place where a line may
    /// end is one where it does.
    pub fn suffix(&mut self, text: &str) {
        let (lo, hi) = self.intern(text);
        self.cmds.push(Cmd::Suffix { lo, hi });
        self.waiting = true;
    }

    fn intern(&mut self, text: &str) -> (u32, u32) {
        let lo = self.text.len() as u32;
        self.text.push_str(text);
        (lo, self.text.len() as u32)
    }

    pub fn cmd(&mut self, cmd: Cmd) {
        if self.waiting && matches!(cmd, Cmd::Line { .. } | Cmd::Soft | Cmd::Fill) {
            self.waiting = false;
            self.break_open();
        }
        self.cmds.push(cmd);
    }

    pub fn hard(&mut self, blank: bool) {
        self.waiting = false;
        self.cmds.push(Cmd::Hard { blank });
        self.break_open();
    }

    pub fn begin(&mut self) -> Group {
        let group = Group(self.broken.len() as u32);
        self.broken.push(false);
        self.eager.push(false);
        self.open.push(group);
        self.cmds.push(Cmd::Begin(group));
        group
    }

    /// A group that is rather broken than one before it on the same line.
    pub fn begin_eager(&mut self) -> Group {
        let group = self.begin();
        self.eager[group.0 as usize] = true;
        group
    }

    /// The character that will be last on the line.
    pub fn last_char(&self) -> Option<char> {
        for cmd in self.cmds.iter().rev() {
            match *cmd {
                Cmd::Text { lo, hi } if lo < hi => return self.slice(lo, hi).chars().next_back(),
                Cmd::Line { .. } | Cmd::Soft | Cmd::Fill | Cmd::Hard { .. } | Cmd::LineIf(_) => {
                    return Some(' ');
                }
                _ => {}
            }
        }
        None
    }

    pub fn end(&mut self) {
        self.cmds.push(Cmd::End);
        let Some(group) = self.open.pop() else { return };
        if self.broken[group.0 as usize] {
            self.break_open();
        }
    }

    /// The innermost open group must be broken; those around it learn it when
    /// it ends.
    pub fn break_open(&mut self) {
        if let Some(group) = self.open.last() {
            self.broken[group.0 as usize] = true;
        }
    }

    /// Columns of the commands from `start` to `end` if none of them is a line end;
    /// `None` if one must be.
    pub fn flat_width(&self, start: usize, end: usize) -> Option<usize> {
        let mut width = 0;
        for cmd in &self.cmds[start..end] {
            match *cmd {
                Cmd::Text { lo, hi } | Cmd::IfFlat { lo, hi } => {
                    let text = self.slice(lo, hi);
                    if text.contains('\n') {
                        return None;
                    }
                    width += text.chars().count();
                }
                Cmd::Line { .. } | Cmd::Fill | Cmd::LineIf(_) => width += 1,
                Cmd::Hard { .. } | Cmd::Suffix { .. } => return None,
                Cmd::Begin(group) if self.broken[group.0 as usize] => return None,
                _ => {}
            }
        }
        Some(width)
    }

    pub fn slice(&self, lo: u32, hi: u32) -> &str {
        &self.text[lo as usize..hi as usize]
    }
}
