//! Dates (STDLIB 14): seconds since 1970 as text and as parts, and back, in a time zone.
//! The calendar is ours; a library knows the zones.

use super::declare::*;

#[cfg(feature = "dates")]
mod calendar;
#[cfg(not(feature = "dates"))]
mod calendar {
    super::left_out!("dates": format_date parse_date date_parts date_from date_add);
}

natives! {
    /// The moment as text: `YYYY MM DD HH mm ss SSS` in the pattern stand for its parts.
    ///
    /// Everything else stays as it is; fractions round down. A zone is `"UTC"`, `"local"` or
    /// a name such as `"Europe/Paris"`. Outside the years 0 to 9999 throws `value`.
    pure fn [none] format_date(seconds: NUMBER, pattern: STRING, zone: or(STRING, "\"UTC\"")) -> "string" = calendar::format_date; reads;
    /// The seconds of a date that is written in the pattern.
    ///
    /// Parts have their full width. The pattern has a year, a month and a day; the rest is
    /// 0. A text that does not match, or is no date, throws `parse`.
    pure fn [none] parse_date(text: STRING, pattern: STRING, zone: or(STRING, "\"UTC\"")) -> "float" = calendar::parse_date; reads;
    /// The moment's `year month day hour minute second weekday yearday offset`.
    ///
    /// Weekday 1 is Monday, yearday 1 the first of January, the offset is in seconds.
    pure fn [none] date_parts(seconds: NUMBER, zone: or(STRING, "\"UTC\"")) -> "dict" = calendar::date_parts; reads;
    /// The seconds of a dict of parts.
    ///
    /// It has `year`, `month` and `day`, and may have `hour`, `minute` and `second`;
    /// `weekday`, `yearday` and `offset` follow from them. A time that a zone leaves out
    /// moves forward, of one that it has twice the earlier is meant.
    pure fn [none] date_from(parts: DICT, zone: or(STRING, "\"UTC\"")) -> "float" = calendar::date_from; reads;
    /// The moment moved by `years months days hours minutes seconds`.
    ///
    /// Years, months and days are steps in the calendar, and the end of a shorter month is
    /// kept; hours and less are elapsed time.
    pure fn [none] date_add(seconds: NUMBER, change: DICT, zone: or(STRING, "\"UTC\"")) -> "float" = calendar::date_add; reads;
}
