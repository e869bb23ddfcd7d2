//! The calendar, and the tokens of patterns.

use crate::runtime::messages::{parse_error, type_error, value_error};
use crate::runtime::pace::Pace;
use crate::runtime::repr::repr_short;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, dict};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::value::Value;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use std::any::TypeId;

const DAY: i64 = 86_400;
/// Seconds of the years 0 to 9999 in UTC, with a day more at either end.
const FIRST: f64 = -62_167_219_200.0 - 86_400.0;
const LAST: f64 = 253_402_300_800.0 + 86_400.0;

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Day {
    year: i64,
    month: i64,
    day: i64,
}

impl Day {
    /// The day so many days after the first of January 1970: in eras of 400 years, which
    /// begin in March so that the day of a leap year comes last.
    fn from_number(number: i64) -> Day {
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        Day {
            year: year_of_era + 400 * era + i64::from(month >= 10),
            month: if month < 10 { month + 3 } else { month - 9 },
            day: of_year - (153 * month + 2) / 5 + 1,
        }
    }

    fn number(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = (self.month + 9) % 12;
        let of_year = (153 * month + 2) / 5 + self.day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        era * 146_097 + of_era - 719_468
    }

    fn is_real(self) -> bool {
        (0..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in(self.year, self.month)).contains(&self.day)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A moment in a zone: a day, the seconds since it began, the microseconds since that
/// second, and the zone's distance from UTC in seconds.
struct Local {
    day: Day,
    second: i64,
    micros: i64,
    offset: i64,
}

/// The zone that argument `index` names; UTC if it is left out.
fn zone(cx: &mut dyn Context, name: &str, args: Args, index: usize) -> Fallible<TimeZone> {
    if args.get(index).is_absent() {
        return Ok(TimeZone::UTC);
    }
    match str_arg(cx, args, index) {
        "UTC" => Ok(TimeZone::UTC),
        "local" => match TimeZone::try_system() {
            Ok(zone) => Ok(zone),
            Err(_) => {
                warn_once(cx);
                Ok(TimeZone::UTC)
            }
        },
        text => TimeZone::get(text).map_err(|_| {
            let what = "\"UTC\", \"local\" or the name of a time zone";
            value_error(cx, name, "zone", what, args.get(index))
        }),
    }
}

/// Says, the first time, that the system does not know where it is.
#[cold]
fn warn_once(cx: &mut dyn Context) {
    struct Warned;
    let state = cx.state();
    if state
        .areas
        .insert(TypeId::of::<Warned>(), Box::new(Warned))
        .is_none()
    {
        let text = "warning: the system has no time zone; \"local\" is UTC\n";
        // There is no other place to say so.
        let _ = state.err.write_all(text.as_bytes());
    }
}

/// The zone's distance from UTC at a moment, in seconds.
fn offset_at(zone: &TimeZone, second: i64) -> i64 {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let moment = Timestamp::from_second(second.clamp(first, last)).unwrap_or_default();
    zone.to_offset(moment).seconds() as i64
}

/// Argument 0, a moment, in a zone.
fn local(cx: &mut dyn Context, name: &str, args: Args, zone: &TimeZone) -> Fallible<Local> {
    let seconds = to_float(args.get(0));
    if (FIRST..LAST).contains(&seconds) {
        let whole = seconds.floor();
        // A float is hardly ever the decimal that was meant: what is nearer to a
        // microsecond than floats of this size can tell is that microsecond.
        let micros = ((seconds - whole) * 1e6).round() as i64;
        let second = whole as i64 + micros / 1_000_000;
        let offset = offset_at(zone, second);
        let shifted = second + offset;
        let day = Day::from_number(shifted.div_euclid(DAY));
        if day.is_real() {
            return Ok(Local {
                day,
                second: shifted.rem_euclid(DAY),
                micros: micros % 1_000_000,
                offset,
            });
        }
    }
    let what = "within the years 0 to 9999";
    Err(value_error(cx, name, "seconds", what, args.get(0)))
}

/// The moment of a time of day in a zone. One that does not exist moves forward, of one
/// that exists twice the earlier is meant: both are by the distance before the change.
fn moment(zone: &TimeZone, day: Day, second: i64) -> i64 {
    let civil = civil::DateTime::new(
        day.year as i16,
        day.month as i8,
        day.day as i8,
        (second / 3600) as i8,
        (second / 60 % 60) as i8,
        (second % 60) as i8,
        0,
    );
    let civil = civil.expect("the day is real, and the time is within it");
    let offset = match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
    };
    day.number() * DAY + second - offset.seconds() as i64
}

/// The parts that a pattern may have.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Milli,
}

