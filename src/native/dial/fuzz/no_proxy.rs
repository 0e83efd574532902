//! Lists of hosts that are dialled without a proxy.

use crate::native::dial::no_proxy::NoProxy;

/// A list of exempt hosts, and a host behind the first line break.
pub(crate) fn no_proxy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (list, host) = text.split_once('\n').unwrap_or((&text, "a.test"));
    let exempts = |list: &str| NoProxy::new(list.to_owned()).exempts(host);
    let is_exempt = exempts(list);
    // Another entry exempts more hosts, never fewer, and case does not matter.
    assert!(!is_exempt || list == "*" || exempts(&format!("{list},b.test")), "{list:?} {host:?}");
    assert_eq!(exempts(&list.to_ascii_uppercase()), is_exempt, "{list:?} {host:?}");
    let is_name = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    assert!(!is_name || exempts(&format!("{host},{list}")) && exempts(&format!(" x ,,{host}. {list}")), "{host:?}");
}
