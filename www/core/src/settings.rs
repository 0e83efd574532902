//! The configuration of a client, set option by option.

use homing_machine::{Backoff, Duration, Heartbeat, from_millis as duration, whole};

use crate::client::Config;
use crate::codes::setting;

/// Returns a configuration without reconnecting, heartbeat and timeouts. JavaScript has the defaults, and sets every option.
pub(crate) fn none() -> Config {
    Config {
        backoff: Backoff { first: Duration::ZERO, max: Duration::ZERO, factor: 1.0, jitter: 0.0, max_attempts: None, max_initial_attempts: None },
        heartbeat: None,
        open_timeout: None,
        setup_timeout: None,
        close_timeout: Duration::ZERO,
        stable_after: Duration::ZERO,
        // Browsers hide the header that could ask for a delay.
        max_retry_after: Duration::ZERO,
        max_send_buffer: 0,
        has_provider: false,
        has_predicate: false,
        seed: 0,
        url: (),
    }
}

pub(crate) fn set(config: &mut Config, setting: u32, value: f64) {
    let some = value.is_finite();
    let backoff = &mut config.backoff;
    match setting {
        setting::MIN => backoff.first = duration(value),
        setting::MAX => backoff.max = duration(value),
        setting::FACTOR => backoff.factor = value,
        setting::JITTER => backoff.jitter = value,
        setting::MAX_ATTEMPTS => backoff.max_attempts = some.then_some(whole(value)),
        setting::STABLE_AFTER => config.stable_after = duration(value),
        setting::OPEN_TIMEOUT => config.open_timeout = some.then(|| duration(value)),
        setting::CLOSE_TIMEOUT => config.close_timeout = duration(value),
        setting::INTERVAL => {
            config.heartbeat = some.then(|| Heartbeat { interval: duration(value), timeout: Duration::ZERO });
        }
        // Set after the interval.
        setting::TIMEOUT => {
            if let Some(heartbeat) = &mut config.heartbeat {
                heartbeat.timeout = duration(value);
            }
        }
        setting::MAX_SEND_BUFFER => config.max_send_buffer = whole(value) as usize,
        setting::HAS_PROVIDER => config.has_provider = value > 0.0,
        setting::HAS_PREDICATE => config.has_predicate = value > 0.0,
        setting::SEED => config.seed = whole(value * 4e9),
        setting::MAX_INITIAL_ATTEMPTS => backoff.max_initial_attempts = some.then_some(whole(value)),
        setting::SETUP_TIMEOUT => config.setup_timeout = (value > 0.0).then(|| duration(value)),
        _ => {}
    }
}
