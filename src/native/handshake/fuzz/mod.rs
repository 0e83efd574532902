//! Bodies of fuzz targets: see `fuzz/`.

#[cfg(feature = "cookies")]
mod chain;
#[cfg(feature = "cookies")]
mod cookies;
mod redirects;
#[cfg(feature = "deflate")]
mod response;
mod retry_after;

#[cfg(feature = "cookies")]
pub(crate) use cookies::cookies;
pub(crate) use redirects::redirects;
#[cfg(feature = "deflate")]
pub(crate) use response::handshake;
pub(crate) use retry_after::retry_after;

#[cfg(test)]
mod tests {
    use crate::fuzzing::check;

    #[cfg(feature = "cookies")]
    #[test]
    fn cookies() {
        check("cookies", super::cookies);
    }

    #[cfg(feature = "deflate")]
    #[test]
    fn handshake() {
        check("handshake", super::handshake);
    }

    #[test]
    fn redirects() {
        check("redirects", super::redirects);
    }

    #[test]
    fn retry_after() {
        check("retry_after", super::retry_after);
    }
}
