//! Values that are made once for all clients of the process, which blocks.

use std::sync::Mutex;

use tokio::sync::watch::{self, Receiver};
use tokio::task::spawn_blocking;

use crate::error::{Error, ErrorKind};
use crate::native::sync::lock;

/// A value that is made when it is first needed, on a thread for work that blocks. No task of a runtime takes part, so that
/// a runtime that stands still holds up no other one.
pub(super) struct Once<T>(Mutex<Option<Making<T>>>);

type Making<T> = Receiver<Option<Result<T, Error>>>;

impl<T: Clone + Send + Sync + 'static> Once<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    #[cfg(all(test, feature = "__rustls"))]
    pub(super) fn is_begun(&self) -> bool {
        lock(&self.0).is_some()
    }

    /// Returns the value. If it cannot be made, those that wait for it have the same error, and later ones try again.
    pub(super) async fn get(&self, make: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
        let mut making = lock(&self.0).get_or_insert_with(|| begin(make)).clone();
        let made = making.wait_for(Option::is_some).await.map_or(None, |made| made.clone());
        let made =
            made.unwrap_or_else(|| Err(Error::new(ErrorKind::Tls, "the thread that was to prepare TLS has ended")));
        if made.is_err() {
            lock(&self.0).take_if(|current| current.same_channel(&making));
        }
        made
    }
}

fn begin<T: Send + Sync + 'static>(make: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Making<T> {
    let (done, making) = watch::channel(None);
    // Detached. If it panics, `done` is dropped, as if its runtime ends before it begins.
    drop(spawn_blocking(move || done.send_replace(Some(make()))));
    making
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::FutureExt;
    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn s07_a_runtime_that_stands_still_holds_up_no_handshake_of_another() {
        let once = Once::new();
        let [still, other] = [(); 2].map(|()| Builder::new_current_thread().build().unwrap());
        let (go_on, may_go_on) = mpsc::channel();
        let mut waiting = Box::pin(once.get(move || Ok(may_go_on.recv().unwrap())));
        still.block_on(async { assert!(waiting.as_mut().now_or_never().is_none()) });
        go_on.send("made by the first").unwrap();
        assert_eq!(other.block_on(once.get(|| Ok("made again"))).unwrap(), "made by the first");
        drop((waiting, still));
        assert_eq!(other.block_on(once.get(|| Ok("made again"))).unwrap(), "made by the first");
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_waiting_only() {
        let once = Once::new();
        let (go_on, may_go_on) = mpsc::channel();
        let fail = move || {
            may_go_on.recv().unwrap();
            Err(Error::new(ErrorKind::Tls, "no roots"))
        };
        let mut first = Box::pin(once.get(fail));
        let mut second = Box::pin(once.get(|| Ok("made again")));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        go_on.send(()).unwrap();
        for failed in [first.await, second.await] {
            assert!(failed.unwrap_err().to_string().contains("no roots"));
        }
        assert_eq!(once.get(|| Ok("made again")).await.unwrap(), "made again");
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let once = Once::<()>::new();
        let panics = || -> Result<(), Error> { panic!("intended") };
        assert_eq!(once.get(panics).await.unwrap_err().kind(), &ErrorKind::Tls);
        once.get(|| Ok(())).await.unwrap();
    }
}
