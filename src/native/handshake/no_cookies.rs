//! Stands in for `cookies` in a build without that feature: there is no jar.

use url::Url;

use crate::handshake::Headers;

#[derive(Clone, Default)]
pub(crate) struct Cookies(());

impl Cookies {
    pub(crate) fn matching(&self, _: &Url) -> Option<String> {
        None
    }

    pub(crate) fn keep(&self, _: &Url, _: &Headers) {}
}
