//! The events of a document. The library reads a scalar in one go, however long it is. So a
//! long text is read on a thread of its own, and the code that wants the events looks up meanwhile.

use crate::runtime::pace::STRETCH;
use crate::runtime::{Context, Fallible};
use crate::stdlib::limits::copied;
use granit_parser::{Event, Options, Parser, ScanError, Span, StrInput, Tag};
use std::borrow::Cow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

type Next<'t> = Result<(Event<'t>, Span), ScanError>;

pub enum Events<'t> {
    /// Read as they are asked for.
    Here(Box<Parser<'t, StrInput<'t>>>),
    /// Read by a thread, which gives them by batches.
    Aside {
        batches: Receiver<Vec<Next<'static>>>,
        batch: std::vec::IntoIter<Next<'static>>,
    },
}

/// Events of a batch.
const BATCH: usize = 1 << 10;
/// Batches that wait to be taken.
const WAITING: usize = 4;

impl<'t> Events<'t> {
    /// # Errors
    /// As for [`Pace::step`](crate::runtime::pace::Pace::step), and if there is no memory for
    /// a copy of a long text.
    pub fn of(cx: &mut dyn Context, text: &'t str, options: Options) -> Fallible<Events<'t>> {
        if text.len() <= STRETCH {
            return Ok(Events::here(text, options));
        }
        let copy = copied(cx, text.as_bytes())?;
        let (give, batches) = sync_channel(WAITING);
        let options_there = options.clone();
        let started = std::thread::Builder::new().spawn(move || {
            // SAFETY: a copy of a text.
            let text = unsafe { std::str::from_utf8_unchecked(&copy) };
            give_all(
                Parser::new_from_str_with_options(text, options_there),
                &give,
            );
        });
        if started.is_err() {
            return Ok(Events::here(text, options));
        }
        let batch = Vec::new().into_iter();
        Ok(Events::Aside { batches, batch })
    }

    fn here(text: &'t str, options: Options) -> Events<'t> {
        let parser = Parser::new_from_str_with_options(text, options);
        Events::Here(Box::new(parser))
    }

    /// The next event; none after the last.
    ///
    /// # Errors
    /// As for [`Pace::step`](crate::runtime::pace::Pace::step).
    pub fn next(&mut self, cx: &mut dyn Context) -> Fallible<Option<Next<'t>>> {
        /// Between two looks.
        const WAIT: Duration = Duration::from_millis(10);
        match self {
            Events::Here(parser) => Ok(parser.next()),
            Events::Aside { batches, batch } => loop {
                if let Some(next) = batch.next() {
                    return Ok(Some(next));
                }
                match batches.recv_timeout(WAIT) {
                    Ok(events) => *batch = events.into_iter(),
                    Err(RecvTimeoutError::Timeout) => cx.poll()?,
                    Err(RecvTimeoutError::Disconnected) => return Ok(None),
                }
            },
        }
    }
}

/// Reads all events; ends early if none are wanted any more.
fn give_all<'t>(mut parser: Parser<'t, StrInput<'t>>, give: &SyncSender<Vec<Next<'static>>>) {
    loop {
        let events: Vec<_> = parser.by_ref().take(BATCH).map(owned).collect();
        let is_last = events.len() < BATCH;
        if give.send(events).is_err() || is_last {
            return;
        }
    }
}

/// The same without a reference to the text, for events that documents are read with.
fn owned(next: Next) -> Next<'static> {
    let text = |text: Cow<str>| Cow::Owned(text.into_owned());
    let tag = |tag: Option<Cow<Tag>>| tag.map(|tag| Cow::Owned(tag.into_owned()));
    let (event, span) = next?;
    let event = match event {
        Event::StreamStart => Event::StreamStart,
        Event::StreamEnd => Event::StreamEnd,
        Event::DocumentStart(explicit, version) => Event::DocumentStart(explicit, version),
        Event::DocumentEnd => Event::DocumentEnd,
        Event::Alias(id) => Event::Alias(id),
        Event::Scalar(value, style, anchor, of) => {
            Event::Scalar(text(value), style, anchor, tag(of))
        }
        Event::SequenceStart(style, anchor, of) => Event::SequenceStart(style, anchor, tag(of)),
        Event::SequenceEnd => Event::SequenceEnd,
        Event::MappingStart(style, anchor, of) => Event::MappingStart(style, anchor, tag(of)),
        Event::MappingEnd => Event::MappingEnd,
        other => unreachable!("the options leave out {other:?}"),
    };
    Ok((event, span))
}
