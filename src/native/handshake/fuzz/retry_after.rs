//! Values of `Retry-After` and `Date`.

use core::time::Duration;

use http::{HeaderValue, StatusCode};

use crate::native::handshake::retry_after::delay;

/// A value of `Retry-After`, and behind the first line break one of `Date`.
pub(crate) fn retry_after(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let mut value = || {
        let value = HeaderValue::from_bytes(parts.next()?).ok()?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let (after, date) = (value(), value());
    let given = [("retry-after", &after), ("date", &date)];
    let headers = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect();
    let asked = delay(StatusCode::SERVICE_UNAVAILABLE, &headers);
    assert_eq!(delay(StatusCode::TOO_MANY_REQUESTS, &headers).is_some(), asked.is_some());
    assert_eq!(delay(StatusCode::BAD_GATEWAY, &headers), None);
    let Some(after) = after else {
        return assert_eq!(asked, None);
    };
    let after = after.trim_matches([' ', '\t']);
    if !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit()) {
        // Without leading zeros, 20 digits are as many as 64 bits have.
        let digits = after.trim_start_matches('0');
        let number = if digits.is_empty() { Some(0) } else { digits.parse().ok() };
        return assert_eq!(asked, Some(Duration::from_secs(number.unwrap_or(u64::MAX))));
    }
    // At most to the end of the year 9999, from 1970 on.
    assert!(asked.is_none_or(|delay| delay.as_secs() <= 253_402_300_799), "{asked:?}");
    // Spaces that are not ASCII belong to no date.
    let date = date.as_deref().filter(|date| date.is_ascii()).map(str::trim);
    if let (Some(after), Some(date)) = (seconds(after), date.and_then(seconds)) {
        assert_eq!(asked, Some(Duration::from_secs(after.saturating_sub(date))));
    }
}

/// Returns the seconds since 1970 of a date in the preferred form (IMF-fixdate, RFC 9110, section 5.6.7), `None` if it is
/// another form, or no date of a year before 10000 and after 1969.
fn seconds(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (weekday, rest) = text.split_once(", ")?;
    let [day, month, year, time, "GMT"] = rest.split(' ').collect::<Vec<_>>()[..] else { return None };
    let number = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u64>().ok())?
    };
    let (day, year) = (number(day, 2)?, number(year, 4)?);
    let month = MONTHS.iter().position(|name| *name == month)?;
    let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else { return None };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |month: usize| match month {
        1 => 28 + u64::from(is_leap(year)),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    };
    if year < 1970 || !(1..=length(month)).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum();
    let days = years + (0..month).map(length).sum::<u64>() + day - 1;
    // The day of the week must be the right one.
    let is_right = DAYS.get((days % 7) as usize).is_some_and(|name| *name == weekday);
    is_right.then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}
