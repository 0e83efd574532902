//! The errors of set-ups and sessions.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

use crate::close::CloseCode;
use crate::error::{CloseError, Error, ErrorKind};

/// Why a [set-up](crate::Builder::setup) failed. Every error type converts into it by `?`.
///
/// The attempt fails with [`ErrorKind::Setup`](crate::ErrorKind::Setup), whose [source](core::error::Error::source) is the
/// error given here, and is retried by the policy unless the error is [fatal](Self::fatal). The peer receives a Close frame,
/// with code 1000 by default.
///
/// ```
/// use homing::SetupError;
///
/// # fn refused() -> Result<(), SetupError> {
/// return Err(SetupError::new("the account is closed").close(4403, "goodbye")?.fatal());
/// # }
/// # assert!(refused().unwrap_err().is_fatal());
/// ```
pub struct SetupError {
    error: Box<dyn core::error::Error + Send + Sync>,
    code: CloseCode,
    reason: String,
    is_fatal: bool,
}

impl SetupError {
    /// Returns an error with this text, or with this error as its cause.
    pub fn new(error: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self { error: error.into(), code: CloseCode::NORMAL, reason: String::new(), is_fatal: false }
    }

    /// Sets the code and the reason of the Close frame that the peer receives (RFC 6455, section 7.4). Default: 1000 without a
    /// reason.
    ///
    /// # Errors
    /// Fails if the code is neither 1000 nor from 3000 to 4999, or if the reason is longer than 123 bytes of UTF-8.
    pub fn close(mut self, code: impl Into<CloseCode>, reason: impl Into<String>) -> Result<Self, CloseError> {
        (self.code, self.reason) = (code.into(), reason.into());
        CloseError::check(self.code, &self.reason)?;
        Ok(self)
    }

    /// Makes the failure final: the client does not retry, and ends with [`EndReason::Fatal`](crate::EndReason::Fatal), unless
    /// [`retry_if`](crate::Builder::retry_if) decides otherwise.
    #[must_use]
    pub fn fatal(mut self) -> Self {
        self.is_fatal = true;
        self
    }

    /// Returns whether the client does not retry.
    pub fn is_fatal(&self) -> bool {
        self.is_fatal
    }

    /// Returns the error of the attempt, and the code and reason of the Close frame.
    pub(crate) fn into_parts(self) -> (Error, CloseCode, String) {
        let error = Error::new(ErrorKind::Setup, self.error.to_string()).with_source(self.error);
        (if self.is_fatal { error.fatal() } else { error }, self.code, self.reason)
    }
}

/// Not an `Error` itself, as then no other error could be converted into it.
impl<E: core::error::Error + Send + Sync + 'static> From<E> for SetupError {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("SetupError");
        out.field("error", &self.error).field("code", &self.code).field("is_fatal", &self.is_fatal);
        out.finish_non_exhaustive()
    }
}

/// The session is over: its set-up has returned, or its connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the session is over")]
#[non_exhaustive]
pub struct SessionError {}
