//! A build without the feature `cookies`: nobody has a jar.

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
