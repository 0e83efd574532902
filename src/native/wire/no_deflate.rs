//! Stands in for `deflate` in a build without that feature: its types have no values.

use bytes::Bytes;

use super::extensions::not_offered;
use super::frames::Fault;
use crate::error::ConfigError;
use crate::handshake::Headers;
use crate::native::handshake::values;

#[derive(Clone)]
pub(crate) enum Deflate {}

#[derive(Clone)]
pub(crate) enum Agreement {}

pub(crate) enum Inflate {}

pub(crate) enum Deflater {}

impl Deflate {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match *self {}
    }

    pub(crate) fn offer(&self) -> String {
        match *self {}
    }
}

pub(crate) fn agree(headers: &Headers, _: Option<&Deflate>) -> Result<Option<Agreement>, String> {
    // An empty list is no extension (RFC 9110, section 5.6.1).
    let is_empty = |value: &str| value.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b','));
    match values(headers, "sec-websocket-extensions").find(|value| !is_empty(value)) {
        None => Ok(None),
        Some(extension) => Err(not_offered(extension)),
    }
}

impl Inflate {
    pub(crate) fn new(agreed: &Agreement) -> Self {
        match *agreed {}
    }

    pub(crate) fn push(&mut self, _: &[u8], _: bool, _: &mut Vec<u8>, _: usize) -> Result<(), Fault> {
        match *self {}
    }

    pub(crate) fn release(&mut self) {
        match *self {}
    }

    pub(crate) fn is_large(&self) -> bool {
        match *self {}
    }

    pub(crate) fn tidy(&mut self) {
        match *self {}
    }
}

impl Deflater {
    pub(crate) fn new(agreed: &Agreement, _: &Deflate) -> Self {
        match *agreed {}
    }

    pub(crate) fn compress(&mut self, _: &[u8]) -> Option<Bytes> {
        match *self {}
    }

    pub(crate) fn release(&mut self) {
        match *self {}
    }

    pub(crate) fn is_large(&self) -> bool {
        match *self {}
    }

    pub(crate) fn tidy(&mut self) {
        match *self {}
    }
}
