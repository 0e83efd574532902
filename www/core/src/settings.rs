//! The configuration of a client.

use homing_machine::{Backoff, Duration, Heartbeat, from_millis as duration, whole};

use crate::client::Config;
use crate::codes::setting;

/// The number of options.
const COUNT: usize = 16;

/// Returns the configuration with these options, in the order of `setting`. JavaScript has the defaults.
#[inline]
pub(crate) fn config(options: [f64; COUNT]) -> Config {
    let option = |setting: u32| options[setting as usize];
    let limit = |setting| Some(option(setting)).filter(|value| *value < f64::INFINITY);
    let timeout = duration(option(setting::TIMEOUT));
    let setup_timeout = option(setting::SETUP_TIMEOUT);
    Config {
        backoff: Backoff {
            first: duration(option(setting::MIN)),
            max: duration(option(setting::MAX)),
            factor: option(setting::FACTOR),
            jitter: option(setting::JITTER),
            max_attempts: limit(setting::MAX_ATTEMPTS).map(whole),
            max_initial_attempts: limit(setting::MAX_INITIAL_ATTEMPTS).map(whole),
        },
        heartbeat: limit(setting::INTERVAL).map(|interval| Heartbeat { interval: duration(interval), timeout }),
        open_timeout: limit(setting::OPEN_TIMEOUT).map(duration),
        setup_timeout: (setup_timeout > 0.0).then(|| duration(setup_timeout)),
        close_timeout: duration(option(setting::CLOSE_TIMEOUT)),
        stable_after: duration(option(setting::STABLE_AFTER)),
        // Browsers hide the header that could ask for a delay.
        max_retry_after: Duration::ZERO,
        max_send_buffer: whole(option(setting::MAX_SEND_BUFFER)) as usize,
        has_provider: option(setting::HAS_PROVIDER) > 0.0,
        has_predicate: option(setting::HAS_PREDICATE) > 0.0,
        seed: whole(option(setting::SEED) * 4e9),
        url: (),
    }
}
