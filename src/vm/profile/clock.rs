//! The thread that asks for samples: it counts the time, notes what runs at each
//! tick, and rings the machine's bell.

use super::Progress;
use crate::vm::attention::{Bell, SAMPLE};
use crate::vm::proto::Proto;
use crate::vm::stack::Frame;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What the clock tells the machine.
#[derive(Default)]
pub(crate) struct Request {
    /// Nanoseconds that it has counted and no sample has.
    owed: AtomicU64,
    /// What was running at the first tick that no sample has answered; null if
    /// there is none.
    frame: AtomicPtr<Frame>,
    proto: AtomicPtr<Proto>,
}

impl Request {
    fn tick(&self, time: Duration, bell: &Bell) {
        if self.frame.load(Ordering::Relaxed).is_null()
            && let Some((frame, proto)) = bell.running()
        {
            self.proto.store(proto, Ordering::Relaxed);
            self.frame.store(frame, Ordering::Release);
        }
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.owed.fetch_add(nanoseconds, Ordering::Relaxed);
        bell.ring(SAMPLE);
    }

    /// The time since the last sample, and what was running when this one was asked
    /// for, which need not be there any more; `None` if nothing is owed.
    pub fn take(&self) -> Option<(u64, *mut Frame, *mut Proto)> {
        let owed = self.owed.swap(0, Ordering::Relaxed);
        let frame = self.frame.swap(null_mut(), Ordering::Acquire);
        let proto = self.proto.load(Ordering::Relaxed);
        (owed > 0 && !frame.is_null()).then_some((owed, frame, proto))
    }
}

/// A running clock; dropping it ends its thread and waits for that.
pub struct Clock {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    /// Starts to ring `bell` about `rate` times a second, and to say in `request` what
    /// for. `progress` is called with the time about every second.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(
        bell: Bell,
        request: Arc<Request>,
        rate: u32,
        mut progress: Option<Progress>,
    ) -> std::io::Result<Clock> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let tick = move || {
            let period = Duration::from_secs(1) / rate.max(1);
            let mut random = 0x9e37_79b9_7f4a_7c15;
            let start = Instant::now();
            let (mut last, mut said) = (start, start);
            while !stopped.load(Ordering::Relaxed) {
                thread::park_timeout(uneven(period, &mut random));
                let now = Instant::now();
                request.tick(now - last, &bell);
                last = now;
                if now - said >= Duration::from_secs(1)
                    && let Some(progress) = &mut progress
                {
                    said = now;
                    progress(now - start);
                }
            }
        };
        let thread = thread::Builder::new().name("profile".into()).spawn(tick)?;
        Ok(Clock {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
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