const TOKENS: [(&str, Part); 7] = [
    ("YYYY", Part::Year),
    ("MM", Part::Month),
    ("DD", Part::Day),
    ("HH", Part::Hour),
    ("mm", Part::Minute),
    ("ss", Part::Second),
    ("SSS", Part::Milli),
];

/// A piece of a pattern.
enum Piece {
    Part(Part, usize),
    Char(char),
}

/// The pieces of a pattern, from left to right.
fn pieces(pattern: &str) -> impl Iterator<Item = Piece> + '_ {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        for (token, part) in TOKENS {
            if let Some(after) = rest.strip_prefix(token) {
                rest = after;
                return Some(Piece::Part(part, token.len()));
            }
        }
        let c = rest.chars().next()?;
        rest = &rest[c.len_utf8()..];
        Some(Piece::Char(c))
    })
}

pub fn format_date(cx: &mut dyn Context, args: Args) -> Fallible {
    let zone = zone(cx, "format_date", args, 2)?;
    let local = local(cx, "format_date", args, &zone)?;
    let pattern = str_arg(cx, args, 1);
    let mut text = text_with_room(pattern.len())?;
    let mut pace = Pace::new();
    for piece in pieces(pattern) {
        pace.step(cx)?;
        match piece {
            Piece::Char(c) => text.push(c),
            Piece::Part(part, width) => {
                let n = match part {
                    Part::Year => local.day.year,
                    Part::Month => local.day.month,
                    Part::Day => local.day.day,
                    Part::Hour => local.second / 3600,
                    Part::Minute => local.second / 60 % 60,
                    Part::Second => local.second % 60,
                    Part::Milli => local.micros / 1000,
                };
                text.push_str(&format!("{n:0width$}"));
            }
        }
    }
    new_text(cx, "format_date", &text)
}

pub fn parse_date(cx: &mut dyn Context, args: Args) -> Fallible {
    let zone = zone(cx, "parse_date", args, 2)?;
    let (text, pattern) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let mut needed = vec![Part::Year, Part::Month, Part::Day];
    let mut pace = Pace::new();
    for piece in pieces(pattern) {
        pace.step(cx)?;
        if let Piece::Part(part, _) = piece {
            needed.retain(|&one| one != part);
        }
    }
    if !needed.is_empty() {
        let what = "a pattern with YYYY, MM and DD";
        return Err(value_error(cx, "parse_date", "pattern", what, args.get(1)));
    }
    match date_in(cx, text, pattern)? {
        Some((day, second, millis)) => {
            let seconds = moment(&zone, day, second) as f64;
            Ok(Value::float(seconds + millis as f64 / 1000.0))
        }
        None => {
            let got = repr_short(cx, args.get(0));
            let expected = format!("a date like {}", repr_short(cx, args.get(1)));
            Err(parse_error("parse_date", &expected, got))
        }
    }
}

/// The day, the second in it and the milliseconds that a text in a pattern is, if it is a
/// date.
fn date_in(cx: &mut dyn Context, text: &str, pattern: &str) -> Fallible<Option<(Day, i64, i64)>> {
    let mut rest = text;
    let mut found = [None; 7];
    let mut pace = Pace::new();
    for piece in pieces(pattern) {
        pace.step(cx)?;
        let after = match piece {
            Piece::Char(c) => rest.strip_prefix(c),
            Piece::Part(part, width) => number(rest, width).and_then(|n| {
                // A part that is there twice is the same both times.
                (*found[part as usize].get_or_insert(n) == n).then(|| &rest[width..])
            }),
        };
        let Some(after) = after else {
            return Ok(None);
        };
        rest = after;
    }
    let [year, month, day, hour, minute, second, millis] = found.map(|n| n.unwrap_or(0));
    let day = Day { year, month, day };
    let is_time = hour < 24 && minute < 60 && second < 60;
    let second = 3600 * hour + 60 * minute + second;
    let is_date = rest.is_empty() && day.is_real() && is_time;
    Ok(is_date.then_some((day, second, millis)))
}

/// The number that the first so many characters are, if these are digits.
fn number(text: &str, width: usize) -> Option<i64> {
    let digits = text.get(..width)?;
    let all = digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().ok())?
}

pub fn date_parts(cx: &mut dyn Context, args: Args) -> Fallible {
    let zone = zone(cx, "date_parts", args, 1)?;
    let local = local(cx, "date_parts", args, &zone)?;
    let day = local.day;
    let number = day.number();
    let january = Day {
        month: 1,
        day: 1,
        ..day
    };
    let second = (local.second % 60) as f64 + local.micros as f64 / 1e6;
    let parts = [
        ("year", Value::int(day.year)),
        ("month", Value::int(day.month)),
        ("day", Value::int(day.day)),
        ("hour", Value::int(local.second / 3600)),
        ("minute", Value::int(local.second / 60 % 60)),
        ("second", Value::float(second)),
        // The first of January 1970 was a Thursday.
        ("weekday", Value::int((number + 3).rem_euclid(7) + 1)),
        ("yearday", Value::int(number - january.number() + 1)),
        ("offset", Value::int(local.offset)),
    ];
    Ok(dict::record(cx, &parts))
}

