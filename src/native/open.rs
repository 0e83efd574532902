//! From a byte stream to an open connection: the opening handshake, redirects and cookies.

use std::sync::Arc;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::handshake::Handshake;
use crate::native::dial::dialler::{Dialled, Dialler};
use crate::native::handshake::cookies::Cookies;
use crate::native::handshake::redirect::{self, MAX_REDIRECTS};
use crate::native::handshake::upgrade::{BodyLimits, Upgraded, upgrade};
use crate::native::target::Target;
use crate::native::wire::connection::Connection;
use crate::native::wire::deflate::{Deflate, Deflater, Inflate};
use crate::native::wire::read::Reader;

/// Opens a connection over the stream to the first server. `began` is the start of the attempt.
///
/// # Errors
/// The handshake failed, was refused, or led to a redirect that is not followed. Errors name the URL where it failed.
pub(crate) async fn open(
    dialled: Dialled,
    target: Arc<Target>,
    dialler: Arc<Dialler>,
    offer: Option<Deflate>,
    max_message_size: usize,
    began: Instant,
) -> Result<(Box<Connection>, Handshake), Error> {
    let upgraded = follow_redirects(dialled, target, &dialler, offer.as_ref(), began).await?;
    let Upgraded { stream, read, handshake, deflate } = upgraded;
    let reader = Reader::new(&read, max_message_size, deflate.as_ref().map(Inflate::new));
    let deflater = deflate.as_ref().zip(offer.as_ref()).map(|(agreed, wanted)| Deflater::new(agreed, wanted));
    Ok((Box::new(Connection::new(stream, reader, deflater)), handshake))
}

/// Performs the opening handshake. Dials again for each redirect.
async fn follow_redirects(
    dialled: Dialled,
    mut target: Arc<Target>,
    dialler: &Dialler,
    offer: Option<&Deflate>,
    began: Instant,
) -> Result<Upgraded, Error> {
    let limits = BodyLimits::new(began, dialler.open_timeout, dialler.follows_redirects);
    let Dialled { mut stream, mut facts } = dialled;
    let mut redirects = 0;
    loop {
        let began = Instant::now();
        let error = match upgrade(stream, &with_cookies(&target, &dialler.cookies), offer, limits).await {
            Ok(mut upgraded) => {
                facts.edit().timings.handshake = Some(began.elapsed());
                upgraded.handshake.facts = facts;
                dialler.cookies.keep(&target.url, &upgraded.handshake.headers);
                return Ok(upgraded);
            }
            Err(error) => error.at(&target.shown()),
        };
        if let ErrorKind::Handshake { headers, .. } = error.kind() {
            dialler.cookies.keep(&target.url, headers);
        }
        let Some(location) = redirect::location(&error).filter(|_| dialler.follows_redirects) else {
            return Err(error);
        };
        let at = target.shown();
        let not_followed = |fault: &str| Error::new(error.kind().clone(), fault).at(&at);
        if redirects == MAX_REDIRECTS {
            return Err(not_followed(&format!("more than {MAX_REDIRECTS} redirects")));
        }
        redirects += 1;
        target = Arc::new(redirect::follow(&target, location).map_err(|fault| not_followed(&fault))?);
        if let Some(fault) = dialler.redirect_fault(&target) {
            return Err(not_followed(fault));
        }
        // Boxed, so that attempts without redirects have no room for it.
        let dialling = Box::pin(dialler.dial(&target));
        Dialled { stream, facts } = dialling.await.map_err(|error| error.at(&target.shown()))?;
    }
}

fn with_cookies(target: &Arc<Target>, cookies: &Cookies) -> Arc<Target> {
    match cookies.matching(&target.url) {
        Some(cookies) => Arc::new(target.with_cookies(&cookies)),
        None => target.clone(),
    }
}
