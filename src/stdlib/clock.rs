//! The clock (STDLIB 13): the time of day, and one monotonic clock that starts
//! with the program.

use super::declare::*;
use super::fixed;
use super::operands::*;
use super::promises::duration;
use crate::runtime::bigint::int_value;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, Fallible};
use crate::value::Value;
use std::time::{SystemTime, UNIX_EPOCH};

natives! {
    /// Unix seconds with fraction.
    plain fn [none] now() -> "float" = now; reads;
    /// Unix seconds.
    plain fn [none] now_unix | now_utc_seconds () -> "int" = now_unix; reads;
    /// Unix milliseconds.
    plain fn [none] current_timestamp | time () -> "int" = current_timestamp; reads;
    /// The time as `2026-05-04T03:02:01Z`.
    plain fn [none] now_utc() -> "string" = now_utc; reads;
    /// Milliseconds since the program started.
    plain fn [none] performance_now | time_ms () -> "float" = performance_now; reads;
    /// Microseconds since the program started.
    plain fn [none] time_us() -> "float" = time_us; reads;
    /// Nanoseconds since the program started.
    plain fn [none] time_ns() -> "float" = time_ns; reads;
    /// Waits for so many milliseconds; other tasks run meanwhile.
    ///
    /// Negative and NaN throw `value`. Output is flushed first.
    pure fn [calls outside reads writes] sleep(ms: NUMBER) -> "null" = sleep; waits;
    /// `end - start`, up to now without `end`.
    pure fn [none] elapsed(start: NUMBER, end: or(NUMBER, "performance_now()")) -> "float" = elapsed; reads;
    /// Milliseconds as a text with a fitting unit.
    pure fn [none] format_duration(ms: NUMBER) -> "string" = format_duration;
}

/// Nanoseconds since 1970, negative before.
fn unix_nanos() -> i128 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

fn now(_: &mut dyn Context, _: Args) -> Fallible {
    Ok(Value::float(unix_nanos() as f64 / 1e9))
}

fn now_unix(cx: &mut dyn Context, _: Args) -> Fallible {
    let seconds = unix_nanos().div_euclid(1_000_000_000);
    Ok(int_value(cx, seconds as i64))
}

fn current_timestamp(cx: &mut dyn Context, _: Args) -> Fallible {
    let millis = unix_nanos().div_euclid(1_000_000);
    Ok(int_value(cx, millis as i64))
}

fn now_utc(cx: &mut dyn Context, _: Args) -> Fallible {
    let seconds = unix_nanos().div_euclid(1_000_000_000);
    let text = utc_text(seconds as i64);
    Ok(cx.heap().new_string(&text))
}

fn utc_text(seconds: i64) -> String {
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date of a day counted from 1970-01-01, by the Gregorian calendar. Years
/// are counted from March here, so that a leap day is the last of its year.
pub fn date_of(day: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let day = day + 719_468; // from 0000-03-01
    let (era, day) = (
        day.div_euclid(DAYS_OF_400_YEARS),
        day.rem_euclid(DAYS_OF_400_YEARS),
    );
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    (era * 400 + year, month, day)
}

/// Nanoseconds on the program's clock.
fn nanos(cx: &mut dyn Context) -> f64 {
    cx.state().start.elapsed().as_nanos() as f64
}

fn performance_now(cx: &mut dyn Context, _: Args) -> Fallible {
    Ok(Value::float(nanos(cx) / 1e6))
}

fn time_us(cx: &mut dyn Context, _: Args) -> Fallible {
    Ok(Value::float(nanos(cx) / 1e3))
}

fn time_ns(cx: &mut dyn Context, _: Args) -> Fallible {
    Ok(Value::float(nanos(cx)))
}

fn sleep(cx: &mut dyn Context, args: Args) -> Fallible {
    let time = duration(cx, "sleep", "ms", args.get(0))?;
    cx.state().flush_out()?;
    Ok(cx.tasks().timer(time))
}

fn elapsed(cx: &mut dyn Context, args: Args) -> Fallible {
    let start = to_float(args.get(0));
    let end = match args.get(1) {
        end if end.is_absent() => nanos(cx) / 1e6,
        end => to_float(end),
    };
    Ok(Value::float(end - start))
}

fn format_duration(cx: &mut dyn Context, args: Args) -> Fallible {
    let ms = to_float(args.get(0));
    if !ms.is_finite() {
        let what = "a finite number";
        return Err(value_error(cx, "format_duration", "ms", what, args.get(0)));
    }
    let text = duration_text(ms);
    Ok(cx.heap().new_string(&text))
}

fn duration_text(ms: f64) -> String {
    let sign = if ms < 0.0 { "-" } else { "" };
    let ms = ms.abs();
    let (size, decimals, unit) = if ms >= 1000.0 {
        (ms / 1000.0, 2, "s")
    } else if ms >= 1.0 {
        (ms, 2, "ms")
    } else if ms >= 0.001 {
        (ms * 1e3, 2, "μs")
    } else {
        (ms * 1e6, 0, "ns")
    };
    format!("{sign}{}{unit}", fixed::decimal(size, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_777_863_721, "2026-05-04T03:02:01Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc_text(seconds), text);
        }
    }

    #[test]
    fn durations_take_a_fitting_unit() {
        for (ms, text) in [
            (1234.0, "1.23s"),
            (12.0, "12.00ms"),
            (0.5, "500.00μs"),
            (0.0, "0ns"),
            (0.0005, "500ns"),
            (-1500.0, "-1.50s"),
        ] {
            assert_eq!(duration_text(ms), text);
        }
    }
}