/// The numbers in argument `index`, a dict, under these names, the last of which may have
/// a fraction; `None` for those that are not there. `ignored` names may be there too.
fn numbers<const N: usize>(
    cx: &mut dyn Context,
    function: &str,
    param: &str,
    args: Args,
    index: usize,
    (names, ignored): ([&str; N], &[&str]),
) -> Fallible<[Option<f64>; N]> {
    let dict = args.get(index);
    let mut found = [None; N];
    let mut cursor = 0;
    while let Some((key, v, next)) = cx.heap().dict_next(dict, cursor) {
        cursor = next;
        let name = match key.is_string() {
            true => cx.heap().str(key),
            false => "",
        };
        let Some(at) = names.iter().position(|&known| known == name) else {
            if ignored.contains(&name) {
                continue;
            }
            let what = format!("a dict of {}", names.join(", "));
            return Err(value_error(cx, function, param, &what, dict));
        };
        if !is_number(v) {
            return Err(type_error(function, name, "a number", v));
        }
        let n = to_float(v);
        let is_whole = n.fract() == 0.0 || at + 1 == N;
        // Beyond this no date is left.
        if !n.is_finite() || n.abs() > 1e15 || !is_whole {
            let what = match at + 1 == N {
                true => "a finite number",
                false => "a whole number",
            };
            return Err(value_error(cx, function, name, what, v));
        }
        found[at] = Some(n);
    }
    Ok(found)
}

pub fn date_from(cx: &mut dyn Context, args: Args) -> Fallible {
    let zone = zone(cx, "date_from", args, 1)?;
    let names = ["year", "month", "day", "hour", "minute", "second"];
    let derived: &[&str] = &["weekday", "yearday", "offset"];
    let parts = numbers(cx, "date_from", "parts", args, 0, (names, derived))?;
    let [Some(year), Some(month), Some(day), hour, minute, second] = parts else {
        let what = "a dict with year, month and day";
        return Err(value_error(cx, "date_from", "parts", what, args.get(0)));
    };
    let [hour, minute, second] = [hour, minute, second].map(|n| n.unwrap_or(0.0));
    let day = Day {
        year: year as i64,
        month: month as i64,
        day: day as i64,
    };
    let is_time = (0.0..24.0).contains(&hour)
        && (0.0..60.0).contains(&minute)
        && (0.0..60.0).contains(&second);
    if !day.is_real() || !is_time {
        let what = "a date that exists";
        return Err(value_error(cx, "date_from", "parts", what, args.get(0)));
    }
    let whole = 3600 * hour as i64 + 60 * minute as i64 + second as i64;
    let seconds = moment(&zone, day, whole) as f64;
    Ok(Value::float(seconds + second.fract()))
}

pub fn date_add(cx: &mut dyn Context, args: Args) -> Fallible {
    let zone = zone(cx, "date_add", args, 2)?;
    let names = ["years", "months", "days", "hours", "minutes", "seconds"];
    let change = numbers(cx, "date_add", "change", args, 1, (names, &[]))?;
    let [years, months, days, hours, minutes, seconds] = change.map(|n| n.unwrap_or(0.0));
    let start = local(cx, "date_add", args, &zone)?;
    let outside = |cx: &mut dyn Context| {
        let got = repr_short(cx, args.get(1));
        let message = format!(
            "date_add() expects change to lead to a date within the years 0 to 9999; got {got}"
        );
        Fault::new(ErrorKind::Value, message)
    };
    let mut moved = to_float(args.get(0));
    if years != 0.0 || months != 0.0 || days != 0.0 {
        let Some(day) = stepped(start.day, years as i64, months as i64, days as i64) else {
            return Err(outside(cx));
        };
        moved = moment(&zone, day, start.second) as f64 + start.micros as f64 / 1e6;
    }
    moved += 3600.0 * hours + 60.0 * minutes + seconds;
    if !(FIRST..LAST).contains(&moved) {
        return Err(outside(cx));
    }
    Ok(Value::float(moved))
}

/// A day moved by steps in the calendar, years and months first; `None` if that leads
/// out of it.
fn stepped(day: Day, years: i64, months: i64, days: i64) -> Option<Day> {
    let months = day.year * 12 + day.month - 1 + 12 * years + months;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    if !(-1..=10_000).contains(&year) {
        return None;
    }
    let last = days_in(year, month);
    let moved = Day {
        year,
        month,
        day: day.day.min(last),
    };
    let moved = Day::from_number(moved.number() + days);
    moved.is_real().then_some(moved)
}
