//! The thread that asks for samples: it counts the time, has noted what runs at each
//! tick, and interrupts the machine.

use super::Progress;
use super::system::Thread;
use crate::vm::interrupts::{InterruptHandle, Moment, Registers, SAMPLE};
use crate::vm::proto::Proto;
use crate::vm::stack::Frame;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The request that the clock makes of the machine.
#[derive(Default)]
pub(crate) struct Request {
    /// Nanoseconds that it has counted and no sample has.
    owed: AtomicU64,
    /// The frame that was running at the first tick that no sample has
    /// answered; null if there is none.
    frame: AtomicPtr<Frame>,
    proto: AtomicPtr<Proto>,
    pc: AtomicUsize,
}

impl Request {
    fn is_noted(&self) -> bool {
        !self.frame.load(Ordering::Acquire).is_null()
    }

    /// The time since the last sample, and what was running when this one was asked
    /// for; `None` if none is.
    pub fn take(&self) -> Option<(u64, Moment)> {
        let frame = self.frame.load(Ordering::Acquire);
        if frame.is_null() {
            return None;
        }
        let moment = Moment {
            frame,
            proto: self.proto.load(Ordering::Relaxed),
            pc: self.pc.load(Ordering::Relaxed),
        };
        let owed = self.owed.swap(0, Ordering::Relaxed);
        // Last: a signal before this finds the note and leaves it whole.
        self.frame.store(null_mut(), Ordering::Release);
        Some((owed, moment))
    }
}

/// Notes what a machine runs, and asks it for samples.
pub(crate) struct Watch {
    request: Arc<Request>,
    handle: InterruptHandle,
}

impl Watch {
    /// Notes what runs, for the next sample, and asks for that. Also called by a
    /// signal handler.
    pub fn note(&self, registers: Option<Registers>) {
        let request = &self.request;
        if !request.is_noted()
            && let Some(moment) = self.handle.running(registers)
        {
            request.proto.store(moment.proto, Ordering::Relaxed);
            request.pc.store(moment.pc, Ordering::Relaxed);
            request.frame.store(moment.frame, Ordering::Release);
        }
        self.handle.request(SAMPLE);
    }

    fn tick(self: &Arc<Watch>, time: Duration, machine: &Thread) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.request.owed.fetch_add(nanoseconds, Ordering::Relaxed);
        if self.request.is_noted() {
            // Again, for the machine may have missed it.
            self.handle.request(SAMPLE);
        } else {
            machine.note(self);
        }
    }
}

/// A running clock; dropping it ends its thread and waits for that.
pub struct Clock {
    /// The signal handler's, up to the end.
    _watch: Arc<Watch>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    /// Starts to interrupt the machine that runs on this thread about
    /// `rate` times a second, and to say in `request` what for. `progress` is called
    /// with the time about every second.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(
        handle: InterruptHandle,
        request: Arc<Request>,
        rate: u32,
        mut progress: Option<Progress>,
    ) -> std::io::Result<Clock> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let watch = Arc::new(Watch { request, handle });
        let watching = watch.clone();
        let machine = Thread::this(&watch);
        let tick = move || {
            let period = Duration::from_secs(1) / rate.max(1);
            let mut random = 0x9e37_79b9_7f4a_7c15;
            let start = Instant::now();
            let (mut last, mut said) = (start, start);
            while !stopped.load(Ordering::Relaxed) {
                thread::park_timeout(uneven(period, &mut random));
                let now = Instant::now();
                watching.tick(now - last, &machine);
                last = now;
                if now - said >= Duration::from_secs(1)
                    && let Some(progress) = &mut progress
                {
                    said = now;
                    progress(now - start);
                }
            }
        };
        let mut clock = Clock {
            _watch: watch,
            stop,
            thread: None,
        };
        clock.thread = Some(thread::Builder::new().name("profile".into()).spawn(tick)?);
        Ok(clock)
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
        Thread::forget();
    }
}

/// A time between half and one and a half of `period`: even ticks could keep step
/// with the program's own rhythm and always meet the same of it.
fn uneven(period: Duration, random: &mut u64) -> Duration {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    period.mul_f64(0.5 + (*random >> 11) as f64 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_owed_until_there_is_a_note_to_count_it_for() {
        let request = Request::default();
        request.owed.store(7, Ordering::Relaxed);
        assert!(request.take().is_none());
        let frame = std::ptr::dangling_mut();
        request.frame.store(frame, Ordering::Relaxed);
        request.pc.store(5, Ordering::Relaxed);
        let (owed, moment) = request.take().expect("a note");
        assert_eq!((owed, moment.frame, moment.pc), (7, frame, 5));
        assert!(request.take().is_none());
    }

    #[test]
    fn ticks_are_uneven_and_right_on_average() {
        let period = Duration::from_millis(1);
        let mut random = 1;
        let ticks: Vec<_> = (0..10_000).map(|_| uneven(period, &mut random)).collect();
        let bounds = Duration::from_micros(500)..=Duration::from_micros(1500);
        assert!(ticks.iter().all(|tick| bounds.contains(tick)));
        let mean = ticks.iter().sum::<Duration>() / 10_000;
        assert!(
            mean.abs_diff(period) < Duration::from_micros(20),
            "{mean:?}"
        );
    }
}
