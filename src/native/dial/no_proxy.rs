//! The list of hosts that are dialled without a proxy (`NO_PROXY`), read as curl reads it.
//!
//! hyper-util has a matcher as well, with rules of its own: its lists may have `*` between other entries, and it
//! distinguishes `example.com` from `example.com.`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const BLANKS: [char; 2] = [' ', '\t'];

/// A list of host names and networks, separated by commas.
pub(crate) struct NoProxy(String);

impl NoProxy {
    pub(crate) fn new(list: String) -> Self {
        Self(list)
    }

    /// Returns whether connections to this host, a name or an IP address without brackets, use no proxy.
    pub(crate) fn exempts(&self, host: &str) -> bool {
        if self.0 == "*" {
            return true;
        }
        let mut list = self.0.as_str();
        loop {
            list = list.trim_start_matches(BLANKS);
            let end = list.find([' ', '\t', ',']).unwrap_or(list.len());
            let (entry, after) = list.split_at(end);
            if has(entry, host) {
                return true;
            }
            // An entry that a blank separates from this one ends the list.
            let Some(next) = after.trim_start_matches(BLANKS).strip_prefix(',') else {
                return false;
            };
            list = next.trim_start_matches(',');
        }
    }
}

/// Returns whether this entry has the host: by its network if the host is an IP address, by its name if not.
fn has(entry: &str, host: &str) -> bool {
    let Ok(address) = host.parse() else {
        return has_name(entry, host.strip_suffix('.').unwrap_or(host));
    };
    match entry.split_once('/') {
        Some((network, bits)) => network_has(network, bits, address),
        None => entry.parse() == Ok(address),
    }
}

fn has_name(entry: &str, host: &str) -> bool {
    let entry = entry.strip_suffix('.').unwrap_or(entry);
    let domain = entry.strip_prefix('.').unwrap_or(entry);
    let Some(start) = host.len().checked_sub(domain.len()).filter(|_| !entry.is_empty()) else {
        return false;
    };
    let (prefix, suffix) = (host.as_bytes().get(..start), host.as_bytes().get(start..));
    suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(domain.as_bytes()))
        && prefix.is_some_and(|prefix| prefix.is_empty() || prefix.ends_with(b"."))
}

fn network_has(network: &str, bits: &str, address: IpAddr) -> bool {
    if bits.is_empty() || !bits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    // Fails only if the number is too large.
    let bits: u32 = bits.parse().unwrap_or(u32::MAX);
    match address {
        IpAddr::V4(address) => {
            let network = network.parse().map(|network: Ipv4Addr| u128::from(network.to_bits()));
            network.is_ok_and(|network| share(network, address.to_bits().into(), bits, 32))
        }
        IpAddr::V6(address) => {
            let network = network.parse().map(Ipv6Addr::to_bits);
            network.is_ok_and(|network| share(network, address.to_bits(), bits, 128))
        }
    }
}

/// Returns whether two addresses of `width` bits have the same first `bits`. 0 means all of them, as in curl.
fn share(one: u128, other: u128, bits: u32, width: u32) -> bool {
    let bits = if bits == 0 { width } else { bits };
    bits <= width && (one ^ other) >> (width - bits) == 0
}

#[cfg(test)]
#[path = "tests/no_proxy.rs"]
mod tests;
