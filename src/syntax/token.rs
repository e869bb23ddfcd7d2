//! The words of the language. A token is its kind and its place; its text is
//! looked up in the source when it is needed, so that a token stays 12 bytes
//! and none owns memory.

use super::ast::Span;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub kind: T,
    /// Whether a line end is between the token before and this one.
    pub newline: bool,
    pub lo: u32,
    pub hi: u32,
}

impl Token {
    pub fn span(self) -> Span {
        Span::new(self.lo, self.hi)
    }
}

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum T {
    Eof,
    /// Text the lexer has already complained about.
    Error,
    Ident,
    Int,
    Float,
    /// A `"…"` without interpolation, quotes included.
    Str,
    /// A `"""…"""` without interpolation, quotes included.
    TripleStr,
    /// The opening quote of a string with interpolation; up to its
    /// `TemplateClose` follow `TemplateText` and `InterpOpen … InterpClose`.
    TemplateOpen,
    TripleOpen,
    TemplateText,
    InterpOpen,
    /// `:` and the format after an interpolated expression.
    Format,
    InterpClose,
    TemplateClose,

    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    QuestionBracket,
    Comma,
    Semi,
    Colon,
    ColonColon,
    Dot,
    DotDot,
    DotDotEq,
    Ellipsis,
    Arrow,
    FatArrow,
    Question,
    QuestionDot,
    Coalesce,
    Assign,
    Walrus,
    PlusEq,
    MinusEq,
    StarEq,
    SlashEq,
    PercentEq,
    PowEq,
    AmpEq,
    PipeEq,
    CaretEq,
    ShlEq,
    ShrEq,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Pow,
    Shl,
    Shr,
    Amp,
    Pipe,
    Caret,
    Tilde,
    Bang,
    Lt,
    Le,
    Gt,
    Ge,
    EqEq,
    NotEq,
    /// `===` and `!==`, which are only there to be explained.
    EqEqEq,
    NotEqEq,
    AndAnd,
    OrOr,
    PipeGt,

    // Keywords, `Let` to `SelfKw`; see `is_keyword`.
    Let,
    Mut,
    Const,
    Func,
    Return,
    Struct,
    Class,
    Enum,
    Match,
    Case,
    If,
    Else,
    Loop,
    While,
    For,
    In,
    Break,
    Continue,
    Try,
    Except,
    Finally,
    Import,
    From,
    Export,
    Spawn,
    Async,
    Await,
    Yield,
    True,
    False,
    Null,
    SelfKw,
}

impl T {
    pub fn is_keyword(self) -> bool {
        self as u8 >= T::Let as u8
    }

    /// The keyword with this text, or `Ident`.
    pub fn of_word(word: &[u8]) -> T {
        match word {
            b"let" => T::Let,
            b"mut" => T::Mut,
            b"const" => T::Const,
            b"func" => T::Func,
            b"return" => T::Return,
            b"struct" => T::Struct,
            b"class" => T::Class,
            b"enum" => T::Enum,
            b"match" => T::Match,
            b"case" => T::Case,
            b"if" => T::If,
            b"else" => T::Else,
            b"loop" => T::Loop,
            b"while" => T::While,
            b"for" => T::For,
            b"in" => T::In,
            b"break" => T::Break,
            b"continue" => T::Continue,
            b"try" => T::Try,
            b"except" => T::Except,
            b"finally" => T::Finally,
            b"import" => T::Import,
            b"from" => T::From,
            b"export" => T::Export,
            b"spawn" => T::Spawn,
            b"async" => T::Async,
            b"await" => T::Await,
            b"yield" => T::Yield,
            b"true" => T::True,
            b"false" => T::False,
            b"null" => T::Null,
            b"self" => T::SelfKw,
            _ => T::Ident,
        }
    }

    /// The bracket that closes this one.
    pub fn closer(self) -> Option<T> {
        match self {
            T::LParen => Some(T::RParen),
            T::LBracket | T::QuestionBracket => Some(T::RBracket),
            T::LBrace => Some(T::RBrace),
            T::InterpOpen => Some(T::InterpClose),
            _ => None,
        }
    }

    pub fn is_closer(self) -> bool {
        matches!(self, T::RParen | T::RBracket | T::RBrace | T::InterpClose)
    }

    /// Whether a statement can begin with this token.
    pub fn starts_statement(self) -> bool {
        self.starts_operand() || (self.is_keyword() && !self.continues_statement())
    }

    /// Whether an expression can begin with this token.
    pub fn starts_operand(self) -> bool {
        matches!(
            self,
            T::Ident
                | T::Int
                | T::Float
                | T::Str
                | T::TripleStr
                | T::TemplateOpen
                | T::TripleOpen
                | T::LParen
                | T::LBracket
                | T::LBrace
                | T::Minus
                | T::Bang
                | T::Tilde
                | T::Func
                | T::Spawn
                | T::Async
                | T::Await
                | T::Yield
                | T::True
                | T::False
                | T::Null
                | T::SelfKw
        ) || self.is_control()
    }

    /// The keywords of statements that are expressions where a value is
    /// expected.
    pub fn is_control(self) -> bool {
        matches!(self, T::If | T::Match | T::Try)
    }

    /// Keywords that carry on the statement before them.
    pub fn continues_statement(self) -> bool {
        matches!(self, T::Else | T::Except | T::Finally | T::Case | T::In)
    }
}
