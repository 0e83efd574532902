//! The delay that a refusal requests by `Retry-After` (RFC 9110, section 10.2.3).

use core::time::Duration;
use std::time::SystemTime;

use http::StatusCode;

use crate::handshake::Headers;

/// Returns the delay that a 429 or 503 requests, in seconds or as a date. A date is compared with the response's `Date`,
/// because clocks differ. One that has passed is a delay of zero. The state machine limits the delay.
pub(crate) fn delay(status: StatusCode, headers: &Headers) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let value = text(headers, "retry-after")?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Fails only if the number is too large.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let now = text(headers, "date").and_then(date).unwrap_or_else(SystemTime::now);
    Some(date(value)?.duration_since(now).unwrap_or_default())
}

fn text<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.get(name).filter(|value| value.is_ascii()).map(str::trim)
}

fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(status: u16, headers: &[(&'static str, &str)]) -> Option<u64> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        delay(StatusCode::from_u16(status).unwrap(), &headers.collect()).map(|delay| delay.as_secs())
    }

    #[test]
    fn s08_seconds_and_dates() {
        assert_eq!(after(503, &[("retry-after", "7")]), Some(7));
        assert_eq!(after(429, &[("retry-after", " 0 ")]), Some(0));
        assert_eq!(after(429, &[("retry-after", "99999999999999999999999")]), Some(u64::MAX));
        for status in [200, 301, 500, 502] {
            assert_eq!(after(status, &[("retry-after", "7")]), None, "{status}");
        }
        for value in ["", "-1", "1.5", "soon", "Fri, 32 Jan 2100 00:00:00 GMT", "+7", "７"] {
            assert_eq!(after(503, &[("retry-after", value)]), None, "{value}");
        }
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let later = "Sun, 06 Nov 1994 08:50:37 GMT";
        // All three forms of RFC 9110, section 5.6.7.
        for value in [later, "Sunday, 06-Nov-94 08:50:37 GMT", "Sun Nov  6 08:50:37 1994"] {
            assert_eq!(after(503, &[date, ("retry-after", value)]), Some(60), "{value}");
        }
        assert_eq!(after(503, &[("date", later), ("retry-after", date.1)]), Some(0), "it has passed");
        // Without a valid `Date` the local clock is used.
        for own in [None, Some(("date", "today"))] {
            let in_an_hour = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
            let headers: Vec<_> = own.into_iter().chain([("retry-after", &*in_an_hour)]).collect();
            let asked = after(429, &headers).unwrap();
            assert!((3590..=3600).contains(&asked), "{asked}");
        }
    }
}
